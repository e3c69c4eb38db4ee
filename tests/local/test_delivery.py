"""Rows on their way through Firehose, deployed to one machine: by a Kinesis stream and directly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_managed_flink import (
    Checkpointing,
    DeliveryStream,
    FirehoseSink,
    FlinkCode,
    FlinkPipeline,
    HealthGate,
    KinesisSink,
    KinesisSource,
    S3Destination,
)
from managed_flink_local import deployment, pipeline, toolchain
from managed_flink_local.assembly import Assembly
from managed_flink_local.environment import Environment
from managed_flink_local.progress import Progress
from tests import environments
from tests.waiting import until

pytestmark = pytest.mark.local

STACK = "delivery"
SQL = """
CREATE TABLE readings (sensor STRING, celsius DOUBLE) WITH (${readings});
CREATE TABLE hot (sensor STRING, celsius DOUBLE) PARTITIONED BY (sensor) WITH (${hot});
CREATE TABLE archive (sensor STRING, celsius DOUBLE) WITH (${archive});
INSERT INTO hot SELECT sensor, celsius FROM readings WHERE celsius >= 20;
INSERT INTO archive SELECT sensor, celsius FROM readings;
"""


def synthesize(job: Path, output: Path) -> Assembly:
    job.mkdir()
    (job / "job.sql").write_text(SQL, encoding="utf-8")
    flags = json.loads((toolchain.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(outdir=str(output), context=flags, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, STACK)
    hot = KinesisSink(shards=1)
    made = FlinkPipeline(
        stack,
        "Readings",
        code=FlinkCode.from_sql(job),
        sources={"readings": KinesisSource(shards=1)},
        sinks={"hot": hot, "archive": FirehoseSink.s3(compression="UNCOMPRESSED")},
        checkpointing=Checkpointing(
            interval=cdk.Duration.seconds(2), min_pause=cdk.Duration.millis(500)
        ),
        health_gate=HealthGate(
            window=cdk.Duration.seconds(4),
            period=cdk.Duration.seconds(2),
            timeout=cdk.Duration.minutes(3),
        ),
        poll_interval=cdk.Duration.seconds(1),
    )
    DeliveryStream(
        stack,
        "HotToS3",
        destination=S3Destination(compression="UNCOMPRESSED"),
        source=made.binding(hot).resource,
    )
    app.synth()
    return Assembly(output)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with environments.running("tests-delivery") as here:
        deployment.bootstrap(here)
        folder = tmp_path_factory.mktemp("delivery")
        app = synthesize(folder / "job", folder / "cdk.out")
        with Progress().phase("deploying") as phase:
            deployment.deploy(here, app, "deploy", phase)
        yield here


def rows(here: Environment, bucket: str) -> list[dict[str, Any]]:
    """Every row in a bucket, whatever stands between them."""
    s3, decoder = here.client("s3"), json.JSONDecoder()
    found: list[dict[str, Any]] = []
    for stored in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        text = s3.get_object(Bucket=bucket, Key=stored["Key"])["Body"].read().decode().strip()
        while text:
            row, end = decoder.raw_decode(text)
            found.append(row)
            text = text[end:].lstrip()
    return sorted(found, key=lambda row: (row["sensor"], row["celsius"]))


def bucket_of(here: Environment, delivery_stream: str) -> str:
    described = here.client("firehose").describe_delivery_stream(
        DeliveryStreamName=delivery_stream
    )["DeliveryStreamDescription"]
    (destination,) = described["Destinations"]
    arn: str = destination["ExtendedS3DestinationDescription"]["BucketARN"]
    return arn.rpartition(":")[2]


def test_each_row_arrives_by_the_stream_and_directly(delivered: Environment) -> None:
    found = pipeline.of_stack(delivered, STACK)
    assert found is not None
    sent = [{"sensor": f"s{n % 7}", "celsius": float(n % 40)} for n in range(400)]
    kinesis = delivered.client("kinesis")
    entries = [{"Data": json.dumps(row).encode(), "PartitionKey": row["sensor"]} for row in sent]
    kinesis.put_records(StreamName=found.stream("readings"), Records=entries)
    names = delivered.client("firehose").list_delivery_streams()["DeliveryStreamNames"]
    archive = found.value("archive", "delivery-stream")
    (hot,) = [name for name in names if name != archive]
    order = [(row["sensor"], row["celsius"]) for row in sent]
    expected = {
        archive: sorted(order),
        hot: sorted(row for row in order if float(str(row[1])) >= 20),
    }
    there = until(
        lambda: {
            name: [(row["sensor"], row["celsius"]) for row in rows(delivered, bucket)]
            for name, bucket in ((name, bucket_of(delivered, name)) for name in expected)
        },
        lambda found: all(len(found[name]) >= len(rows) for name, rows in expected.items()),
        poll=1,
    )
    assert there == expected
