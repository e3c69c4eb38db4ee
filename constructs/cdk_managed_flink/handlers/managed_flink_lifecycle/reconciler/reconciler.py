"""The reconciler: it repairs what a deploy left behind, and keeps snapshots between deploys.

Invoked on a schedule and at the end of each operation on the stack, it looks at the application and
takes one step. It does nothing during a deploy, never starts empty, and starts only a version that
was proved before. What it cannot repair it reports to a person.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..aws.calls import Client, ServiceError, TransientError
from ..aws.job_log import JobLog
from ..aws.service import FlinkService
from ..aws.stack import OwnStack
from ..aws.step_log import StepLog
from ..contract import DesiredState, ReconcileEvent
from ..steps import history, lineage, start_failure
from ..values.application import FORCEABLE, RUNNING, Application, Operation
from ..values.snapshot import PROVED, Snapshot
from . import upkeep
from .decision import Decision, Events, Seen, Step, decide, decide_by_events
from .report import Found, publish


@dataclass(frozen=True)
class Reconciler:
    """One run for one application."""

    event: ReconcileEvent
    service: FlinkService
    stack: OwnStack
    job_log: JobLog
    cloudwatch: Client
    sns: Client
    log: StepLog
    now: datetime

    def run(self) -> dict[str, str]:
        """Takes one step and returns the decision."""
        try:
            found = self._step()
        except (TransientError, ServiceError) as refused:
            # The next run is scheduled; a missing metric raises the alarm.
            self.log.step("not now", refused=str(refused))
            return {"Decision": "not now", "Refused": str(refused)}
        publish(
            found,
            self.event,
            cloudwatch=self.cloudwatch,
            sns=self.sns,
            log=self.log,
            now=self.now,
        )
        return {"Decision": found.decision, "Stuck": found.stuck}

    def _step(self) -> Found:
        """Looks, decides, acts; looks further only where a decision needs it."""
        seen = self.observe()
        decision = decide(self.event, seen)
        if decision.step is Step.LOOK_AT_EVENTS:
            decision = decide_by_events(self.event, seen, self._events(seen))
        return self.act(seen, decision)

    def observe(self) -> Seen:
        """The stack's status, the application, and its operations where they matter."""
        status = self.stack.status()
        application = self.service.describe()
        seen = Seen(status, application, [], self.now)
        off = application is not None and application.stopped and self._should_be_stopped
        if application is None or seen.changing or off:
            return seen
        return replace(seen, operations=self.service.operations())

    def _events(self, seen: Seen) -> Events:
        stopped = seen.application is not None and seen.application.stopped
        name = self.event.application_name
        by_hand = stopped and history.stopped_by_hand(seen.operations, self.stack, name) is not None
        began = None if by_hand else self.stack.unsettled_since()
        reached = began is None or history.update_reached(seen.operations, began, self.now)
        proved = reached and not stopped and self._proved(seen.operations)
        return Events(by_hand, reached, proved)

    def act(self, seen: Seen, decision: Decision) -> Found:
        """Carries the decision out."""
        application = seen.application
        if application is None:
            return self._gone(seen) if decision.step is Step.GONE else Found(decision.why, age=0)
        match decision.step:
            case Step.START:
                return self._start(application, decision)
            case Step.KEEP:
                return self._keep(application)
            case Step.STUCK_AT_START if decision.operation is not None:
                why = start_failure.reason(self.service, self.job_log, decision.operation)
                return self._stuck(application, decision.operation, f"it did not start: {why}")
            case Step.STUCK:
                quiet = application.stopped or application.status == RUNNING
                age = 0 if quiet else self._age()
                return self._stuck(application, decision.operation, decision.why, age=age)
            case _:
                return Found(decision.why, age=0 if application.stopped else self._age())

    def _gone(self, seen: Seen) -> Found:
        name = self.event.application_name
        return Found(
            "stuck",
            stuck=f"Application {name} is gone, with its snapshots unless they are enhanced ones; "
            f"its stack is {seen.status} and still holds it. Take the pipeline out of the stack, "
            "deploy, and put it back in.",
            age=0,
        )

    def _start(self, application: Application, decision: Decision) -> Found:
        """From the newest snapshot, but not of a version that was rolled back."""
        point = self._newest()
        if point is None:
            why = f"{decision.why}, and it has no READY snapshot to start from"
            return self._stuck(application, decision.operation, why)
        operation = self.service.start(snapshot=point, allow_non_restored_state=False)
        self.log.step("start", why=decision.why, snapshot=point.name, operation=operation)
        return Found("started", age=0)

    def _keep(self, application: Application) -> Found:
        kept = upkeep.keep(
            self.event,
            self.service,
            self.stack,
            self.log,
            application=application,
            now=self.now,
        )
        if kept.refused:
            why = f"no snapshot of it can be taken: {kept.refused}"
            return self._stuck(application, None, why, age=kept.age)
        return Found(kept.done, age=kept.age)

    # -- common -------------------------------------------------------------------------------

    def _newest(self) -> Snapshot | None:
        name = self.event.application_name
        snapshots = self.service.snapshots.list()
        return lineage.newest(snapshots, self.service.operations(), self.stack, name)

    def _age(self) -> float | None:
        return upkeep.snapshot_age(self._newest(), self.service.operations(), self.now)

    @property
    def _should_be_stopped(self) -> bool:
        return self.event.desired_state is DesiredState.STOPPED

    def _proved(self, operations: Sequence[Operation]) -> bool:
        """Whether a snapshot has proved the version that runs."""
        turn = history.last_turn(operations)
        return turn is not None and any(
            s.ready and s.own and s.label.startswith(PROVED) and s.created >= turn.started
            for s in self.service.snapshots.list()
        )

    def _stuck(
        self,
        application: Application,
        operation: Operation | None,
        why: str,
        *,
        age: float | None = 0,
    ) -> Found:
        newest = self._newest()
        name = application.name
        last = f" Last operation: {operation.kind} {operation.id}." if operation else ""
        state = f" Its state is in snapshot {newest.name}." if newest else " It has no snapshot."
        if application.stopped and newest:
            run = json.dumps({"ApplicationRestoreConfiguration": newest.restore})
            command = (
                " To start it as it is: aws kinesisanalyticsv2 start-application "
                f"--application-name {name} --run-configuration '{run}'"
            )
        elif application.status in FORCEABLE - {RUNNING}:
            command = (
                " To stop it by force: aws kinesisanalyticsv2 stop-application --force "
                f"--application-name {name}"
            )
        else:
            command = (
                " See its operations: aws kinesisanalyticsv2 list-application-operations "
                f"--application-name {name}"
            )
        return Found(
            "stuck",
            stuck=f"Application {name} is {application.status}: {why}{_stop(why)}{last}{state}"
            f"{command}",
            age=age,
        )


def _stop(text: str) -> str:
    return "" if text.endswith(".") else "."
