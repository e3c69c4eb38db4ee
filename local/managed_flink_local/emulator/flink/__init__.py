"""Real Flink clusters: one JobManager and TaskManager for each start of an application."""
