"""Secrets that jobs in SQL and Python read when they start: real Flink, emulated service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_managed_flink import (
    Code,
    FlinkCode,
)
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.environment import Environment
from tests.jobs.clusters import Clusters, wait_for_rows
from tests.jobs.packaged import files, package, running

pytestmark = [pytest.mark.flink, pytest.mark.emulator]

_SQL = """\
CREATE TABLE numbers (n INT) WITH (${numbers});
CREATE TABLE few (n INT, word STRING) WITH (${few});
INSERT INTO few SELECT n, ${words.quoted} FROM numbers;
"""
_NUMBERS = {
    "connector": "datagen",
    "number-of-rows": "3",
    "fields.n.kind": "sequence",
    "fields.n.start": "1",
    "fields.n.end": "3",
}


@pytest.fixture(scope="module")
def secret(emulator: Environment) -> str:
    """The ARN of a secret whose word is sesame and whose folder is cave."""
    made = emulator.client("secretsmanager").create_secret(
        Name="words", SecretString=json.dumps({"word": "sesame", "folder": "cave"})
    )
    return str(made["ARN"])


def _sql_job(tmp_path: Path) -> Code:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "job.sql").write_text(_SQL, encoding="utf-8")
    return FlinkCode.from_sql(folder)


def test_a_sql_job_gets_whole_secrets_and_parts_of_values(
    clusters: Clusters, tmp_path: Path, secret: str
) -> None:
    groups = {"words": {"quoted": f"'open ${{secret:{secret}:word}}'"}}
    packaged = package(_sql_job(tmp_path), tmp_path, source="numbers", sink="few", groups=groups)
    few = files(tmp_path / "few", "json-lines")
    few["path"] += f"/${{secret:{secret}:folder}}"
    tables = {**groups, "numbers": _NUMBERS, "few": few}
    with running(clusters, packaged, tables, tmp_path) as job:
        found = wait_for_rows(job, tmp_path / "few" / "cave", 3)
        said = (job.cluster.logs / "client.out").read_text()
    assert sorted(found, key=str) == [{"n": n, "word": "open sesame"} for n in (1, 2, 3)]
    assert "sesame" not in said


def test_fails_when_a_secret_lacks_the_key_and_shows_none_of_it(
    clusters: Clusters, tmp_path: Path, secret: str
) -> None:
    groups = {"words": {"quoted": f"secret:{secret}:wrod"}}
    packaged = package(_sql_job(tmp_path), tmp_path, source="numbers", sink="few", groups=groups)
    tables = {**groups, "numbers": _NUMBERS, "few": files(tmp_path / "few", "json-lines")}
    with (
        pytest.raises(FlinkError, match="Could not execute application"),
        running(clusters, packaged, tables, tmp_path),
    ):
        pass
    said = clusters.said()
    assert "has no key 'wrod'; it has: folder, word" in said
    assert "property 'quoted' of group 'words'" in said
    assert "sesame" not in said


def test_a_python_job_gets_them_from_the_helper(
    clusters: Clusters, tmp_path: Path, secret: str
) -> None:
    groups = {"job": {"run": f"secret:{secret}:word"}}
    code = FlinkCode.from_python(Path(__file__).parent / "python_job")
    packaged = package(code, tmp_path, source="orders", sink="cleaned", groups=groups)
    orders = tmp_path / "orders"
    orders.mkdir()
    (orders / "one.json").write_text('{"id": 1, "city": "Koeln"}\n', encoding="utf-8")
    tables = {
        **groups,
        "orders": files(orders, "json"),
        "cleaned": files(tmp_path / "cleaned", "json-lines"),
    }
    with running(clusters, packaged, tables, tmp_path) as job:
        found = wait_for_rows(job, tmp_path / "cleaned", 1)
    assert found == [{"id": 1, "city": "Köln", "run": "sesame"}]
