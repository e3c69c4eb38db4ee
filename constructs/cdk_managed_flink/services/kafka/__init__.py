"""Kafka clusters, their topics and who may use them: what MskSource and MskSink share."""
