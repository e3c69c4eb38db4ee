"""The etl stack, deployed to one machine: flights from Kafka, each once in the lake."""

from pathlib import Path

import duckdb
import pytest

from managed_flink_local.stored import is_data
from tests.local.story import Story

pytestmark = pytest.mark.local


JOB = "etl"


def test_act_1_first_deploy_gives_every_expected_row(story: Story) -> None:
    act = story.first_deploy()
    assert [comparison.sink for comparison in act.comparisons] == ["flights", "rejected"]
    assert all(comparison.equal and comparison.expected for comparison in act.comparisons)


def test_act_2_new_version_goes_on_from_its_state(story: Story) -> None:
    act = story.new_version()
    assert all(comparison.equal for comparison in act.comparisons)
    assert act.snapshot


def test_the_lake_can_be_queried_as_a_whole(story: Story, tmp_path: Path) -> None:
    """As an analyst would: types from the files, partitions from their folders."""
    pipeline, performance = story.pipeline, story.performance
    bucket, prefix = pipeline.prefix("flights")
    s3 = pipeline.environment.client("s3")
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        if is_data(entry["Key"]):
            file = tmp_path / f"{entry['Key']}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, entry["Key"], str(file))
    lake = (
        duckdb.connect()
        .execute(
            "SELECT dt, count(*), count(departed_at), max(scheduled_at), typeof(any_value(mph))"
            f" FROM read_parquet('{tmp_path}/**/*.parquet', hive_partitioning = true,"
            " hive_types = {'dt': VARCHAR}) GROUP BY dt ORDER BY dt"
        )
        .fetchall()
    )
    expected = performance.scenario.expect(performance.sent)["flights"]
    days = sorted({str(row["dt"]) for row in expected})
    assert [row[0] for row in lake] == days
    for dt, flights, departed, newest, mph in lake:
        of_day = [row for row in expected if row["dt"] == dt]
        assert flights == len(of_day)
        assert departed == sum(row["departed_at"] is not None for row in of_day)
        assert newest == max(row["scheduled_at"] for row in of_day)  # type: ignore[type-var]
        assert mph == "DECIMAL(10,1)"


def test_destroy_keeps_the_application_and_the_cluster(story: Story) -> None:
    """The stack's own VPC goes all the same."""
    application = story.spoil().application
    story.rollout.destroy()
    flink, kafka = (story.environment.client(name) for name in ("kinesisanalyticsv2", "kafka"))
    kept = flink.describe_application(ApplicationName=application)["ApplicationDetail"]
    assert kept["ApplicationStatus"] == "READY"
    assert len(kafka.list_clusters()["ClusterInfoList"]) == 1
    story.end()
