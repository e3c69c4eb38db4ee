"""The acts of a demo, each a function that returns what it saw."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import scenario as scenarios
from .account import Account
from .deployment import DeployFailedError
from .gap import StatusWatch, measured
from .results import SinkReader, wait_until_equal
from .sender import Sender, SteadySender, channel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .comparison import Comparison
    from .environment import Environment
    from .gap import Gap
    from .pipeline import Pipeline
    from .rollout import Rollout
    from .scenario import Edit, Record, Scenario

RESULT_SECONDS = 90.0
RECORDS_PER_SECOND = 12.0
STATUS_SECONDS = 0.25
RUNNING_SECONDS = 90.0
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


class DemoRun:
    """Plays the acts in order on one environment; each counts over everything sent so far."""

    def __init__(self, rollout: Rollout) -> None:
        self._rollout = rollout
        self._progress = rollout.progress
        self.scenario = scenarios.load(rollout.job)
        self._batches = self.scenario.batches()
        self._account = account(rollout.environment, rollout.job)
        self.pipeline: Pipeline | None = None

    @property
    def sent(self) -> list[Record]:
        """Everything that was sent so far."""
        return self._account.records

    @property
    def acts(self) -> dict[str, Callable[[], Act]]:
        """What there is to play with this job, by its heading."""
        acts: dict[str, Callable[[], Act]] = {
            "the first deploy, and what comes out of each sink": self.first_deploy,
            "a new version is deployed while records flow": self.new_version,
        }
        if self.scenario.sick:
            heading = "a sick version is deployed while records flow: "
            acts[f"{heading}refused, rolled back, nothing lost"] = self.sick_version
        return acts

    def first_deploy(self) -> Act:
        """Deploy, send a batch, count."""
        started = time.monotonic()
        pipeline = self.pipeline = self._rollout.deploy("deploying the first version")
        sender, reader = self._open(pipeline)
        self._send(sender, "first")
        return Act(
            title="first deploy",
            sent=len(self.sent),
            comparisons=self._count(reader),
            seconds=time.monotonic() - started,
        )

    def new_version(self) -> NewVersion:
        """Deploy a changed job while records flow; it goes on from its state."""
        started = time.monotonic()
        pipeline = self._deployed()
        sender, reader = self._open(pipeline)
        self._send(sender, "before_redeploy")
        jobs = self._jobs("2", self.scenario.version_2)
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
            sent=len(self.sent),
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
        version_2, sick = self.scenario.version_2, self.scenario.sick
        if sick is None:
            raise RuntimeError(f"{self.scenario.job} has no sick version")
        jobs = self._jobs("sick", lambda text: sick(version_2(text)))
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
            sent=len(self.sent),
            comparisons=self._count(reader),
            seconds=time.monotonic() - started,
            problems=problems,
            error=error,
            stack_status=pipeline.stack_status(),
            snapshot=pipeline.started_from(),
        )

    def more(self, count: int, meanwhile: Callable[[], None]) -> list[Comparison]:
        """Send so many records beyond the acts', while something happens, and count."""
        pipeline = self._deployed()
        sender, reader = self._open(pipeline)
        already = len(self.sent)
        records = self.scenario.stream(already + count)[already:]
        flow = SteadySender(sender, records, RECORDS_PER_SECOND * 5)
        try:
            meanwhile()
        finally:
            flow.stop()
        flow.finish()
        return self._count(reader)

    def _problems_after_rollback(self, pipeline: Pipeline, error: str) -> list[str]:
        problems = []
        if not error:
            problems.append("the deploy of the sick version did not fail")
        elif (wanted := self.scenario.sick_exception) not in error:
            problems.append(f"CloudFormation's error does not show the job's {wanted}")
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
        sender = Sender(channel(pipeline, self.scenario.source), self._account)
        return sender, SinkReader(pipeline, self.scenario)

    def _send(self, sender: Sender, batch: str) -> None:
        records = self._batches[batch]
        with self._progress.phase("sending records", sender.channel.name) as phase:
            sender.send(records)
            phase.says(f"{len(records)} records")

    def _count(self, reader: SinkReader) -> list[Comparison]:
        with self._progress.phase("counting what came out", "the sinks") as phase:
            return wait_until_equal(reader, self.sent, phase, RESULT_SECONDS)

    def _jobs(self, name: str, edit: Edit) -> Path:
        copy = self._rollout.environment.state / f"jobs-{self.scenario.job}-{name}"
        return edited(self.scenario, copy, edit)


def account(environment: Environment, job: str) -> Account:
    """Return what was sent to a job in an environment."""
    return Account(environment.state / f"sent-{job}")


def edited(scenario: Scenario, copy: Path, edit: Edit) -> Path:
    """Return a copy of the jobs with an edit; the project's own files stay as they are."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(scenarios.JOBS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    script = copy / scenario.job / scenario.script
    script.write_text(edit(script.read_text(encoding="utf-8")), encoding="utf-8")
    return copy


def _await_running(pipeline: Pipeline) -> str:
    deadline = time.monotonic() + RUNNING_SECONDS
    while (status := pipeline.status()) != "RUNNING" and time.monotonic() < deadline:
        time.sleep(STATUS_SECONDS)
    return status
