"""The etl pipeline: Kafka to Flink SQL to a lake on S3; see ``jobs/etl``."""

from pathlib import Path

from aws_cdk import Stack
from constructs import Construct

from cdk_managed_flink import (
    FlinkCode,
    FlinkPipeline,
    MskCluster,
    MskSource,
    Network,
    Runtime,
    S3Sink,
    Topic,
)
from stacks.network import isolated_vpc
from stacks.settings import Settings


class EtlStack(Stack):
    """For a cluster that is there already, MskCluster.from_cluster_arn takes this one's place."""

    def __init__(self, scope: Construct, id: str, *, jobs: Path, settings: Settings) -> None:
        super().__init__(scope, id)
        vpc = isolated_vpc(self)
        cluster = MskCluster(self, "Cluster", vpc=vpc)
        FlinkPipeline(
            self,
            "Etl",
            code=FlinkCode.from_sql(jobs / "etl"),
            runtime=Runtime.FLINK_2_2,
            network=Network(vpc=vpc, endpoints=True),
            sources={
                "departures": MskSource(
                    cluster=cluster,
                    topic=Topic("departures", retention=settings.stream_retention),
                    format="raw",
                )
            },
            sinks={"flights": S3Sink(format="parquet"), "rejected": S3Sink()},
            **settings.pipeline,
        )
