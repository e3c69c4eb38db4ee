"""What the local tool knows of jobs: scenarios, what was sent, what is compared, what is read."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from managed_flink_local import acts, cli, scenario, stored, topic
from managed_flink_local.account import Account
from managed_flink_local.comparison import compare
from managed_flink_local.environment import Environment
from managed_flink_local.failure import LocalError
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.scenario import Record
from managed_flink_local.sender import channel
from managed_flink_local.topic import Entry, _row


@pytest.mark.slow
def test_every_job_has_a_scenario_of_its_own_name() -> None:
    assert scenario.names() == ["etl", "payments", "sensors"]
    for name in scenario.names():
        found = scenario.load(name)
        assert found.job == name
        assert (scenario.JOBS / name / found.script).is_file()
        assert found.lake in found.sinks
        wanted = {"first", "before_redeploy", "during_redeploy", "after_redeploy"}
        if found.sick:
            wanted |= {"before_sick", "during_sick", "after_sick"}
        assert set(found.batches()) == wanted


def test_fails_when_there_is_no_such_job() -> None:
    with pytest.raises(LocalError, match="JOB= is one of: etl, payments, sensors"):
        scenario.load("clicks")


def test_a_job_s_folder_says_the_same_as_its_name() -> None:
    assert cli.parse(["--job", "jobs/etl", "explain"]).job == "etl"
    assert cli.parse(["demo"]).job == scenario.DEFAULT_JOB


def test_what_was_sent_is_known_to_later_commands(tmp_path: Path) -> None:
    records = [Record(data=b"\xff\n", key="a"), Record(data=b"", key="", partition=3)]
    Account(tmp_path / "sent").add(records)
    assert Account(tmp_path / "sent").records == records


def test_versions_are_edits_of_a_copy(tmp_path: Path) -> None:
    found = scenario.load("payments")
    copy = acts.edited(found, tmp_path / "copy", lambda text: text + "-- edited\n")
    assert (copy / "payments" / "job" / "job.sql").read_text().endswith("-- edited\n")
    assert not (scenario.JOBS / "payments" / "job" / "job.sql").read_text().endswith("edited\n")


def test_fails_when_what_a_version_replaces_is_there_twice() -> None:
    with pytest.raises(ValueError, match=r"job\.sql: 'a' is to be replaced .* 2 times"):
        scenario.replaced("job.sql", "a a", "a", "b")


# ── Comparison ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("expected", "found", "equal"),
    [
        (Decimal("1.10"), 1.1, True),
        (1.1, Decimal("1.1"), True),
        (1, Decimal("1.00001"), False),
        ("1", 1, False),
        (None, None, True),
        (None, 0, False),
        (datetime.datetime(2025, 1, 6), datetime.datetime(2025, 1, 6), True),
        (datetime.datetime(2025, 1, 6), "2025-01-06 00:00:00", False),
    ],
)
def test_values_are_equal_as_numbers_or_as_they_are(
    expected: object, found: object, equal: bool
) -> None:
    rows = [{"id": 1, "value": expected}], [{"id": 1, "value": found, "further": "column"}]
    (comparison,) = compare({"sink": lambda row: row["id"]}, {"sink": rows[0]}, {"sink": rows[1]})
    assert comparison.equal is equal


def test_a_sink_of_which_nothing_is_known_is_empty() -> None:
    (comparison,) = compare({"sink": lambda row: row["id"]}, {"sink": [{"id": 1}]}, {})
    assert (comparison.expected, comparison.found, len(comparison.missing)) == (1, 0, 1)


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────


def test_rows_of_a_parquet_object_have_their_types_and_partitions(tmp_path: Path) -> None:
    file = tmp_path / "written.parquet"
    query = "SELECT 7 AS n, 1.5::DECIMAL(10, 1) AS mph, TIMESTAMP '2013-01-01 10:15:00' AS at"
    duckdb.connect().execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
    rows = stored.rows_of_object("x/dt=2013-01-01/part-0", file.read_bytes(), "parquet", tmp_path)
    assert rows == [
        {
            "dt": "2013-01-01",
            "n": 7,
            "mph": Decimal("1.5"),
            "at": datetime.datetime(2013, 1, 1, 10, 15),
        }
    ]
    assert stored.rows_of_object("x/_part-0", b"unfinished", "parquet", tmp_path) == []


def test_a_record_of_a_topic_is_json_or_bytes_beside_its_headers() -> None:
    entry = Entry(
        value=b'{"n": 1.10}', headers={"reason": b"late"}, partition=0, offset=1, timestamp=0
    )
    assert _row(entry, "json") == {"n": Decimal("1.10")}
    assert _row(entry, "raw") == {"payload": b'{"n": 1.10}', "reason": "late"}


# ── Properties ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def deployed(tmp_path: Path) -> Pipeline:
    here = Environment(
        state=tmp_path,
        endpoint="http://127.0.0.1:1",
        region="us-east-1",
        account="000000000000",
        ca_bundle=None,
        pid=1,
        applications=tmp_path,
        logs=tmp_path,
    )
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
    groups = {
        "old": {"connector": "kinesis", "stream": "clicks"},
        "new": {"connector": "kinesis", "stream.arn": arn},
        "topic": {"connector": "kafka", "topic": "clicks", "value.format": "raw"},
        "files": {"connector": "filesystem", "path": "s3://lake/out/", "format": "parquet"},
    }
    return Pipeline(here, "stack", "application", "", groups)


def test_a_stream_is_named_by_either_line_of_connectors(deployed: Pipeline) -> None:
    assert deployed.stream("old") == deployed.stream("new") == "clicks"
    assert channel(deployed, "new").name == "clicks"


def test_a_format_is_found_under_either_key(deployed: Pipeline) -> None:
    assert (deployed.format("topic"), deployed.format("files")) == ("raw", "parquet")
    assert deployed.prefix("files") == ("lake", "out/")


def test_fails_when_a_source_cannot_be_fed(deployed: Pipeline) -> None:
    with pytest.raises(LocalError, match="nothing is known to feed filesystem with"):
        channel(deployed, "files")


def test_fails_when_there_is_no_broker_to_read_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(LocalError, match="reading the topic clicks"):
        topic.entries("127.0.0.1:1", "clicks")
