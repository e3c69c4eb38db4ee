"""The order in which a script is run, seen by a stand-in for PyFlink."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cdk_managed_flink.job import runner
from cdk_managed_flink.job.properties import PropertyGroups
from cdk_managed_flink.job.runner import Job, JobError, reason_of, run_script

_GROUPS = PropertyGroups(
    {
        "clicks": {"connector": "kinesis", "aws.credentials.basic.secretkey": "sesame-open"},
        "lake": {"connector": "filesystem"},
    }
)
_SCRIPT = """\
-- ${nothing}
SET 'execution.runtime-mode' = 'batch';
SET 'table.exec.state.ttl' = '3 d';
CREATE TABLE clicks (x INT) WITH (${clicks});
CREATE TABLE lake (x INT) WITH (${lake});
INSERT INTO lake SELECT 1;
SET 'table.local-time-zone' = 'UTC';
CREATE VIEW late AS SELECT 1;
INSERT INTO lake SELECT 2;
"""


class FakeFlink:
    """Records every call; raises what it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.failure: tuple[str, str] | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        def call(*arguments: Any) -> Any:  # noqa: ANN401
            if self.failure and name == self.failure[0]:
                raise RuntimeError(self.failure[1])
            if arguments and isinstance(arguments[0], str):
                self.calls.append((name, *(text.strip() for text in arguments)))
            elif name == "execute":
                self.calls.append((name,))
            return self

        return call


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch) -> FakeFlink:
    fake = FakeFlink()
    common, table = ModuleType("pyflink.common"), ModuleType("pyflink.table")
    common.Configuration = lambda: fake  # type: ignore[attr-defined]
    table.EnvironmentSettings = fake  # type: ignore[attr-defined]
    table.TableEnvironment = fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyflink", ModuleType("pyflink"))
    monkeypatch.setitem(sys.modules, "pyflink.common", common)
    monkeypatch.setitem(sys.modules, "pyflink.table", table)
    return fake


def test_the_job_gets_the_scripts_settings_and_no_others(flink: FakeFlink) -> None:
    """Checkpoints, state and parallelism stay the application's, here and on the service."""
    Job.read("job.sql", _SCRIPT, _GROUPS).submit()
    assert [call for call in flink.calls if call[0] in ("set_string", "set")] == [
        ("set_string", "execution.runtime-mode", "batch"),
        ("set_string", "table.exec.state.ttl", "3 d"),
        ("set", "table.local-time-zone", "UTC"),
    ]


def test_all_inserts_are_one_job_that_starts_after_all_else(flink: FakeFlink) -> None:
    Job.read("job.sql", _SCRIPT, _GROUPS).submit()
    assert [call[0] for call in flink.calls if not call[0].startswith("set")] == [
        "execute_sql",
        "execute_sql",
        "add_insert_sql",
        "execute_sql",
        "add_insert_sql",
        "execute",
    ]


def test_a_statement_reaches_flink_on_the_scripts_own_line() -> None:
    """So that the line which Flink's parser names is the script's."""
    job = Job.read("job.sql", _SCRIPT, _GROUPS)
    assert job._in_place(job.statements[3]).startswith("\n" * 4 + "CREATE TABLE lake")


def test_fails_when_flink_refuses_a_statement_with_its_place_and_no_secret(
    flink: FakeFlink,
) -> None:
    flink.failure = ("execute_sql", "o1: 'aws.credentials.basic.secretkey'='sesame-open'")
    with pytest.raises(JobError) as caught:
        Job.read("job.sql", _SCRIPT, _GROUPS).submit()
    assert str(caught.value).startswith("job.sql:4: CREATE TABLE clicks: o1: ")
    assert "sesame-open" not in str(caught.value)
    assert caught.value.__suppress_context__  # a traceback would show Flink's own error


def test_fails_when_flink_refuses_the_whole_job_at_the_table_that_it_names(
    flink: FakeFlink,
) -> None:
    flink.failure = ("execute", "for writing table 'default_catalog.default_database.lake'.")
    with pytest.raises(JobError, match=r"^job\.sql:5: CREATE TABLE lake: for writing table"):
        Job.read("job.sql", _SCRIPT, _GROUPS).submit()


def test_fails_when_a_group_is_missing_with_the_line(flink: FakeFlink) -> None:
    script = "CREATE TABLE a (x INT)\n WITH (${click});\nINSERT INTO a SELECT 1"
    told = (
        r"^job\.sql:1: CREATE TABLE a: \$\{click\}: there is no property group 'click'; there are"
    )
    with pytest.raises(JobError, match=told):
        Job.read("job.sql", script, _GROUPS).submit()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("INSERT INTO a SELECT 'x", r"^job\.sql:1:22: string without its end"),
        ("CREATE TABLE a (x INT)", r"^job\.sql: there is no INSERT in it"),
        (
            "\nSET 'execution.checkpointing.interval' = '1 s'; INSERT INTO a SELECT 1",
            r"^job\.sql:2: SET 'execution\.checkpointing\.interval': the service takes it from",
        ),
    ],
)
def test_fails_when_a_script_is_no_job(script: str, told: str) -> None:
    with pytest.raises(JobError, match=told):
        Job.read("job.sql", script, _GROUPS)


def test_a_stack_trace_is_told_by_its_causes_root_first() -> None:
    trace = """An error occurred while calling o62.addInsertSql.
: org.x.Outer: Unable to create a sink.
Table options are: 'a'='b'
\tat org.x.A.a(A.java:1)
\tat org.x.A.b(A.java:2)
Caused by: org.x.Middle: parse failed. From line 6, column 3: Encountered "x".
Was expecting one of:
    <EOF>\x20
    "EXCEPT" ...
\t... 12 more
Caused by: org.x.Root: Encountered "x".
\t... 14 more
"""
    assert reason_of(trace) == (
        'org.x.Middle: parse failed. From line 6, column 3: Encountered "x".\n'
        "  in: org.x.Outer: Unable to create a sink.\n"
        "Table options are: 'a'='b'"
    )


def test_a_script_beside_the_modules_is_run_with_functions(
    flink: FakeFlink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "job.sql").write_text(_SCRIPT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(runner, "resolved_groups", lambda: _GROUPS)
    run_script("sql/job.sql", functions={"is_valid": "a function"})
    registered = ("create_temporary_system_function", "is_valid", "a function")
    names = [call[0] for call in flink.calls]
    assert flink.calls.index(registered) < names.index("execute_sql")
    assert flink.calls[-1] == ("execute",)


def test_fails_when_the_script_is_not_beside_the_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JobError, match=r"^jib\.sql: there is no such file beside the job's mod"):
        run_script("jib.sql")
