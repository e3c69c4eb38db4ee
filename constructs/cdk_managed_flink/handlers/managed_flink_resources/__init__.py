"""Makes, keeps and deletes what CloudFormation has no resource for: plain Python and boto3."""
