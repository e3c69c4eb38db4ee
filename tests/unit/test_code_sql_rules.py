"""What a SQL job's tables say that the connectors behind them can't do."""

import pytest

from cdk_managed_flink import TableRules
from cdk_managed_flink.code.sql.rules import primary_key, rule_problems
from cdk_managed_flink.job.statements import statements


def problems(table: str, rules: TableRules) -> list[str]:
    script = f"CREATE TABLE t {table} WITH (${{lake}})"
    return rule_problems("job.sql", statements(script), "lake", rules)


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ("a INT, b DECIMAL(10, 2), PRIMARY KEY (b, `a`) NOT ENFORCED", ["b", "a"]),
        ("a INT, CONSTRAINT k PRIMARY KEY (a) NOT ENFORCED", ["a"]),
        ("x DECIMAL(10, 2), `a` INT NOT NULL primary key NOT ENFORCED, y INT", ["a"]),
        ("a INT PRIMARY KEY NOT ENFORCED COMMENT 'the (key)'", ["a"]),
        ("a INT COMMENT 'PRIMARY KEY (a)', `PRIMARY` INT -- PRIMARY KEY (b)\n", []),
        ("PRIMARY KEY (", []),
    ],
)
def test_the_key_of_a_table(columns: str, key: list[str]) -> None:
    (statement,) = statements(f"CREATE TABLE t ({columns}) WITH (${{lake}})")
    assert list(primary_key(statement)) == key


def test_fails_when_rows_are_to_be_replaced_without_a_key() -> None:
    assert problems("(id INT)", TableRules(primary_key=["id", "day"])) == [
        "job.sql:1: table 't' has no PRIMARY KEY, and a row is to replace the one with its key. "
        "Use PRIMARY KEY (id, day) NOT ENFORCED."
    ]
    (found,) = problems("(id INT)", TableRules(primary_key=()))
    assert found.endswith("Use PRIMARY KEY (id) NOT ENFORCED.")


def test_fails_when_the_key_is_another_one() -> None:
    rules = TableRules(primary_key=["id"])
    (found,) = problems("(id INT, b INT, PRIMARY KEY (id, b) NOT ENFORCED)", rules)
    assert "has the PRIMARY KEY (id, b), and the key of the table behind it is id." in found


def test_fails_when_a_partition_is_no_part_of_the_key() -> None:
    table = "(id INT, day DATE, PRIMARY KEY (id) NOT ENFORCED) PARTITIONED BY (day)"
    (found,) = problems(table, TableRules(primary_key=()))
    assert "is PARTITIONED BY day, which its PRIMARY KEY (id) does not name" in found
    assert problems(table, TableRules(primary_key=["id"])) == []


def test_a_key_in_any_order() -> None:
    table = "(id INT, day DATE, PRIMARY KEY (id, day) NOT ENFORCED) PARTITIONED BY (day)"
    assert problems(table, TableRules(primary_key=())) == []
    assert problems(table, TableRules(primary_key=["day", "id"])) == []


@pytest.mark.parametrize(
    ("partitioned", "partitions", "said"),
    [
        (
            "",
            ["day"],
            "is PARTITIONED BY nothing, and the partitions of the catalog's table are day",
        ),
        ("PARTITIONED BY (hour, day)", ["day", "hour"], "Use PARTITIONED BY (day, hour)."),
        ("PARTITIONED BY (day)", [], "Remove it, or use partitions=."),
    ],
)
def test_fails_when_a_query_would_look_in_other_folders(
    partitioned: str, partitions: list[str], said: str
) -> None:
    rules = TableRules(partitions=partitions)
    (found,) = problems(f"(day DATE, hour INT) {partitioned}", rules)
    assert said in found


def test_partitions_as_the_catalog_has_them() -> None:
    rules = TableRules(partitions=["day", "hour"])
    assert problems("(day DATE, hour INT) PARTITIONED BY (day, hour)", rules) == []
    assert problems("(day DATE)", TableRules(partitions=[])) == []
    assert problems("(day DATE) PARTITIONED BY (day)", TableRules()) == []
