"""Where jobs write to."""

from cdk_managed_flink.sinks.dynamodb import DynamoDbSink
from cdk_managed_flink.sinks.s3 import S3Sink

__all__ = ["DynamoDbSink", "S3Sink"]
