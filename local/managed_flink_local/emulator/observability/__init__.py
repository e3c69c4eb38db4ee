"""Flink's logs and metrics in the emulator's CloudWatch, and alarms over them."""
