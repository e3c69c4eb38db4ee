"""Enhanced fan-out on a real Flink: with the stack's consumer nothing is lost over a stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_managed_flink import FlinkPipeline, KinesisSource, S3Sink
from tests.emulator.cloud import Cloud
from tests.emulator.deployed import Deployed, deploy

pytestmark = [pytest.mark.emulator, pytest.mark.flink, pytest.mark.long]

SQL = """\
CREATE TABLE numbers (n BIGINT) WITH (${numbers});
CREATE TABLE found (n BIGINT) WITH (${found});
INSERT INTO found SELECT n FROM numbers;
"""
BATCH = 200


def build(stack: cdk.Stack, settings: dict[str, Any]) -> object:
    return FlinkPipeline(
        stack,
        "Numbers",
        sources={"numbers": KinesisSource(fan_out=True, shards=2)},
        sinks={"found": S3Sink()},
        **settings,
    )


def put(deployed: Deployed, begin: int) -> None:
    records = [
        {"Data": json.dumps({"n": n}).encode(), "PartitionKey": str(n)}
        for n in range(begin, begin + BATCH)
    ]
    stream = deployed.pipeline.stream("numbers")
    answer = deployed.cloud.client("kinesis").put_records(StreamName=stream, Records=records)
    assert answer["FailedRecordCount"] == 0


def numbers(deployed: Deployed, count: int) -> list[int]:
    return sorted(int(str(row["n"])) for row in deployed.rows(count))


def test_a_job_reads_by_its_consumer_and_goes_on_where_it_was(cloud: Cloud, tmp_path: Path) -> None:
    deployed = deploy(cloud, tmp_path, SQL, build)
    assert deployed.pipeline.value("numbers", "scan.stream.recordpublisher") == "EFO"
    template = json.dumps(
        cloud.formation.get_template(StackName=deployed.formation.stack)["TemplateBody"]
    )
    assert "kinesis:SubscribeToShard" in template
    assert "kinesis:GetRecords" not in template, "the role can't poll"
    put(deployed, 0)
    assert numbers(deployed, BATCH) == list(range(BATCH))
    deployed.stop()
    put(deployed, BATCH)
    assert deployed.start() == "RUNNING"
    assert numbers(deployed, 2 * BATCH) == list(range(2 * BATCH))
    deployed.stop()
