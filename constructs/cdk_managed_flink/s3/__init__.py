"""Amazon S3: buckets, lake tables in Glue, queries with Athena, the source and the sink."""
