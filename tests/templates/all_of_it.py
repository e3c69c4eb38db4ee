"""One stack with every source, sink, cluster and warehouse."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import app

import cdk_managed_flink as mf


def all_of_it(jar: Path) -> cdk.Stack:
    """Three pipelines, on two runtimes, in a VPC and in none."""

    def code() -> mf.Code:
        return mf.FlinkCode.from_jar(jar, check_connectors=False)

    stack = cdk.Stack(app(), "All")
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        nat_gateways=0,
        flow_logs={"Flow": ec2.FlowLogOptions(traffic_type=ec2.FlowLogTrafficType.REJECT)},
    )
    kinesis_side(stack, code())
    kafka_side(stack, code(), vpc)
    warehouses(stack, code(), vpc)
    return stack


def kinesis_side(stack: cdk.Stack, code: mf.Code) -> None:
    """Flink 1.20, in no VPC."""
    arn = stack.format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name="token-abcdef",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Token", arn)
    mf.FlinkPipeline(
        stack,
        "Kinesis",
        code=code,
        sources={
            "clicks": mf.KinesisSource(fan_out=True),
            "history": mf.S3Source(prefix="history/"),
        },
        sinks={
            "lake": mf.S3Sink(format="parquet", server_access_logs=True),
            "items": mf.DynamoDbSink(
                partition_key="id",
                sort_key="day",
            ),
            "events": mf.KinesisSink(),
            "archive": mf.FirehoseSink.s3(),
            "hook": mf.FirehoseSink.http("https://example.com/in", access_key=secret),
            "rejected": mf.DeadLetterSink(mf.S3Sink()),
        },
        notifications=mf.Notifications(emails=("data-team@example.com",)),
    )


def kafka_side(stack: cdk.Stack, code: mf.Code, vpc: ec2.IVpc) -> None:
    """Flink 2.2, in a VPC with its endpoints."""
    cluster = mf.MskCluster(stack, "Kafka", vpc=vpc)
    serverless = mf.MskServerlessCluster(stack, "KafkaServerless", vpc=vpc)
    network = mf.Network(vpc=vpc, endpoints=True)
    mf.FlinkPipeline(
        stack,
        "Payments",
        code=code,
        runtime=mf.Runtime.FLINK_2_2,
        network=network,
        sources={
            "payments": mf.MskSource(cluster=cluster, topic=mf.Topic("payments", partitions=4)),
            "devices": mf.MskSource(cluster=serverless, topic="devices"),
        },
        sinks={
            "alerts": mf.MskSink(cluster=cluster, topic=mf.Topic("alerts")),
            "ledger": mf.IcebergSink(),
            "bad": mf.DeadLetterSink(mf.MskSink(cluster=cluster, topic=mf.Topic("bad"))),
        },
    )


def warehouses(stack: cdk.Stack, code: mf.Code, vpc: ec2.IVpc) -> None:
    """Redshift and OpenSearch, behind streams, files and delivery streams."""
    warehouse = mf.RedshiftServerlessWarehouse(stack, "Warehouse", vpc=vpc)
    public = mf.RedshiftServerlessWarehouse(stack, "Public", vpc=vpc, publicly_accessible=True)
    domain = mf.OpenSearchDomain(stack, "Search", vpc=vpc)
    common: dict[str, Any] = {"columns": {"id": "VARCHAR(64)", "amount": "DOUBLE PRECISION"}}
    mf.FlinkPipeline(
        stack,
        "Warehouses",
        code=code,
        runtime=mf.Runtime.FLINK_2_2,
        sources={"clicks": mf.KinesisSource()},
        sinks={
            "live": mf.RedshiftStreamingSink(warehouse=warehouse, table="live", **common),
            "daily": mf.RedshiftCopySink(warehouse=warehouse, table="daily", **common),
            "loaded": mf.RedshiftFirehoseSink(
                warehouse=public, table="loaded", acknowledge_public_access=True, **common
            ),
            "search": mf.OpenSearchSink.firehose(domain, index="clicks"),
        },
    )
