"""The sensors pipeline: Kinesis to Flink SQL to S3 and DynamoDB; see ``jobs/sensors``."""

from pathlib import Path

from aws_cdk import Stack
from constructs import Construct

from cdk_managed_flink import DynamoDbSink, FlinkCode, FlinkPipeline, KinesisSource, S3Sink
from stacks.settings import Settings


class SensorsStack(Stack):
    def __init__(self, scope: Construct, id: str, *, jobs: Path, settings: Settings) -> None:
        super().__init__(scope, id)
        FlinkPipeline(
            self,
            "Sensors",
            code=FlinkCode.from_sql(jobs / "sensors"),
            sources={"events": KinesisSource(format="raw", retention=settings.stream_retention)},
            sinks={
                "lake": S3Sink(),
                "readings": DynamoDbSink(partition_key="sensor", sort_key="item"),
                "rejected": S3Sink(),
            },
            **settings.pipeline,
        )
