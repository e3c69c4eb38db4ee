"""What the doctor says about machines that lack something, in a line each."""

from __future__ import annotations

import ast
import os
import platform
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from managed_flink_local import doctor, flink_python
from managed_flink_local.probe import Finding, Probe, version_in

ROOT = Path(__file__).parents[2]
Find = Callable[[Probe], Finding]
BARE = ("__init__", "doctor", "flink_python", "probe")


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    return Probe(tmp_path / "tools.json")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def tool(folder: Path, name: str, says: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.mark.parametrize("module", BARE)
def test_runs_on_an_old_python(module: str) -> None:
    source = (ROOT / "local" / "managed_flink_local" / f"{module}.py").read_text()
    ast.parse(source, feature_version=(3, 8))


def test_needs_nothing_that_is_not_in_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "managed_flink_local.doctor", "--quick"],
        cwd=ROOT / "local",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v20.20.2", (20, 20, 2)),
        ('openjdk version "17.0.15" 2025-04-15', (17, 0, 15)),
        ('openjdk version "21" 2023-09-19', (21,)),
        ("Apache Maven 3.8.7", (3, 8, 7)),
        ("no such thing", None),
    ],
)
def test_reads_versions(text: str, version: tuple[int, ...] | None) -> None:
    assert version_in(text) == version


@pytest.mark.parametrize(
    ("name", "says", "find", "found"),
    [
        ("node", "v18.19.0", doctor.find_node, "18.19.0"),
        ("java", 'openjdk version "11.0.2"', doctor.find_java, "11.0.2"),
        ("java", 'openjdk version "25.0.1"', doctor.find_java, "25.0.1"),
        ("mvn", "Apache Maven 3.6.3", doctor.find_maven, "3.6.3"),
        ("other", "", doctor.find_node, "none"),
        ("other", "", doctor.find_java, "none"),
        ("other", "", doctor.find_maven, "none"),
    ],
)
def test_fails_when_a_tool_is_missing_or_old(
    tools: Path, probe: Probe, name: str, says: str, find: Find, found: str
) -> None:
    tool(tools, name, says)
    finding = find(probe)
    assert not finding.ok
    line = finding.line()
    assert f"found {found}" in line
    assert "needs" in line
    assert "get it: " in line
    assert "\n" not in line


def test_node_20_is_one_line_that_recommends_22(tools: Path, probe: Probe) -> None:
    tool(tools, "node", "v20.1.0")
    tool(tools, "npm", "10.1.0")
    finding = doctor.find_node(probe)
    assert finding.ok
    assert "22 is recommended" in finding.line()


def test_java_home_comes_before_the_path(
    tools: Path, probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tools, "java", 'openjdk version "11.0.2"')
    (tmp_path / "home" / "bin").mkdir(parents=True)
    tool(tmp_path / "home" / "bin", "java", 'openjdk version "17.0.2"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert doctor.find_java(probe).ok


def test_asks_a_tool_again_only_when_its_file_changed(tools: Path, tmp_path: Path) -> None:
    maven = tool(tools, "mvn", "Apache Maven 3.8.7")
    remembered = tmp_path / "tools.json"
    first = Probe(remembered)
    assert doctor.find_maven(first).ok
    first.remember()
    times = maven.stat()
    maven.write_text(maven.read_text().replace("3.8.7", "9.9.9"))
    os.utime(maven, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert Probe(remembered).version(str(maven), "--version") == (3, 8, 7)
    tool(tools, "mvn", "Apache Maven 3.9.12")
    assert Probe(remembered).version(str(maven), "--version") == (3, 9, 12)


class TestFlinkPython:
    """PyFlink has no wheels for some machines, and 1.20 none above Python 3.11."""

    def on(self, monkeypatch: pytest.MonkeyPatch, system: str, machine: str) -> None:
        monkeypatch.setattr(sys, "platform", system)
        monkeypatch.setattr(platform, "machine", lambda: machine)

    def test_apple_silicon_without_rosetta(
        self, probe: Probe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.on(monkeypatch, "darwin", "arm64")
        monkeypatch.setattr(flink_python, "output_of", lambda command: "")
        finding = flink_python.find_flink_python(probe)
        assert not finding.ok
        assert "softwareupdate --install-rosetta" in finding.line()
        assert "cpython-3.11-macos-x86_64" in finding.line()

    def test_apple_silicon_takes_the_intel_build(
        self, probe: Probe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.on(monkeypatch, "darwin", "arm64")
        monkeypatch.setattr(flink_python, "output_of", lambda command: "yes")
        assert flink_python.find_flink_python(probe).ok
        assert flink_python.request() == "cpython-3.11-macos-x86_64-none"

    def test_linux_arm_needs_a_compiler(
        self, probe: Probe, monkeypatch: pytest.MonkeyPatch, tools: Path
    ) -> None:
        self.on(monkeypatch, "linux", "aarch64")
        finding = flink_python.find_flink_python(probe)
        assert not finding.ok
        assert "gcc" in finding.line()
        assert "3.11" in finding.line()

    def test_python_3_12_alone_is_no_obstacle(
        self, probe: Probe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.on(monkeypatch, "linux", "x86_64")
        monkeypatch.setattr(flink_python, "_python_311", lambda probe: None)
        finding = flink_python.find_flink_python(probe)
        assert finding.ok
        assert "uv python install 3.11" in finding.line()


def test_a_finding_is_one_line() -> None:
    line = Finding("Java", "none", "17", "apt-get install it").line()
    assert line == "Java: found none; needs 17; get it: apt-get install it"
