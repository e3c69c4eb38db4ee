"""What FlinkCode.from_sql refuses: the folder, the script, and names that don't fit."""

import os
from pathlib import Path

import pytest

from cdk_managed_flink.code.code import FlinkCode

_GOOD = """\
CREATE TABLE clicks (x INT) WITH (${clicks});
CREATE TABLE lake (x INT) WITH (${lake});
INSERT INTO lake SELECT x FROM clicks;
"""
_SOURCES, _SINKS = {"clicks"}, {"lake"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``jobs/clicks`` in a working directory of its own."""
    monkeypatch.chdir(tmp_path)
    folder = Path("jobs/clicks")
    folder.mkdir(parents=True)
    return folder


def _problems(folder: Path, script: str, groups: set[str] | None = None) -> list[str]:
    (folder / "job.sql").write_text(script, encoding="utf-8")
    return FlinkCode.from_sql(folder).validate(
        sources=_SOURCES, sinks=_SINKS, groups=groups or set()
    )


def test_a_script_that_uses_all_its_names_has_no_problem(folder: Path) -> None:
    assert _problems(folder, _GOOD) == []


def test_a_relative_path_is_taken_from_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "job.sql").write_text(_GOOD)
    FlinkCode.from_sql("jobs/clicks")
    monkeypatch.chdir(os.sep)
    with pytest.raises(ValueError, match="jobs/clicks"):
        FlinkCode.from_sql("jobs/clicks")


def test_fails_when_the_folder_is_missing(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"from_sql: path is 'jobs/none'; allowed: a folder that"):
        FlinkCode.from_sql("jobs/none")


def test_fails_when_there_is_no_script_and_names_the_sql_files_that_there_are(
    folder: Path,
) -> None:
    (folder / "main.sql").write_text(_GOOD)
    with pytest.raises(ValueError, match=r"Name the script job\.sql; .* are: main\.sql\."):
        FlinkCode.from_sql(folder)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (_GOOD + "SELECT 'a", "jobs/clicks/job.sql:4:8: string without its end"),
        (_GOOD + "\n /* a", "jobs/clicks/job.sql:5:2: comment without its end"),
        (_GOOD + "SELECT 1;", "jobs/clicks/job.sql:4:1: a SELECT shows its rows to nobody"),
        ("CREATE TABLE a (x INT)", "jobs/clicks/job.sql: there is no INSERT in it"),
        ("-- INSERT INTO a SELECT 1;", "jobs/clicks/job.sql: there is no INSERT in it"),
        ("", "jobs/clicks/job.sql: there is no INSERT in it"),
    ],
)
def test_fails_when_the_script_is_no_job(folder: Path, script: str, told: str) -> None:
    with pytest.raises(ValueError, match="^" + told.replace(".", r"\.")):
        _problems(folder, script)


def test_fails_when_the_script_is_not_utf8(folder: Path) -> None:
    (folder / "job.sql").write_bytes(b"INSERT INTO a SELECT '\xe9'")
    with pytest.raises(ValueError, match=r"^jobs/clicks/job\.sql: is not UTF-8"):
        FlinkCode.from_sql(folder)


def test_fails_when_the_script_makes_settings_that_the_service_ignores(folder: Path) -> None:
    settings = (
        "SET 'execution.checkpointing.interval' = '1 s';\n"
        "SET 'table.exec.state.ttl' = '1 d';\n"
        "SET 'state.checkpoints.dir' = 's3://a/b';\n"
    )
    with pytest.raises(ValueError, match="has no effect on the service") as caught:
        _problems(folder, settings + _GOOD)
    first, second = str(caught.value).splitlines()
    assert first.startswith("jobs/clicks/job.sql:1: SET 'execution.checkpointing.interval' has no")
    assert "Checkpointing(...)" in first
    assert second.startswith("jobs/clicks/job.sql:3: SET 'state.checkpoints.dir' has no effect")


def test_fails_when_a_name_stands_for_nothing(folder: Path) -> None:
    (problem,) = _problems(folder, _GOOD + "CREATE TABLE b (x INT)\n  WITH (${click});")
    assert problem == (
        "jobs/clicks/job.sql:5:9: ${click} stands for nothing: no source, sink or property group "
        "is called 'click'; known are: clicks, lake. Did you mean ${clicks}?"
    )


def test_fails_when_a_name_differs_in_case(folder: Path) -> None:
    (problem,) = _problems(folder, _GOOD + "CREATE TABLE b (x INT) WITH (${Clicks});")
    assert problem.endswith("Did you mean ${clicks}?")


def test_fails_when_the_group_of_a_key_is_unknown(folder: Path) -> None:
    script = _GOOD + "INSERT INTO lake SELECT ${limits.most};"
    (problem,) = _problems(folder, script)
    assert problem.startswith("jobs/clicks/job.sql:4:25: ${limits.most} stands for nothing")
    assert _problems(folder, script, groups={"limits"}) == []


def test_names_in_comments_and_strings_are_no_names(folder: Path) -> None:
    assert _problems(folder, _GOOD + "-- ${a}\nINSERT INTO lake SELECT '${b}' /* ${c} */;") == []


def test_fails_when_no_statement_writes_a_sink(folder: Path) -> None:
    script = _GOOD.replace("INSERT INTO lake", "CREATE TABLE own (x INT); INSERT INTO own")
    (problem,) = _problems(folder, script)
    assert problem == (
        "jobs/clicks/job.sql: sink 'lake' is bound and no statement writes it; written are: none. "
        "CREATE a table WITH (${lake}) and INSERT INTO it, or remove the sink."
    )


def test_fails_when_no_insert_reads_a_source(folder: Path) -> None:
    (problem,) = _problems(folder, _GOOD.replace("FROM clicks", "FROM (VALUES (1)) AS v (x)"))
    assert problem == (
        "jobs/clicks/job.sql: source 'clicks' is bound and no INSERT reads it; read are: none. "
        "CREATE a table WITH (${clicks}) and SELECT from it, or remove the source."
    )


def test_fails_when_only_a_view_that_nothing_reads_reads_a_source(folder: Path) -> None:
    script = _GOOD.replace("FROM clicks", "FROM (VALUES (1)) AS v (x)")
    (problem,) = _problems(folder, script + "CREATE VIEW idle AS SELECT x FROM clicks;")
    assert "no INSERT reads it" in problem


@pytest.mark.parametrize(
    "script",
    [
        # through views
        """CREATE TABLE c (x INT) WITH (${clicks}); CREATE TABLE l (x INT) WITH (${lake});
        CREATE VIEW a AS SELECT x FROM c; CREATE TEMPORARY VIEW b AS SELECT x FROM a;
        INSERT INTO l SELECT x FROM b;""",
        # quoted, qualified, and two tables on one name
        """CREATE TABLE `the clicks` (x INT) WITH (${clicks});
        CREATE TABLE l (x INT) WITH (${lake}, 'path' = 'a');
        CREATE TABLE m (x INT) WITH (${lake}, 'path' = 'b');
        INSERT INTO default_catalog.default_database.m SELECT x FROM `the clicks`;""",
        # options taken from another table
        """CREATE TABLE c (x INT) WITH (${clicks}); CREATE TABLE base (x INT) WITH (${lake});
        CREATE TABLE l WITH ('path' = 'a') LIKE base; INSERT INTO l SELECT x FROM c;""",
        # in a statement set
        """CREATE TABLE c (x INT) WITH (${clicks}); CREATE TABLE l (x INT) WITH (${lake});
        EXECUTE STATEMENT SET BEGIN INSERT INTO l SELECT x FROM c; END;""",
        # a catalog: which tables are in it can't be told from the script
        """CREATE TABLE c (x INT) WITH (${clicks}); CREATE CATALOG i WITH (${lake});
        INSERT INTO i.d.t SELECT x FROM c;""",
    ],
)
def test_names_are_found_whatever_way_they_are_used(folder: Path, script: str) -> None:
    assert _problems(folder, script) == []


def test_a_table_that_is_only_written_is_not_read(folder: Path) -> None:
    script = "CREATE TABLE c (x INT) WITH (${clicks}, ${lake}); INSERT INTO c SELECT 1;"
    assert ["source 'clicks'" in problem for problem in _problems(folder, script)] == [True]
    assert _problems(folder, script.replace("SELECT 1", "SELECT x FROM c")) == []
