"""Jobs in Python, Java and Scala, packaged by the library and run on a real Flink.

Folders stand in for the stream and the bucket: what is packaged for them is the same.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from cdk_managed_flink import FlinkCode
from tests.jobs.clusters import Clusters, wait_for_rows
from tests.jobs.packaged import Package, files, package, running

pytestmark = pytest.mark.flink

_JOBS = Path(__file__).parent


def _write(folder: Path, events: list[dict[str, object]]) -> Path:
    folder.mkdir()
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (folder / "events.json").write_text(lines, encoding="utf-8")
    return folder


def test_a_python_job_with_a_pure_and_a_native_wheel_and_a_udf_runs(
    clusters: Clusters, tmp_path: Path
) -> None:
    groups = {"job": {"run": "first"}}
    packaged = package(
        FlinkCode.from_python(_JOBS / "python_job"),
        tmp_path,
        source="orders",
        sink="cleaned",
        groups=groups,
    )
    names = {path.relative_to(packaged.code).as_posix() for path in packaged.code.rglob("*")}
    assert packaged.run_options == {
        "python": "job/main.py",
        "pyFiles": "job/",
        "jarfile": "lib/connectors.jar",
    }
    assert any(n.startswith("job/rapidfuzz/") and n.endswith("linux-gnu.so") for n in names)
    assert {"job/text_unidecode/__init__.py", "job/matching/cities.txt"} <= names
    assert not any(n.startswith(("job/pyflink", "job/numpy")) for n in names)

    cities = ["Duesseldorf", "koln", "  MUNCHEN", "Zuerich", "Timbuktu", None]
    orders = _write(tmp_path / "orders", [{"id": i, "city": c} for i, c in enumerate(cities)])
    tables = {
        "orders": files(orders, "json"),
        "cleaned": files(tmp_path / "cleaned", "json-lines"),
        **groups,
    }
    with running(clusters, packaged, tables, tmp_path) as job:
        found = wait_for_rows(job, tmp_path / "cleaned", len(cities))
    assert sorted(found, key=lambda row: str(row["id"])) == [
        {"id": 0, "city": "Düsseldorf", "run": "first"},
        {"id": 1, "city": "Köln", "run": "first"},
        {"id": 2, "city": "München", "run": "first"},
        {"id": 3, "city": "Zürich", "run": "first"},
        {"id": 4, "city": None, "run": "first"},
        {"id": 5, "city": None, "run": "first"},
    ]


@pytest.mark.parametrize("language", ["java", "scala"])
def test_a_job_built_by_maven_runs(clusters: Clusters, tmp_path: Path, language: str) -> None:
    groups = {"limits": {"celsius": "30"}}
    packaged = package(
        FlinkCode.from_maven(_JOBS / f"{language}_job", check_connectors=language == "java"),
        tmp_path,
        source="readings",
        sink="alerts",
        groups=groups,
    )
    assert packaged.run_options == {}
    _holds_what_it_should(packaged, language)

    readings = _write(
        tmp_path / "readings",
        [{"sensor": s, "fahrenheit": f} for s, f in (("a", 50.0), ("b", 95.0), ("c", 212.0))],
    )
    tables = {
        "readings": files(readings, "json"),
        # The library's own format: packaged with a job of Maven's as well.
        "alerts": files(tmp_path / "alerts", "json-lines"),
        **groups,
    }
    with running(clusters, packaged, tables, tmp_path) as job:
        found = wait_for_rows(job, tmp_path / "alerts", 2)
    assert sorted(found, key=lambda row: str(row["sensor"])) == [
        {"sensor": "b", "celsius": 35.0},
        {"sensor": "c", "celsius": 100.0},
    ]


def _holds_what_it_should(packaged: Package, language: str) -> None:
    with zipfile.ZipFile(packaged.file) as jar:
        names = jar.namelist()
        factories = jar.read("META-INF/services/org.apache.flink.table.factories.Factory").decode()
    assert len(names) == len(set(names))
    assert "managedflink/example/Alerts.class" in names
    assert "managedflink.formats.JsonLinesFormatFactory" in factories
    assert ("KinesisDynamicTableFactory" in factories) == (language == "java")
