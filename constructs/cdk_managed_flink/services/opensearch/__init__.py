"""OpenSearch: domains, serverless collections, who may write to them, and Firehose's way there."""
