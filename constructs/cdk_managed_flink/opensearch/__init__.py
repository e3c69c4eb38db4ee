"""Amazon OpenSearch: domains, serverless collections, write access, and the sink."""
