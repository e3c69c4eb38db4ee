"""The set-up: pinned, hashed, from no particular place, once for a state of its files."""

from __future__ import annotations

import io
import json
import re
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from managed_flink_local import environment, processes, toolchain
from managed_flink_local import part as part_module
from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.failure import LocalError
from managed_flink_local.part import Part, make_all
from managed_flink_local.progress import Progress

ROOT = Path(__file__).parents[2]
PINS = [
    "requirements.txt",
    "local/requirements-uv.txt",
    "local/requirements-emulator.txt",
    "local/requirements-flink-1.20.txt",
    "local/requirements-flink-2.2.txt",
]


@pytest.mark.parametrize("name", PINS)
def test_every_pin_is_exact_and_hashed(name: str) -> None:
    text = (ROOT / name).read_text()
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9.\-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("name", PINS)
def test_pins_name_no_index_and_no_path(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^(-|#)", text, re.MULTILINE)


def test_pins_are_those_of_the_project_s_own_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = dict(re.findall(r"^(\S+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.M))
    for wanted in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name, _, version = wanted.partition("==")
        name = re.split(r"[<>=~]", name)[0].lower().replace("_", "-")
        assert name in pinned, f"{name}: make pins"
        assert not version or pinned[name] == version, f"{name}: make pins"


def test_node_packages_are_exact_and_have_no_download_address() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert lock[""]["devDependencies"] == package["devDependencies"]
    for name, version in package["devDependencies"].items():
        assert lock[f"node_modules/{name}"]["version"] == version
    for name, entry in lock.items():
        assert "resolved" not in entry
        assert name == "" or "integrity" in entry


@pytest.mark.parametrize("flink", toolchain.FLINKS, ids=lambda flink: flink.version)
def test_a_flink_is_a_release_of_its_runtime_s_line(flink: toolchain.Flink) -> None:
    pins = (ROOT / "local" / f"requirements-flink-{flink.version}.txt").read_text()
    assert re.search(rf"^apache-flink=={re.escape(flink.version)}\.\d+ ", pins, re.MULTILINE)
    assert flink.s3.startswith(f"{flink.version}.")
    assert flink.runtime == f"FLINK-{flink.version.replace('.', '_')}"


def test_a_job_waits_for_no_part_that_only_another_one_needs() -> None:
    parts = {name: set(parts) for name, parts in toolchain.GROUPS.items()}
    kafka = {"flink-2.2", "s3-plugin-2.2", "kafka"}
    assert not kafka & parts["sensors"]
    assert parts["payments"] == parts["etl"] >= kafka
    assert not {"flink-1.20", "s3-plugin-1.20"} & parts["payments"]
    assert parts["all"] == {part.name for part in toolchain.PARTS}


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Part:
    monkeypatch.setattr(part_module, "STAMPS", tmp_path / "stamps")
    part_module.STAMPS.mkdir()
    source, result = tmp_path / "pins", tmp_path / "result"
    source.write_text("a==1")
    return Part(
        name="thing",
        source=source,
        result=result,
        fetch=lambda log: result.touch(),
        waits_for="nothing",
    )


def test_a_part_is_made_once_for_a_state_of_its_pins(part: Part) -> None:
    assert not part.ready()
    part.make()
    assert part.ready()
    assert part.source
    part.source.write_text("a==2")
    assert not part.ready()


def test_a_part_that_was_removed_is_made_again(part: Part) -> None:
    part.make()
    part.result.unlink()
    assert not part.ready()


def test_a_part_whose_fetching_failed_is_not_ready(part: Part, tmp_path: Path) -> None:
    def fail(log: Path) -> None:
        part.result.touch()
        raise LocalError("thing", "no network", log)

    broken = Part(
        name="thing", source=part.source, result=part.result, fetch=fail, waits_for="nothing"
    )
    part.make()
    assert part.source
    part.source.write_text("a==2")
    with pytest.raises(LocalError):
        broken.make()
    assert not broken.ready()


def test_a_part_waits_for_the_one_it_builds_on(part: Part) -> None:
    made: list[str] = []
    go = threading.Event()

    def first(log: Path) -> None:
        assert go.wait(5)
        made.append("first")

    base = Part(name="base", source=None, result=part.result, fetch=first, waits_for="")
    upon = Part(
        name="upon",
        source=None,
        result=part.result,
        fetch=lambda log: made.append("second"),
        after="base",
        waits_for="",
    )
    with ThreadPoolExecutor(1) as pool:
        whole = pool.submit(make_all, [base, upon], Progress(io.StringIO()))
        go.set()
        whole.result(5)
    assert made == ["first", "second"]


def test_fails_when_no_emulator_answers_on_several_ports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "RUNS", tmp_path)
    started: list[int] = []

    def launch(config: EmulatorConfig, log: Path) -> object:
        started.append(config.port)
        return object()

    monkeypatch.setattr(environment, "_launch", launch)
    monkeypatch.setattr(environment, "_answers_in_time", lambda process, config: False)
    monkeypatch.setattr(processes, "end", lambda process: None)
    with pytest.raises(LocalError, match="starting the emulator"):
        environment.start("x", outlive=False)
    assert len(started) == environment.ATTEMPTS


def test_the_process_environment_reaches_nothing_but_this_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    here = environment.Environment(
        state=tmp_path,
        endpoint="https://127.0.0.1:1",
        region="us-east-1",
        account="000000000000",
        ca_bundle="/ca.pem",
        pid=1,
        applications=tmp_path,
        logs=tmp_path,
    )
    variables = here.variables()
    assert "AWS_PROFILE" not in variables
    assert "AWS_SESSION_TOKEN" not in variables
    assert variables["AWS_ENDPOINT_URL"] == "https://127.0.0.1:1"
    assert variables["NODE_EXTRA_CA_CERTS"] == variables["AWS_CA_BUNDLE"] == "/ca.pem"
    assert variables[processes.MARK] == str(tmp_path)
