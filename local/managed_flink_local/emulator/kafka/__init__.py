"""A real Kafka broker in the place of the service's."""
