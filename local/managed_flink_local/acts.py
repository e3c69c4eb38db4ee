"""The three acts of the demo, each a function that returns what it saw."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.sensors import versions
from jobs.sensors.events import batches

from . import toolchain
from .deployment import DeployFailedError
from .gap import StatusWatch, measured
from .results import SinkReader, wait_until_equal
from .sender import Account, Sender, SteadySender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobs.sensors.comparison import Comparison

    from .gap import Gap
    from .pipeline import Pipeline
    from .rollout import Rollout

RESULT_SECONDS = 90.0
RECORDS_PER_SECOND = 12.0
STATUS_SECONDS = 0.25
RUNNING_SECONDS = 90.0
SICK_EXCEPTION = "NumberFormatException"
VERSION_2 = "2"


@dataclass(frozen=True, kw_only=True)
class Act:
    """What an act saw: each sink against its expectation, and whatever else was wrong."""

    title: str
    sent: int
    comparisons: list[Comparison]
    seconds: float
    problems: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every count is equal and nothing else was wrong."""
        return not self.problems and all(comparison.equal for comparison in self.comparisons)


@dataclass(frozen=True, kw_only=True)
class NewVersion(Act):
    """The second act: what the new version started from, and the gap."""

    snapshot: str
    gap: Gap | None


@dataclass(frozen=True, kw_only=True)
class SickVersion(Act):
    """The third act: how the deploy failed, and what runs since."""

    error: str
    stack_status: str
    snapshot: str


class Performance:
    """Plays the acts in order on one environment; each counts over everything sent so far."""

    def __init__(self, rollout: Rollout) -> None:
        self._rollout = rollout
        self._progress = rollout.progress
        self._batches = batches()
        self._account = Account(rollout.environment.state / "sent")
        self._sql = (toolchain.ROOT / "jobs" / "sensors" / "job.sql").read_text(encoding="utf-8")
        self.pipeline: Pipeline | None = None

    def first_deploy(self) -> Act:
        """Deploy, send a batch, count."""
        started = time.monotonic()
        pipeline = self.pipeline = self._rollout.deploy("deploying the first version")
        sender, reader = self._open(pipeline)
        self._send(sender, "first")
        return Act(
            title="first deploy",
            sent=len(self._account.payloads),
            comparisons=self._count(reader),
            seconds=time.monotonic() - started,
        )

    def new_version(self) -> NewVersion:
        """Deploy a changed job while records flow; it goes on from its state."""
        started = time.monotonic()
        pipeline = self._deployed()
        sender, reader = self._open(pipeline)
        self._send(sender, "before_redeploy")
        jobs = self._jobs("jobs-2", versions.version_2)
        watch = StatusWatch(pipeline)
        flow = SteadySender(sender, self._batches["during_redeploy"], RECORDS_PER_SECOND)
        try:
            pipeline = self.pipeline = self._rollout.deploy(
                "deploying version 2 while records flow", jobs
            )
            flow.finish()
        finally:
            flow.stop()
            watch.stop()
        self._send(sender, "after_redeploy")
        comparisons = self._count(reader)
        gap = measured(watch, reader, VERSION_2)
        problems = []
        if gap is None:
            problems.append("the lake has no row of version 2, or the application never stopped")
        if not pipeline.restored_from:
            problems.append("version 2 was not started from a snapshot")
        return NewVersion(
            title="a new version while records flow",
            sent=len(self._account.payloads),
            comparisons=comparisons,
            seconds=time.monotonic() - started,
            problems=problems,
            snapshot=pipeline.restored_from,
            gap=gap,
        )

    def sick_version(self) -> SickVersion:
        """Deploy a job that throws on its first record: refused, rolled back, nothing lost."""
        started = time.monotonic()
        pipeline = self._deployed()
        sender, reader = self._open(pipeline)
        self._send(sender, "before_sick")
        jobs = self._jobs("jobs-sick", lambda sql: versions.sick(versions.version_2(sql)))
        flow = SteadySender(sender, self._batches["during_sick"], RECORDS_PER_SECOND)
        error = ""
        try:
            self._rollout.deploy("deploying a sick version", jobs, must_fail=True)
        except DeployFailedError as failure:
            error = failure.reason
        finally:
            flow.stop()
        flow.finish()
        self._send(sender, "after_sick")
        problems = self._problems_after_rollback(pipeline, error)
        return SickVersion(
            title="a sick version",
            sent=len(self._account.payloads),
            comparisons=self._count(reader),
            seconds=time.monotonic() - started,
            problems=problems,
            error=error,
            stack_status=pipeline.stack_status(),
            snapshot=pipeline.started_from(),
        )

    def _problems_after_rollback(self, pipeline: Pipeline, error: str) -> list[str]:
        problems = []
        if not error:
            problems.append("the deploy of the sick version did not fail")
        elif SICK_EXCEPTION not in error:
            problems.append(f"CloudFormation's error does not show the job's {SICK_EXCEPTION}")
        if (status := pipeline.stack_status()) != "UPDATE_ROLLBACK_COMPLETE":
            problems.append(f"the stack is {status}, not UPDATE_ROLLBACK_COMPLETE")
        if (status := _await_running(pipeline)) != "RUNNING":
            problems.append(f"the old version is {status}, not RUNNING")
        if not pipeline.started_from():
            problems.append("the old version was not started from a snapshot")
        return problems

    def _deployed(self) -> Pipeline:
        if self.pipeline is None:
            raise RuntimeError("the first act comes first")
        return self.pipeline

    def _open(self, pipeline: Pipeline) -> tuple[Sender, SinkReader]:
        sender = Sender(pipeline.environment, pipeline.stream, self._account)
        return sender, SinkReader(pipeline)

    def _send(self, sender: Sender, batch: str) -> None:
        records = self._batches[batch]
        with self._progress.phase("sending records", "Kinesis") as phase:
            sender.send(records)
            phase.says(f"{len(records)} records")

    def _count(self, reader: SinkReader) -> list[Comparison]:
        with self._progress.phase("counting what came out", "the sinks") as phase:
            return wait_until_equal(reader, self._account.payloads, phase, RESULT_SECONDS)

    def _jobs(self, name: str, edit: Callable[[str], str]) -> Path:
        """Return a copy of the jobs with an edit; the project's own files stay as they are."""
        copy = self._rollout.environment.state / name
        shutil.rmtree(copy, ignore_errors=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(toolchain.ROOT / "jobs", copy, ignore=ignored)
        (copy / "sensors" / "job.sql").write_text(edit(self._sql), encoding="utf-8")
        return copy


def _await_running(pipeline: Pipeline) -> str:
    deadline = time.monotonic() + RUNNING_SECONDS
    while (status := pipeline.status()) != "RUNNING" and time.monotonic() < deadline:
        time.sleep(STATUS_SECONDS)
    return status
