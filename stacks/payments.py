"""The payments pipeline: Kafka to Flink SQL in Python to Kafka and S3; see ``jobs/payments``."""

from pathlib import Path

from aws_cdk import Stack
from constructs import Construct

from cdk_managed_flink import (
    DeadLetterSink,
    FlinkCode,
    FlinkPipeline,
    MskCluster,
    MskSink,
    MskSource,
    Network,
    Runtime,
    S3Sink,
    Topic,
)
from stacks.network import isolated_vpc
from stacks.settings import Settings


class PaymentsStack(Stack):
    """One card's payments are in one partition, so the topic's partitions stay as they are."""

    def __init__(self, scope: Construct, id: str, *, jobs: Path, settings: Settings) -> None:
        super().__init__(scope, id)
        vpc = isolated_vpc(self)
        cluster = MskCluster(self, "Cluster", vpc=vpc)
        rejected = MskSink(cluster=cluster, topic=Topic("rejected", partitions=1), format="raw")
        FlinkPipeline(
            self,
            "Payments",
            code=FlinkCode.from_python(jobs / "payments" / "job"),
            runtime=Runtime.FLINK_2_2,
            network=Network(vpc=vpc, endpoints=True),
            sources={
                "payments": MskSource(
                    cluster=cluster,
                    topic=Topic("payments", partitions=4, retention=settings.stream_retention),
                    format="raw",
                )
            },
            sinks={
                "lake": S3Sink(format="parquet"),
                "alerts": MskSink(cluster=cluster, topic=Topic("alerts", partitions=1)),
                "rejected": DeadLetterSink(rejected),
            },
            **settings.pipeline,
        )
