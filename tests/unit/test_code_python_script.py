"""A job in Python that runs a SQL script: the script is checked as a SQL job's is."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match

from cdk_managed_flink import (
    Code,
    DynamoDbSink,
    FlinkApplication,
    FlinkCode,
    KinesisSource,
    S3Sink,
)
from cdk_managed_flink.application.binding import Columns
from cdk_managed_flink.application.code_location import ReadableCode

MAIN = """\
from managed_flink_job import run_script

run_script("sql/job.sql", functions={})
"""
SQL = """\
CREATE TABLE clicks (page STRING) WITH (${clicks});
CREATE TABLE pages (page STRING, PRIMARY KEY (page) NOT ENFORCED) WITH (${pages});
INSERT INTO pages SELECT page FROM clicks;
"""


def job(folder: Path, sql: str = SQL) -> Code:
    (folder / "sql").mkdir()
    (folder / "main.py").write_text(MAIN)
    (folder / "sql" / "job.sql").write_text(sql)
    return FlinkCode.from_python(folder)


def application(stack: cdk.Stack, code: Code) -> FlinkApplication:
    return FlinkApplication(stack, "App", code=code)


def test_names_of_the_script_are_checked(tmp_path: Path) -> None:
    code = job(tmp_path, SQL.replace("${pages}", "${page}"))
    (problem,) = code.validate(sources={"clicks"}, sinks={"pages"}, groups=set())
    assert "sql/job.sql:2:" in problem
    assert "Did you mean ${pages}?" in problem


def test_a_sink_may_be_written_in_python(tmp_path: Path) -> None:
    assert job(tmp_path).validate(sources={"clicks"}, sinks={"pages", "more"}, groups=set()) == []


def test_rules_of_a_connector_are_held_against_the_scripts_tables(
    stack: cdk.Stack, tmp_path: Path
) -> None:
    app = application(stack, job(tmp_path))
    assert app.is_text_read
    app.bind(stack, "clicks", KinesisSource())
    app.bind(stack, "pages", DynamoDbSink(partition_key="page"))
    (problem,) = app.validate()
    assert "sql/job.sql:2: table 'pages' is PARTITIONED BY nothing, and the key" in problem


def test_columns_that_are_read_are_held_against_the_scripts_tables(tmp_path: Path) -> None:
    code = job(tmp_path)
    assert isinstance(code, ReadableCode)
    (problem,) = code.column_problems("pages", Columns(names=["page", "views"], reader="Redshift"))
    assert "sql/job.sql:2: table 'pages' lacks views" in problem


def test_settings_of_the_script_are_warned_about(stack: cdk.Stack, tmp_path: Path) -> None:
    app = application(stack, job(tmp_path, "SET 'parallelism.default' = '4';\n" + SQL))
    app.bind(stack, "clicks", KinesisSource())
    app.bind(stack, "pages", S3Sink())
    Annotations.from_stack(stack).has_warning(
        "/Stack/App", Match.string_like_regexp(r"sql/job\.sql:1: SET 'parallelism\.default'")
    )


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT 1;", r"job\.sql:1"),
        ("SET 'state.checkpoints.dir' = 's3://x';" + SQL, "has no effect on the service"),
        (SQL.split("INSERT")[0], "there is no INSERT in it"),
    ],
)
def test_fails_when_the_script_can_be_no_job(tmp_path: Path, sql: str, shown: str) -> None:
    with pytest.raises(ValueError, match=shown):
        job(tmp_path, sql)


def test_fails_when_there_is_no_such_script(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "other.sql").write_text(SQL)
    with pytest.raises(
        ValueError,
        match=r"main\.py:3: path of run_script is 'sql/job\.sql'; allowed: a file of the folder, "
        r"by its path in it\. The folder's SQL files are: other\.sql\.$",
    ):
        FlinkCode.from_python(tmp_path)


def test_a_job_without_a_script_is_not_read(stack: cdk.Stack, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print()")
    app = application(stack, FlinkCode.from_python(tmp_path))
    assert not app.is_text_read
    app.bind(stack, "lake", S3Sink())
    assert app.validate() == []
