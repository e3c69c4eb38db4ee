"""IcebergTable and IcebergMaintenance: what they take and refuse."""

from typing import Any

import pytest

from cdk_managed_flink import IcebergMaintenance
from tests.unit.lakes import clicks


@pytest.mark.parametrize(
    "arguments",
    [
        {"columns": {"a": "decimal(38, 38)"}, "partitions": ["bucket(4, a)", "truncate(4, a)"]},
        {"columns": {"a": "fixed[8]", "b": "uuid"}, "partitions": ["bucket(4, a)", "bucket(4, b)"]},
        {"columns": {"a": "date"}, "partitions": ["year(a)"], "key": ["a"]},
        {"columns": {"a": "timestamptz"}, "partitions": ["a", "hour(a)", "bucket(4, a)"]},
        {"columns": {"a": "double"}, "partitions": ["a"]},
    ],
)
def test_what_iceberg_takes(arguments: dict[str, Any]) -> None:
    assert len(clicks(**arguments).fields) == len(arguments["partitions"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"columns": {"a": "bigint"}}, r"type of column 'a' is 'bigint'; allowed: boolean, int"),
        ({"columns": {"A": "long"}}, "columns is 'A'; allowed: lower-case letters"),
        ({"columns": {"a": "list<string>"}}, "These are Iceberg's words; nested types are for"),
        ({"partitions": ["week(ts)"]}, r"partitions is 'week\(ts\)'; allowed: a column, day"),
        ({"partitions": ["day(seen)"]}, "partitions is 'seen'; allowed: columns of the table: id"),
        ({"columns": {"a": "decimal(39, 2)"}}, r"decimal\(p, s\) with s <= p <= 38"),
        ({"columns": {"a": "decimal(5, 6)"}}, r"decimal\(p, s\) with s <= p <= 38"),
        ({"partitions": ["day(page)"]}, "partitions is 'day of page, a string'; allowed: day of d"),
        ({"columns": {"a": "date"}, "partitions": ["hour(a)"]}, "allowed: hour of timestamp, time"),
        ({"columns": {"a": "double"}, "partitions": ["bucket(4, a)"]}, "bucket of a, a double"),
        ({"partitions": ["truncate(4, ts)"]}, "truncate of ts, a timestamp"),
        ({"partitions": ["page", "page"]}, "allowed: page once"),
        ({"partitions": ["bucket(4, id)", "bucket(8, id)"]}, "allowed: id_bucket once"),
        ({"partitions": ["day(ts)", "hour(ts)"]}, "allowed: ts once"),
        (
            {"columns": {"ts": "date", "ts_day": "date"}, "partitions": ["day(ts)"]},
            "allowed: ts_day once",
        ),
        ({"columns": {"a": "float"}, "key": ["a"]}, "key is 'a, a float'; allowed: columns of oth"),
        ({"key": ["user"]}, "key is 'user'; allowed: columns of the table: id, page"),
    ],
)
def test_fails_when_a_table_is_not_icebergs(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^IcebergTable: .*{said}"):
        clicks(**arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {
                "compaction": False,
                "snapshots_kept_for_days": None,
                "orphans_deleted_after_days": None,
            },
            "compaction is False; allowed: at least one optimizer",
        ),
        ({"snapshots_kept": 0}, "snapshots_kept is 0; allowed: 1 or more"),
    ],
)
def test_fails_when_nothing_is_looked_after(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^IcebergMaintenance: {said}"):
        IcebergMaintenance(**arguments)
