"""Flink connectors: which artifact a runtime takes, which options it knows, what it calls."""
