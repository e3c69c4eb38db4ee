"""From Kinesis into an Iceberg table on Flink 1.20: two AWS SDKs in one jar, each with its own."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import duckdb
import pytest
from aws_cdk import aws_s3 as s3

from cdk_managed_flink import FlinkPipeline, IcebergSink, KinesisSource
from tests.emulator.cloud import Cloud
from tests.emulator.deployed import Deployed, deploy
from tests.waiting import until

pytestmark = [pytest.mark.emulator, pytest.mark.flink, pytest.mark.long]

SQL = """\
CREATE TABLE numbers (n BIGINT, page STRING) WITH (${numbers});
CREATE TABLE found (n BIGINT, page STRING) PARTITIONED BY (page) WITH (${found});
INSERT INTO found SELECT n, page FROM numbers;
"""
BATCH = 300


def build(bucket: str, endpoint: str, stack: cdk.Stack, settings: dict[str, Any]) -> object:
    lake = IcebergSink(
        bucket=s3.Bucket.from_bucket_name(stack, "Lake", bucket),
        database="shop",
        table_options={
            "glue.endpoint": endpoint,
            "s3.endpoint": endpoint,
            "s3.path-style-access": "true",
        },
    )
    sources = {"numbers": KinesisSource()}
    return FlinkPipeline(stack, "Numbers", sources=sources, sinks={"found": lake}, **settings)


def put(deployed: Deployed, begin: int) -> None:
    records = [
        {
            "Data": json.dumps({"n": n, "page": f"page-{n % 3}"}).encode(),
            "PartitionKey": str(n),
        }
        for n in range(begin, begin + BATCH)
    ]
    stream = deployed.pipeline.stream("numbers")
    answer = deployed.cloud.client("kinesis").put_records(StreamName=stream, Records=records)
    assert answer["FailedRecordCount"] == 0


def committed(cloud: Cloud, bucket: str) -> int:
    """The rows of the table's newest snapshot."""
    catalog, store = cloud.client("glue"), cloud.client("s3")
    try:
        table = catalog.get_table(DatabaseName="shop", Name="found")["Table"]
    except catalog.exceptions.EntityNotFoundException:
        return 0
    key = table["Parameters"]["metadata_location"].removeprefix(f"s3://{bucket}/")
    metadata = json.loads(store.get_object(Bucket=bucket, Key=key)["Body"].read())
    newest = [
        snapshot
        for snapshot in metadata.get("snapshots", [])
        if snapshot["snapshot-id"] == metadata["current-snapshot-id"]
    ]
    return int(newest[0]["summary"]["total-records"]) if newest else 0


def test_rows_of_a_stream_are_in_the_table_once_over_a_stop(cloud: Cloud, tmp_path: Path) -> None:
    bucket = cloud.name("lake")
    store = cloud.client("s3")
    store.create_bucket(Bucket=bucket)
    cloud.client("glue").create_database(DatabaseInput={"Name": "shop"})
    deployed = deploy(cloud, tmp_path, SQL, partial(build, bucket, cloud.emulator.endpoint))
    put(deployed, 0)
    until(lambda: committed(cloud, bucket), lambda rows: rows >= BATCH, poll=0.5)
    deployed.stop()
    put(deployed, BATCH)
    assert deployed.start() == "RUNNING"
    until(lambda: committed(cloud, bucket), lambda rows: rows >= 2 * BATCH, poll=0.5)
    deployed.stop()
    files = tmp_path / "files"
    files.mkdir()
    keys = [item["Key"] for item in store.list_objects_v2(Bucket=bucket)["Contents"]]
    for number, key in enumerate(key for key in keys if key.endswith(".parquet")):
        store.download_file(bucket, key, str(files / f"{number}.parquet"))
    with duckdb.connect() as connection:
        counted = connection.execute(
            f"SELECT count(*), count(DISTINCT n), min(n), max(n) FROM '{files}/*.parquet'"
        ).fetchall()
    assert counted == [(2 * BATCH, 2 * BATCH, 0, 2 * BATCH - 1)]
