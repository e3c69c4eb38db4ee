"""The helper of jobs in Python."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_managed_flink import job
from cdk_managed_flink.job import (
    PropertyError,
    SecretError,
    masked,
    properties,
    sql,
    table_options,
    tables,
)
from cdk_managed_flink.job.properties import CONNECTOR_OPTIONS_VARIABLE, FILE_VARIABLE

_GROUPS = {
    "clicks": {"connector": "kinesis", "stream": "it's", "aws.region": "eu-west-1"},
    "limits": {"per.minute": "60"},
    "db": {"connector": "jdbc", "password": "sesame-open"},
}


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "groups.json"
    _write(path, _GROUPS)
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    monkeypatch.delenv(CONNECTOR_OPTIONS_VARIABLE, raising=False)
    tables.resolved_groups.cache_clear()
    yield path
    tables.resolved_groups.cache_clear()


def _write(path: Path, groups: dict[str, dict[str, str]]) -> None:
    listed = [{"PropertyGroupId": name, "PropertyMap": group} for name, group in groups.items()]
    path.write_text(json.dumps(listed))


def test_a_group_is_a_dict() -> None:
    assert properties("limits") == {"per.minute": "60"}
    assert int(properties("limits")["per.minute"]) == 60
    assert properties("limits").get("burst", "5") == "5"


def test_fails_when_a_group_is_missing_and_names_those_that_exist() -> None:
    told = "there is no property group 'Clicks'; there are: clicks, db, limits"
    with pytest.raises(PropertyError, match=re.escape(told)):
        properties("Clicks")


def test_fails_when_a_key_is_missing_and_names_those_that_exist() -> None:
    told = "property group 'limits' has no key 'per.hour'; it has: per.minute"
    with pytest.raises(PropertyError, match=re.escape(told)):
        properties("limits")["per.hour"]


def test_a_statement_is_rendered_as_in_a_sql_job() -> None:
    text = "CREATE TABLE a (x INT) WITH (${clicks}) -- ${nothing}\n/* '$${' */ '${b}' $${c}"
    assert sql(text) == (
        "CREATE TABLE a (x INT) WITH ('connector' = 'kinesis', 'aws.region' = 'eu-west-1', "
        "'stream' = 'it''s') -- ${nothing}\n/* '$${' */ '${b}' ${c}"
    )
    assert sql("SELECT ${limits.per.minute}") == "SELECT 60"


def test_options_of_a_table_are_those_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTOR_OPTIONS_VARIABLE, '{"kinesis": {"aws.endpoint": "here"}}')
    assert table_options("clicks") == {**_GROUPS["clicks"], "aws.endpoint": "here"}


def test_fails_when_a_group_is_no_table() -> None:
    with pytest.raises(PropertyError, match="group 'limits' is no table: it has no key 'connector"):
        table_options("limits")


def test_fails_when_a_placeholder_stands_for_nothing() -> None:
    with pytest.raises(PropertyError, match=r"^\$\{click\}: there is no property group 'click'"):
        sql("SELECT ${click}")


def test_secrets_are_read_and_masked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a"
    _write(file, {"http": {"connector": "http", "header": f"secret:{arn}"}})
    monkeypatch.setattr(tables, "read_secret", lambda _: "open-sesame")
    assert sql("WITH (${http})") == "WITH ('connector' = 'http', 'header' = 'open-sesame')"
    assert masked("no open-sesame here") == "no ****** here"


def test_the_helper_is_importable_by_its_name_in_the_package_without_cdk(file: Path) -> None:
    """For editors and tests of a job; in a process of its own, as names are global."""
    program = (
        "import sys, managed_flink_job as job\n"
        "assert 'aws_cdk' not in sys.modules and 'cdk_managed_flink' not in sys.modules\n"
        "print(sorted(job.__all__), job.properties('limits'), job.sql('${limits.per.minute}'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{sorted(job.__all__)} {{'per.minute': '60'}} 60\n"


def test_fails_when_a_secret_can_not_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(file, {"http": {"header": "secret:what"}})
    with pytest.raises(SecretError, match="property 'header' of group 'http': secret:what is no"):
        properties("http")
