"""One environment and one application for all scenarios, as long as none fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from managed_flink_local import deployment, environment
from tests import environments
from tests.groups import at_the_end
from tests.local.lifecycle.stage import Stage

_LINES = pytest.StashKey[list[str]]()


class Stages:
    """The stage that is open; what a failed scenario left is never played on."""

    def __init__(self, folder: Callable[[str], Path]) -> None:
        self._folder = folder
        self._open: Stage | None = None

    def healthy(self) -> Stage:
        """A stage with a version that runs."""
        if self._open is not None and not self._open.runs():
            self.close()
        if self._open is None:
            started = environments.start("tests-lifecycle")
            self._open = Stage(started, self._folder("assemblies"))
            deployment.bootstrap(started)
            self._open.open()
        return self._open

    def close(self) -> None:
        """Stop its environment; the next one is new."""
        if self._open is not None:
            environment.stop(self._open.environment.state)
        self._open = None


@pytest.fixture(scope="session")
def stages(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    made = Stages(tmp_path_factory.mktemp)
    at_the_end(pytestconfig, made.close)
    yield made
    made.close()


@pytest.fixture
def stage(
    stages: Stages, request: pytest.FixtureRequest, failed: Callable[[], bool]
) -> Iterator[Stage]:
    """A stage with a version that runs; what the scenario counted is told at the end."""
    opened = stages.healthy()
    began, sent = time.monotonic(), len(opened.sender.sent)
    yield opened
    counts = opened.counts
    request.config.stash.setdefault(_LINES, []).append(
        f"{time.monotonic() - began:5.0f} s  sent {counts.sent - sent:4}, in all {counts.sent:5}, "
        f"found {counts.found:5}, lost {counts.lost}, twice {counts.twice:4} of "
        f"{counts.apart:4} apart  {request.node.name}"
    )
    if failed():
        stages.close()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(_LINES, []):
        terminalreporter.write_line(line)
