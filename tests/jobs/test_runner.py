"""The runner and the one jar on a real Flink."""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.packaging import own_formats
from cdk_managed_flink.code.packaging.jar_cache import jar_of
from cdk_managed_flink.code.packaging.pom import pom
from cdk_managed_flink.code.sql.job import SqlJob
from cdk_managed_flink.connectors.connectors import connector_for, release_line

pytestmark = pytest.mark.flink

_ROOT = Path(__file__).parents[2]
_SCRIPT = """\
-- ${nothing} of this; 'matters
SET 'execution.runtime-mode' = 'batch';
SET 'table.local-time-zone' = 'Asia/Tokyo';
/* ${nor} this; */
CREATE TABLE numbers (n INT) WITH (${numbers});
CREATE TABLE few (n INT, remark STRING, hours STRING) WITH (${few});
CREATE TABLE many (n INT, twice INT) WITH (${many});
CREATE TABLE shown (n INT) WITH ('connector' = 'print');
CREATE TEMPORARY VIEW doubled AS SELECT n, n * 2 AS twice FROM numbers; // not ${this}; either
INSERT INTO few
SELECT n, 'a;b ''${x}'' -- /* c', DATE_FORMAT(TO_TIMESTAMP_LTZ(0, 3), 'yyyy-MM-dd HH')
FROM doubled WHERE n <= ${limits.few};
EXECUTE STATEMENT SET BEGIN
  INSERT INTO many /*+ OPTIONS('format' = 'json') */
  SELECT n, twice FROM doubled WHERE n > 3; -- ${no}
  INSERT INTO shown SELECT n FROM numbers WHERE n = 4
; END;
"""
# As main.py, but waits: the process is the whole cluster.
_RUN = """\
from managed_flink_job.runner import packaged
result = packaged().submit()
print("job", result.get_job_client().get_job_id())
result.wait()
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter that has PyFlink of the service's version."""
    default = _ROOT / ".local" / "flink-1.20" / "bin" / "python"
    python = Path(os.environ.get("FLINK_1_20_PYTHON", default))
    assert python.exists(), f"{python} does not exist: `make test` makes it"
    return python


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """What the zip of ``_SCRIPT`` unpacks to."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "job.sql").write_text(_SCRIPT, encoding="utf-8")
    return _unpacked(folder, tmp_path / "package")


def test_several_inserts_run_as_one_job_with_the_scripts_settings(
    python: Path, package: Path, tmp_path: Path
) -> None:
    """Strings and comments keep their semicolons and placeholders, on Flink's own parser."""
    output = _run(
        [python, "-W", "ignore", "-c", _RUN],
        package,
        {
            "numbers": {
                "connector": "datagen",
                "fields.n.kind": "sequence",
                "fields.n.start": "1",
                "fields.n.end": "5",
            },
            "few": {"connector": "filesystem", "path": "nowhere", "format": "json"},
            "many": {"connector": "filesystem", "path": str(tmp_path / "many"), "format": "json"},
            "limits": {"few": "2"},
        },
        options={"datagen": {"number-of-rows": "5"}},
    )
    assert output.returncode == 0, output.stdout + output.stderr
    assert len(re.findall("^job [0-9a-f]{32}$", output.stdout, re.MULTILINE)) == 1
    assert "job.sql:10: INSERT INTO few" in output.stdout
    assert _rows(package / "nowhere") == [
        {"n": n, "remark": "a;b '${x}' -- /* c", "hours": "1970-01-01 09"} for n in (1, 2)
    ]
    assert _rows(tmp_path / "many") == [{"n": 4, "twice": 8}, {"n": 5, "twice": 10}]
    assert "+I[4]" in output.stdout


def test_fails_when_flink_refuses_an_option_at_its_line_and_shows_no_secret(
    python: Path, package: Path
) -> None:
    """The entry itself, as the service starts it, without the run option pyFiles."""
    blackhole = {"connector": "blackhole"}
    output = _run(
        [python, "-W", "ignore", "main.py"],
        package,
        {
            "numbers": {"connector": "datagen", "user.password": "sesame-open"},
            "few": blackhole,
            "many": blackhole,
            "limits": {"few": "2"},
        },
        path="",
    )
    assert output.returncode != 0
    told = output.stderr.splitlines()
    assert any("JobError: job.sql:" in line for line in told), output.stderr
    assert "user.password" in output.stderr
    assert "sesame-open" not in output.stderr + output.stdout


def test_the_one_jar_serves_the_plan_of_a_kinesis_and_dynamodb_job(
    python: Path, tmp_path: Path
) -> None:
    """Also what ``make explain`` does: no AWS, nothing runs."""
    connectors = [connector_for(name, Runtime.FLINK_1_20) for name in ("kinesis", "dynamodb")]
    jar = jar_of(pom(connectors, release_line(Runtime.FLINK_1_20)), own_formats.sources())
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "job.sql").write_text(
        "CREATE TABLE clicks (id STRING, n INT) WITH (${clicks});\n"
        "CREATE TABLE again (id STRING, n INT) WITH (${clicks});\n"
        "CREATE TABLE sums (id STRING, n INT) PARTITIONED BY (id) WITH (${sums});\n"
        "INSERT INTO sums SELECT id, n FROM clicks WHERE id <> 'sesame-open';\n"
        "INSERT INTO again SELECT id, n FROM clicks;\n",
        encoding="utf-8",
    )
    package = _unpacked(folder, tmp_path / "package")
    aws = {"aws.region": "us-east-1", "aws.credentials.basic.secretkey": "sesame-open"}
    groups = {
        "clicks": {"connector": "kinesis", "stream": "clicks", "format": "json", **aws},
        "sums": {"connector": "dynamodb", "table-name": "sums", **aws},
    }
    command: list[str | Path] = [python, "-W", "ignore", "-m", "managed_flink_job"]
    command += ["--sql", folder / "job.sql", "--groups", package / "groups.json", "--jar", jar]
    output = _run(command, package, groups)
    assert output.returncode == 0, output.stderr
    assert "Sink(table=[default_catalog.default_database.sums]" in output.stdout
    assert "Sink(table=[default_catalog.default_database.again]" in output.stdout
    assert "TableSourceScan(table=[[default_catalog, default_database, clicks" in output.stdout
    assert "sesame-open" not in output.stdout + output.stderr


def _unpacked(folder: Path, package: Path) -> Path:
    for name, content in SqlJob(folder).files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_bytes(content)
    return package


def _run(
    command: Sequence[str | Path],
    package: Path,
    groups: Mapping[str, Mapping[str, str]],
    *,
    options: Mapping[str, Mapping[str, str]] | None = None,
    path: str = "job",
) -> subprocess.CompletedProcess[str]:
    listed = [{"PropertyGroupId": name, "PropertyMap": group} for name, group in groups.items()]
    (package / "groups.json").write_text(json.dumps(listed), encoding="utf-8")
    return subprocess.run(
        command,
        cwd=package,
        env={
            **os.environ,
            "PYTHONPATH": path and str(package / path),
            "MANAGED_FLINK_PROPERTIES_FILE": str(package / "groups.json"),
            "MANAGED_FLINK_CONNECTOR_OPTIONS": json.dumps(options or {}),
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def _rows(folder: Path) -> list[dict[str, object]]:
    lines = [
        line
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith((".", "_"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return sorted((json.loads(line) for line in lines), key=lambda row: row["n"])
