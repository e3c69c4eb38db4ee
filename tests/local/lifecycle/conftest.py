"""One environment and one application for all scenarios: each leaves a version that runs."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from managed_flink_local import deployment, environment
from managed_flink_local.environment import Environment
from tests.local.lifecycle.stage import Stage

NAME = "lifecycle-tests"
_LINES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def lifecycle_environment() -> Iterator[Environment]:
    started = environment.start(NAME, outlive=False)
    try:
        deployment.bootstrap(started)
        yield started
    finally:
        environment.stop(started.state)


@pytest.fixture(scope="session")
def opened(lifecycle_environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    stage = Stage(lifecycle_environment, tmp_path_factory.mktemp("assemblies"))
    stage.open()
    return stage


@pytest.fixture
def stage(opened: Stage, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The stage with a version that runs; what the scenario counted is told at the end."""
    opened.formation.settled(time.time())
    status = opened.pipeline.status()
    assert status == "RUNNING", f"the scenario before left the application {status}"
    began, sent = time.monotonic(), len(opened.sender.sent)
    yield opened
    counts = opened.counts
    request.config.stash.setdefault(_LINES, []).append(
        f"{time.monotonic() - began:5.0f} s  sent {counts.sent - sent:4}, in all {counts.sent:5}, "
        f"found {counts.found:5}, lost {counts.lost}, twice {counts.twice:4} of "
        f"{counts.apart:4} apart  {request.node.name}"
    )


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(_LINES, []):
        terminalreporter.write_line(line)
