"""Kafka: clusters, topics and access, the source and the sink."""
