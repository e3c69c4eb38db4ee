"""Where jobs read from."""

from cdk_managed_flink.sources.kinesis import KinesisSource, StartPosition

__all__ = ["KinesisSource", "StartPosition"]
