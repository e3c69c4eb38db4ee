"""Connectors that are right alone, in one jar: all of it is linked, and every client can call."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cdk_managed_flink import Runtime
from cdk_managed_flink.code.packaging.job_jar import MergedJar
from cdk_managed_flink.connectors.connectors import connector_for, release_line
from managed_flink_local import toolchain

pytestmark = [pytest.mark.flink, pytest.mark.long]

PROGRAM = Path(__file__).parent / "java" / "LinkedClients.java"
MOVED = "org.apache.flink.kinesis.shaded."
CALLS = {
    "kinesis": f"sdk:{MOVED}:kinesis:KinesisAsyncClient:listStreams",
    "dynamodb": f"sdk:{MOVED}:dynamodb:DynamoDbAsyncClient:listTables",
    "firehose": f"sdk:{MOVED}:firehose:FirehoseAsyncClient:listDeliveryStreams",
    "iceberg": "iceberg",
}


@pytest.mark.parametrize(
    "names",
    [
        ("kinesis", "iceberg"),
        ("dynamodb", "iceberg"),
        ("firehose", "iceberg"),
        ("kinesis", "dynamodb", "firehose", "iceberg"),
    ],
    ids=" and ".join,
)
def test_connectors_of_flink_1_20_are_linked_in_one_jar(names: tuple[str, ...]) -> None:
    """Iceberg's SDK and the AWS connectors' older one: each calls its own."""
    runtime = Runtime.FLINK_1_20
    jar, overlaps = MergedJar([connector_for(name, runtime) for name in names], runtime).build()
    flink = toolchain.FLINK_1.python.parents[1].glob("lib/python*/site-packages/pyflink/lib/*.jar")
    path = ":".join(map(str, [jar, *flink]))
    done = subprocess.run(
        ["java", "-cp", path, str(PROGRAM), *(CALLS[name] for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    called = [line for line in done.stdout.splitlines() if line.startswith("called ")]
    assert len(called) == len(names)
    assert {f"factory {name}" for name in names} <= set(done.stdout.splitlines())
    assert overlaps == []


def test_a_jar_without_iceberg_is_merged_as_before() -> None:
    line = release_line(Runtime.FLINK_1_20)
    alone = [line.connectors[name] for name in ("kinesis", "dynamodb", "kafka")]
    assert line.parts(alone) == [line.contents(alone)]
