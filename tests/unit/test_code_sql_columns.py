"""Columns of a SQL job's tables, against what is read behind a sink."""

import pytest

from cdk_managed_flink.application.binding import Columns
from cdk_managed_flink.code.sql.columns import TableColumns, column_problems, columns_of
from cdk_managed_flink.job.statements import statements


def read(table: str) -> TableColumns | None:
    (statement,) = statements(table)
    return columns_of(statement)


@pytest.mark.parametrize(
    ("columns", "written"),
    [
        ("a INT, b STRING NOT NULL", ["a", "b"]),
        ("`user` STRING, `or``der` INT", ["user", "or`der"]),
        ("a DECIMAL(10, 2), b ROW<x INT, y ARRAY<STRING>>, c MAP<STRING, INT>", ["a", "b", "c"]),
        ("a INT, b AS a + 1, c AS (SELECT 1), d INT", ["a", "d"]),
        ("a TIMESTAMP(3), WATERMARK FOR a AS a - INTERVAL '5' SECOND", ["a"]),
        ("a INT, CONSTRAINT k PRIMARY KEY (a) NOT ENFORCED", ["a"]),
        ("a INT, PRIMARY KEY (a) NOT ENFORCED, UNIQUE (a) NOT ENFORCED", ["a"]),
        ("`primary` INT, `watermark` INT", ["primary", "watermark"]),
        ("a TIMESTAMP METADATA, b INT METADATA FROM 'x' VIRTUAL", ["a"]),
        ("a INT, big AS a > 10, c STRING, small AS a < 10, d INT", ["a", "c", "d"]),
        ("a ROW<x INT>, b AS a.x <> 1 AND a.x >= 2, c MAP<INT, INT>, d INT", ["a", "c", "d"]),
        ("a INT, b AS CAST(a AS ROW<x INT, y INT>), c INT", ["a", "c"]),
        ("a INT, WATERMARK FOR t AS CASE WHEN a < 1 THEN t ELSE t END, c INT", ["a", "c"]),
        ("a STRING, b AS a LIKE 'x%', c INT", ["a", "c"]),
        ("a INT METADATA VIRTUAL COMMENT 'note', b INT", ["b"]),
        ("a INT METADATA COMMENT 'virtual', `virtual` INT", ["a", "virtual"]),
        ("a INT COMMENT 'one, two (three)', -- four, five\n b INT /* six, */", ["a", "b"]),
        ("", []),
    ],
)
def test_columns_that_rows_are_written_with(columns: str, written: list[str]) -> None:
    found = read(f"CREATE TABLE t (\n{columns}\n) WITH (${{lake}})")
    assert found is not None
    assert list(found.written) == written


def test_partitions() -> None:
    found = read(
        "CREATE TEMPORARY TABLE IF NOT EXISTS a.b.t (x INT, `day` STRING) COMMENT 'c' "
        "PARTITIONED BY (`day`, x) WITH (${lake})"
    )
    assert found == TableColumns("t", 1, ["x", "day"], ["day", "x"])


def test_metadata_is_seen_after_a_comparison() -> None:
    found = read("CREATE TABLE t (a INT, big AS a > 10, m INT METADATA FROM 'x') WITH (${lake})")
    assert found is not None
    assert list(found.metadata) == ["m"]


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE t WITH (${lake})",
        "CREATE TABLE t (x INT) WITH (${lake}) LIKE other",
        "CREATE TABLE t WITH (${lake}) LIKE other (INCLUDING ALL)",
    ],
)
def test_a_table_that_takes_columns_from_elsewhere_is_not_known(table: str) -> None:
    assert read(table) is None


SCRIPT = """
CREATE TABLE src (a INT) WITH (${src});
CREATE TABLE lake (
  a INT,
  `day` STRING,
  b INT
) PARTITIONED BY (`day`) WITH (${lake});
INSERT INTO lake SELECT a, '', 1 FROM src;
"""


def problems(*names: str, **more: bool) -> list[str]:
    wanted = Columns(names=names, reader="the table x", **more)
    return column_problems("job.sql", statements(SCRIPT), "lake", wanted)


def test_all_columns_that_are_read_are_there() -> None:
    assert problems("b", "a") == []
    assert problems("b", "a", "day") == []
    assert problems("a", "b", without_partitions=True, in_order=True) == []


def test_fails_when_columns_are_missing_and_names_them() -> None:
    assert problems("a", "B", "c") == [
        "job.sql:3: table 'lake' lacks B, c, which the table x reads; its rows have: a, day, b. "
        "Names are compared letter by letter: add the column to the table, or take it out of "
        "columns=."
    ]


def test_fails_when_a_column_is_in_the_path_of_the_files() -> None:
    (found,) = problems("a", "day", without_partitions=True)
    assert "lacks day" in found
    assert "PARTITIONED BY takes day out of the files, into their paths." in found


def test_fails_when_the_order_differs_and_it_matters() -> None:
    assert problems("b", "a", without_partitions=True, in_order=True) == [
        "job.sql:3: table 'lake' has the columns a, b, and the table x has b, a: these files are "
        "read by position, so both have to be the same, in the same order."
    ]


def test_other_tables_are_of_no_concern() -> None:
    wanted = Columns(names=["x"], reader="the table x")
    assert column_problems("job.sql", statements(SCRIPT), "elsewhere", wanted) == []
