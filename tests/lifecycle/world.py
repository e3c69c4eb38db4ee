"""Everything together: one account on one clock, with clients for whoever acts in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cdk_managed_flink.handlers.managed_flink_lifecycle import entry
from tests.lifecycle.application import Application, Configuration
from tests.lifecycle.clock import Clock
from tests.lifecycle.cloudformation import CloudFormationModel
from tests.lifecycle.faults import FaultPlan
from tests.lifecycle.jobs import Job, Run
from tests.lifecycle.observability import CloudWatch, Logs, Notifications
from tests.lifecycle.port import Call, Double, Port
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.running import StartAsked
from tests.lifecycle.service import FlinkModel
from tests.lifecycle.snapshots import Snapshot
from tests.lifecycle.transitions import Transitions

USER, CLOUDFORMATION = "user", "cloudformation"
# Who calls through the handlers: the two resources, the reconciler, an event sent once more.
PREPARE, PROVE, RECONCILER, REPLAY = "prepare", "prove", "reconciler", "replay"
HANDLERS = frozenset({PREPARE, PROVE, RECONCILER, REPLAY})


class Judge:
    """Holds opinions on what happens; this one has none."""

    def starts(self, application: Application, start: StartAsked) -> None: ...
    def runs(self, run: Run) -> None: ...
    def stops(self, run: Run, by: str, *, force: bool) -> None: ...
    def deletes(self, snapshot: Snapshot, by: str) -> None: ...
    def called(self, call: Call) -> None: ...
    def stack_turns(self, status: str) -> None: ...


class World:
    def __init__(self, quirks: Quirks | None = None, judge: Judge | None = None) -> None:
        self.quirks = quirks or Quirks()
        self.judge = judge or Judge()
        self.clock = Clock()
        self.flink = FlinkModel(self.clock, self, self.quirks)
        self.cloudwatch = CloudWatch(self.clock, self.quirks, lambda: self.flink.state.applications)
        self.logs = Logs(self.clock, self.quirks)
        self.cloudformation = CloudFormationModel(self.clock)
        self.sns = Notifications(self.clock)
        self.faults = FaultPlan()
        self.calls: list[Call] = []
        self.violations: list[str] = []

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def state(self) -> Transitions:
        return self.flink.state

    def ports(self, caller: str, *, faulty: bool) -> dict[str, Any]:
        doubles: dict[str, Double] = {
            "kinesisanalyticsv2": self.flink,
            "logs": self.logs,
            "cloudwatch": self.cloudwatch,
            "cloudformation": self.cloudformation,
            "sns": self.sns,
        }
        plan = self.faults if faulty else None
        return {
            "flink" if name == "kinesisanalyticsv2" else name: Port(
                name, double, self, caller, plan
            )
            for name, double in doubles.items()
        }

    def clients(self, caller: str = PROVE, *, faulty: bool = True) -> entry.Clients:
        return entry.Clients(**self.ports(caller, faulty=faulty))

    @property
    def user(self) -> Any:  # noqa: ANN401
        """The service in the hands of somebody at a console."""
        return Port("kinesisanalyticsv2", self.flink, self, USER)

    def create(self, name: str, configuration: Configuration, job: Job) -> Application:
        self.state.jobs[configuration.key] = job
        self.logs.create(name)
        return self.flink.create(name, configuration)

    def application(self, name: str) -> Application:
        return self.state.applications[name]

    def made(self, operation: str) -> list[Call]:
        """The calls of an operation that the handlers made and that were carried out."""
        return [
            call
            for call in self.calls
            if call.operation == operation and call.caller in HANDLERS and not call.refused
        ]

    # -- what the doubles tell --------------------------------------------------------------

    def record(self, call: Call) -> None:
        self.calls.append(call)
        self.judge.called(call)

    def illegal(self, what: str) -> None:
        self.violations.append(what)

    def starts(self, application: Application, start: StartAsked) -> None:
        self.judge.starts(application, start)

    def runs(self, run: Run) -> None:
        self.judge.runs(run)

    def stops(self, run: Run, by: str, *, force: bool) -> None:
        self.judge.stops(run, by, force=force)

    def deletes(self, snapshot: Snapshot, by: str) -> None:
        self.judge.deletes(snapshot, by)

    def job_failed(self, run: Run, attempt: int, *, at_start: bool) -> None:
        self.logs.job_failed(run, attempt, at_start=at_start)
