"""Each configuration is synthesized once a session; nothing is packaged."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from configurations import ENVIRONMENTS, SQL, Build, app, builder, sensors, template_of

from cdk_managed_flink import (
    BucketLifecycle,
    Checkpointing,
    DynamoDbSink,
    FlinkCode,
    KinesisSource,
    KinesisStart,
    Monitoring,
    Notifications,
    Parallelism,
    S3Sink,
)
from cdk_managed_flink.application.settings import MetricsLevel

BY_DAY = "(page STRING, `day` STRING) PARTITIONED BY (page, `day`)"


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("job")
    (folder / "job.sql").write_text(SQL, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def build(job: Path) -> Build:
    return builder(job)


@pytest.fixture(scope="session")
def minimal(build: Build) -> dict[str, Any]:
    return template_of(cdk.Stack.of(build()))


@pytest.fixture(scope="session")
def everything_stack(build: Build, tmp_path_factory: pytest.TempPathFactory) -> cdk.Stack:
    folder = tmp_path_factory.mktemp("everything")
    (folder / "job.sql").write_text(
        SQL.replace("(page STRING) PARTITIONED BY (page)", BY_DAY).replace(
            "INTO pages SELECT page", "INTO pages SELECT page, '2026-05-01'"
        ),
        encoding="utf-8",
    )
    pipeline = build(
        code=FlinkCode.from_sql(folder),
        sources={
            "clicks": KinesisSource(
                shards=4, retention=cdk.Duration.days(7), start=KinesisStart.latest()
            )
        },
        sinks={
            "lake": S3Sink(
                prefix="out/",
                lifecycle=BucketLifecycle(
                    abort_uploads_after=cdk.Duration.days(40),
                    expire_after=cdk.Duration.days(365),
                ),
            ),
            "pages": DynamoDbSink(
                partition_key="page",
                sort_key="day",
                time_to_live_attribute="expires",
                billing=dynamodb.Billing.provisioned(
                    read_capacity=dynamodb.Capacity.fixed(5),
                    write_capacity=dynamodb.Capacity.autoscaled(max_capacity=50),
                ),
            ),
        },
        application_name="clicks-of-the-shop",
        parallelism=Parallelism(parallelism=8, parallelism_per_kpu=2, autoscaling=True),
        checkpointing=Checkpointing(interval=cdk.Duration.seconds(30)),
        monitoring=Monitoring(metrics_level=MetricsLevel.TASK),
        property_groups={"limits": {"max": 5}},
        notifications=Notifications(emails=("data-team@example.com",)),
    )
    return cdk.Stack.of(pipeline)


@pytest.fixture(scope="session")
def everything(everything_stack: cdk.Stack) -> dict[str, Any]:
    return template_of(everything_stack)


@pytest.fixture(scope="session")
def existing(build: Build) -> dict[str, Any]:
    """All resources are handed in, from elsewhere."""
    stack = cdk.Stack(app(), "Existing")
    arn = f"arn:{stack.partition}:kinesis:{stack.region}:{stack.account}:stream/theirs"
    key = kms.Key.from_key_arn(
        stack, "Key", f"arn:{stack.partition}:kms:{stack.region}:{stack.account}:key/abc"
    )
    build(
        scope=stack,
        sources={
            "clicks": KinesisSource(
                stream=kinesis.Stream.from_stream_arn(stack, "Stream", arn), encryption_key=key
            )
        },
        sinks={
            "lake": S3Sink(bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "theirs")),
            "pages": DynamoDbSink(table=dynamodb.TableV2.from_table_name(stack, "Table", "theirs")),
        },
        data_key=key,
        state_key=key,
    )
    return template_of(stack)


@pytest.fixture(scope="session")
def placed(build: Build) -> dict[str, Any]:
    """In a stack that names its account and Region; some L2s act otherwise there."""
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    return template_of(cdk.Stack.of(build(scope=cdk.Stack(app(), "Placed", env=place))))


@pytest.fixture(scope="session")
def handed_in(build: Build) -> tuple[dict[str, Any], dict[str, Any]]:
    """A stack of theirs, alone, and with a pipeline in another stack that uses all of it."""

    def theirs(owner: cdk.App) -> tuple[cdk.Stack, dict[str, Any]]:
        stack = cdk.Stack(owner, "Theirs")
        key = kms.Key(stack, "Key")
        attribute = dynamodb.Attribute(name="page", type=dynamodb.AttributeType.STRING)
        stream = kinesis.Stream(stack, "Stream", encryption_key=key)
        bucket = s3.Bucket(stack, "Bucket", encryption_key=key)
        table = dynamodb.TableV2(stack, "Table", partition_key=attribute)
        # What another stack uses is exported; that it is used is all that may show.
        for value in (key.key_arn, stream.stream_arn, bucket.bucket_arn, table.table_arn):
            stack.export_value(value)
        return stack, {
            "sources": {"clicks": KinesisSource(stream=stream)},
            "sinks": {"lake": S3Sink(bucket=bucket), "pages": DynamoDbSink(table=table)},
            "data_key": key,
        }

    alone, _ = theirs(app())
    owner = app()
    used, arguments = theirs(owner)
    build(scope=cdk.Stack(owner, "Ours"), **arguments)
    return template_of(alone), template_of(used)


@pytest.fixture(
    scope="session", params=["minimal", "everything", *(f"sensors-{e}" for e in ENVIRONMENTS)]
)
def template(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each template whose place is not known at synth."""
    name: str = request.param
    if name.startswith("sensors-"):
        return template_of(sensors(name.removeprefix("sensors-")))
    found: dict[str, Any] = request.getfixturevalue(name)
    return found
