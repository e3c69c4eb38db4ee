"""Amazon DynamoDB: the table and the sink."""
