"""The one-machine environment: an AWS emulator, real Flink clusters, and tools for both."""
