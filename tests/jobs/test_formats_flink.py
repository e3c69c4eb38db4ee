"""Files and Iceberg tables on a real Flink, as the library packages and binds them.

Folders stand in for the buckets of files; the Iceberg table is in the emulator's S3 and Glue.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import duckdb
import pytest
from aws_cdk import aws_s3 as s3

from cdk_managed_flink import FlinkCode, FlinkPipeline, IcebergSink, Runtime, S3Sink, S3Source
from managed_flink_local import environment, toolchain
from managed_flink_local.emulator.flink import client
from managed_flink_local.environment import Environment
from tests.jobs.clusters import Clusters
from tests.waiting import until

pytestmark = pytest.mark.flink

Options = dict[str, dict[str, str]]


def synthesized(
    folder: Path, sql: str, *, sources: Mapping[str, Any], sinks: Mapping[str, Any]
) -> tuple[Path, Options]:
    """The unpacked asset of a pipeline, and its property groups."""
    job = folder / "sql"
    job.mkdir(parents=True)
    (job / "job.sql").write_text(sql, encoding="utf-8")
    app = cdk.App(
        context={"aws:cdk:bundling-stacks": ["**"]},
        outdir=str(folder / "cdk.out"),
        builtin_cloud_formation_validation=False,
    )
    place = cdk.Environment(account=environment.ACCOUNT, region=environment.REGION)
    stack = cdk.Stack(app, "Stack", env=place)
    buckets = {
        name: s3.Bucket.from_bucket_name(stack, f"Bucket{name}", name)
        for name in (*sources, *sinks)
    }
    FlinkPipeline(
        stack,
        "Pipeline",
        code=FlinkCode.from_sql(job),
        runtime=Runtime.FLINK_2_2,
        sources={name: make(buckets[name]) for name, make in sources.items()},
        sinks={name: make(buckets[name]) for name, make in sinks.items()},
        property_groups={"cutover": {"at": "TIMESTAMP '2026-01-02 00:00:00'"}},
    )
    template = app.synth().get_stack_by_name("Stack").template
    (application,) = (
        resource["Properties"]["ApplicationConfiguration"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::KinesisAnalyticsV2::Application"
    )
    where = application["ApplicationCodeConfiguration"]["CodeContent"]["S3ContentLocation"]
    code = folder / "code"
    code.mkdir()
    client.unpack(folder / "cdk.out" / f"asset.{where['FileKey']}", code)
    groups = application["EnvironmentProperties"]["PropertyGroups"]
    return code, {group["PropertyGroupId"]: group["PropertyMap"] for group in groups}


def in_folders(groups: Options, root: Path) -> Options:
    """The same options, with a folder in place of each bucket."""
    return {
        name: {
            key: value.replace("s3://", root.as_uri() + "/").replace("\\Q/", f"\\Q{root}/{name}/")
            for key, value in options.items()
        }
        for name, options in groups.items()
    }


@contextmanager
def running(
    clusters: Clusters, code: Path, groups: Options, root: Path
) -> Iterator[Callable[[Callable[[], int], int], None]]:
    """The job on a cluster; what is handed out waits for a number of rows."""
    with clusters.running(
        toolchain.FLINK_2, code=code, archive=code, groups=groups, root=root, interval="1 s"
    ) as job:

        def count(rows: Callable[[], int], least: int) -> None:
            def look() -> int:
                job.healthy()
                return rows()

            until(look, lambda found: found >= least, poll=0.5)

        yield count


def put(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """A file, whole at once, as an object in S3 is."""
    folder.mkdir(parents=True, exist_ok=True)
    hidden = folder / f".{name}"
    hidden.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    hidden.rename(folder / name)


def clicks(first: int, last: int, day: str) -> list[dict[str, Any]]:
    return [
        {"id": number, "page": f"page-{number % 7}", "ts": f"{day} 12:00:{number % 60:02}"}
        for number in range(first, last)
    ]


def query(sql: str) -> list[tuple[Any, ...]]:
    """What duckdb finds, in a connection of its own."""
    with duckdb.connect() as connection:
        return list(connection.execute(sql).fetchall())


def parquet(folder: Path) -> str:
    """What duckdb calls the files that are committed."""
    return f"read_parquet('{folder}/**/part-*', hive_partitioning = true)"


def rows_of(folder: Path) -> int:
    found = [file for file in folder.rglob("part-*") if file.is_file()]
    if not found:
        return 0
    ((count,),) = query(f"SELECT count(*) FROM {parquet(folder)}")
    return int(count)


BACK_FILL = """
CREATE TABLE history (id BIGINT, page STRING, ts TIMESTAMP(3)) WITH (${history});
CREATE TABLE live (id BIGINT, page STRING, ts TIMESTAMP(3)) WITH (${live});
CREATE VIEW clicks AS
  SELECT * FROM history WHERE ts < ${cutover.at}
  UNION ALL
  SELECT * FROM live WHERE ts >= ${cutover.at};
CREATE TABLE lake (id BIGINT, page STRING, ts TIMESTAMP(3), `day` STRING)
  PARTITIONED BY (`day`) WITH (${lake});
INSERT INTO lake SELECT id, page, ts, DATE_FORMAT(ts, 'yyyy-MM-dd') FROM clicks;
"""


def test_a_back_fill_then_what_is_live_each_row_once_in_parquet(
    clusters: Clusters, tmp_path: Path
) -> None:
    code, groups = synthesized(
        tmp_path,
        BACK_FILL,
        sources={
            "history": lambda bucket: S3Source(bucket=bucket, path_pattern=".*[.]json"),
            "live": lambda bucket: S3Source(
                bucket=bucket, monitor_interval=cdk.Duration.seconds(1)
            ),
        },
        sinks={"lake": lambda bucket: S3Sink(bucket=bucket, format="parquet")},
    )
    history, live, lake = (tmp_path / name / name for name in ("history", "live", "lake"))
    put(history, "old.json", clicks(0, 400, "2026-01-01"))
    # Both have the rows around the cut, as a stream's retention goes back behind it.
    put(history, "cut.json", clicks(400, 500, "2026-01-02"))
    put(history, "notes.txt", [{"id": -1}])
    put(live, "cut.json", clicks(300, 400, "2026-01-01") + clicks(400, 500, "2026-01-02"))
    groups["history"]["json.ignore-parse-errors"] = "false"
    with running(clusters, code, in_folders(groups, tmp_path), tmp_path) as count:
        count(lambda: rows_of(lake), 500)
        put(live, "new.json", clicks(500, 600, "2026-01-03"))
        count(lambda: rows_of(lake), 600)
    found = query(
        f"SELECT CAST(day AS VARCHAR), count(*), count(DISTINCT id), min(id), max(id) "
        f"FROM {parquet(lake)} GROUP BY day ORDER BY day"
    )
    assert found == [
        ("2026-01-01", 400, 400, 0, 399),
        ("2026-01-02", 100, 100, 400, 499),
        ("2026-01-03", 100, 100, 500, 599),
    ]


READ_BACK = """
CREATE TABLE lake (id BIGINT, page STRING, `day` STRING) PARTITIONED BY (`day`) WITH (${lake});
CREATE TABLE copied (id BIGINT, page STRING, `day` STRING) WITH (${copied});
INSERT INTO copied SELECT * FROM lake;
"""


def test_parquet_in_folders_is_read_back(clusters: Clusters, tmp_path: Path) -> None:
    code, groups = synthesized(
        tmp_path,
        READ_BACK,
        sources={"lake": lambda bucket: S3Source(bucket=bucket, format="parquet")},
        sinks={"copied": lambda bucket: S3Sink(bucket=bucket)},
    )
    for day in ("2026-01-01", "2026-01-02"):
        folder = tmp_path / "lake" / "lake" / f"day={day}"
        folder.mkdir(parents=True)
        query(
            "COPY (SELECT range AS id, 'page-' || range AS page FROM range(250)) "
            f"TO '{folder}/part-1' (FORMAT parquet)"
        )
    copied = tmp_path / "copied" / "copied"

    def rows() -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for file in copied.rglob("part-*")
            for line in file.read_text(encoding="utf-8").splitlines()
        ]

    with running(clusters, code, in_folders(groups, tmp_path), tmp_path) as count:
        count(lambda: len(rows()), 500)
    found = {(row["id"], row["page"], row["day"]) for row in rows()}
    assert len(rows()) == 500
    assert found == {
        (number, f"page-{number}", day)
        for number in range(250)
        for day in ("2026-01-01", "2026-01-02")
    }


ICEBERG = """
CREATE TABLE events (id BIGINT, page STRING, ts STRING) WITH (${events});
CREATE TABLE lake (id BIGINT, page STRING, ts STRING) PARTITIONED BY (page) WITH (${lake});
INSERT INTO lake SELECT * FROM events;
"""


@pytest.mark.emulator
def test_an_iceberg_table_in_s3_and_glue(
    clusters: Clusters, tmp_path: Path, emulator: Environment
) -> None:
    code, groups = synthesized(
        tmp_path,
        ICEBERG,
        sources={
            "events": lambda bucket: S3Source(
                bucket=bucket, monitor_interval=cdk.Duration.seconds(1)
            )
        },
        sinks={"lake": lambda bucket: IcebergSink(bucket=bucket, database="shop")},
    )
    catalog, store = emulator.client("glue"), emulator.client("s3")
    catalog.create_database(DatabaseInput={"Name": "shop"})
    store.create_bucket(Bucket="lake")
    local = in_folders({"events": groups.pop("events")}, tmp_path)
    groups["lake"] |= {
        "glue.endpoint": emulator.endpoint,
        "s3.endpoint": emulator.endpoint,
        "s3.path-style-access": "true",
    }
    events = tmp_path / "events" / "events"
    put(events, "1.json", clicks(0, 700, "2026-01-01"))

    def metadata() -> dict[str, Any]:
        try:
            table = catalog.get_table(DatabaseName="shop", Name="lake")["Table"]
        except catalog.exceptions.EntityNotFoundException:
            return {}
        key = table["Parameters"]["metadata_location"].removeprefix("s3://lake/")
        return dict(json.loads(store.get_object(Bucket="lake", Key=key)["Body"].read()))

    def rows() -> int:
        newest = [
            snapshot
            for snapshot in metadata().get("snapshots", [])
            if snapshot["snapshot-id"] == metadata()["current-snapshot-id"]
        ]
        return int(newest[0]["summary"]["total-records"]) if newest else 0

    with running(clusters, code, {**groups, **local}, tmp_path) as count:
        count(rows, 700)
        put(events, "2.json", clicks(700, 1000, "2026-01-02"))
        count(rows, 1000)
    found = metadata()
    assert found["location"] == "s3://lake/lake"
    assert [field["name"] for field in found["partition-specs"][0]["fields"]] == ["page"]
    assert len(found["snapshots"]) >= 2

    # The table only grows, so every data file is of its newest version.
    files = tmp_path / "files"
    files.mkdir()
    keys = [item["Key"] for item in store.list_objects_v2(Bucket="lake")["Contents"]]
    assert {key.split("/")[1] for key in keys} == {"data", "metadata"}
    for number, key in enumerate(key for key in keys if key.endswith(".parquet")):
        store.download_file("lake", key, str(files / f"{number}.parquet"))
    counted = query(
        f"SELECT count(*), count(DISTINCT id), count(DISTINCT page) FROM '{files}/*.parquet'"
    )
    assert counted == [(1000, 1000, 7)]
