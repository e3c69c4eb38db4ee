"""The AWS services the lifecycle calls: clients, answers and metrics."""
