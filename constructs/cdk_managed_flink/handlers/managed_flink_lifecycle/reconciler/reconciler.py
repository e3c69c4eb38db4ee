"""The reconciler: it repairs what a deploy left behind, and keeps snapshots between deploys.

Invoked on a schedule and at the end of each operation on the stack, it looks at the application and
takes one step. It does nothing during a deploy, never starts empty, and starts only a version that
was proved before. What it cannot repair it reports to a person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..aws.calls import Client, ServiceError, TransientError
from ..aws.service import FlinkService
from ..aws.stack import SETTLED, OwnStack
from ..aws.step_log import StepLog
from ..contract import DesiredState, ReconcileEvent
from ..message import to_flag
from ..steps import history, lineage
from ..values.application import FORCEABLE, RUNNING, START, Application, Operation
from ..values.snapshot import PROVED, Snapshot
from . import upkeep
from .report import Found, publish

# Longer than any update or stop that still ends.
TRANSIENT_LIMIT = timedelta(hours=1)
_CAN_ROLL_BACK = ("CREATE_FAILED", "UPDATE_FAILED")


@dataclass(frozen=True)
class Reconciler:
    """One run for one application."""

    event: ReconcileEvent
    service: FlinkService
    stack: OwnStack
    cloudwatch: Client
    sns: Client
    log: StepLog
    now: datetime

    def run(self) -> dict[str, str]:
        """Takes one step and returns the decision."""
        try:
            found = self._look()
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

    def _look(self) -> Found:
        status = self.stack.status()
        application = self.service.describe()
        if application is None:
            return self._absent(status)
        if status.endswith("_IN_PROGRESS"):
            age = 0 if application.stopped else self._age()
            return Found("kept out of the way: the stack is being changed", age=age)
        if application.stopped:
            return self._stopped(application, status)
        if application.status == RUNNING:
            return self._running(application, status)
        return self._transient(application)

    def _absent(self, status: str) -> Found:
        if status not in SETTLED or self._should_be_stopped:
            return Found("nothing to do: there is no such application", age=0)
        name = self.event.application_name
        return Found(
            "stuck",
            stuck=f"Application {name} is gone, with its snapshots unless they are enhanced ones; "
            f"its stack is {status} and still holds it. Take the pipeline out of the stack, "
            "deploy, and put it back in.",
            age=0,
        )

    @property
    def _should_be_stopped(self) -> bool:
        return self.event.desired_state is DesiredState.STOPPED

    # -- an application that does not run -----------------------------------------------------

    def _stopped(self, application: Application, status: str) -> Found:
        if self._should_be_stopped:
            return Found("stopped, as it should be", age=0)
        operations = self.service.operations()
        turn = history.last_turn(operations)
        if turn is None:
            return self._never_started(application, status)
        if turn.pending:
            return Found(f"wait for operation {turn.id}", age=0)
        if turn.kind == START:
            return self._ended(application, operations, turn)
        if history.stopped_by_hand(operations, self.stack, application.name) is not None:
            return Found("stopped by hand: left so", age=0)
        if status in SETTLED or not self._update_reached(operations):
            return self._start(application, turn, "a deploy left it stopped")
        why = f"the version that its stack holds was not proved. {self._way_on(status)}"
        return self._stuck(application, turn, why)

    def _never_started(self, application: Application, status: str) -> Found:
        if status in SETTLED:
            return Found("was never started", age=0)
        return self._stuck(application, None, f"it was never started. {self._way_on(status)}")

    def _ended(
        self, application: Application, operations: list[Operation], start: Operation
    ) -> Found:
        """It was started and not stopped, and nothing runs."""
        if start.failed:
            why = self.service.operation_failure(start) or "the service gave no reason"
            return self._stuck(application, start, f"it did not start: {why}")
        failed = history.failure_since(operations, start)
        if failed is not None:
            return self._start(application, failed, f"{failed.kind} failed")
        if to_flag(self.event.bounded):
            return Found("its bounded job has finished", age=0)
        return self._stuck(application, start, "its job ended by itself")

    def _start(self, application: Application, stopped: Operation, why: str) -> Found:
        """From the newest snapshot, but not of a version that was rolled back."""
        point = self._newest()
        if point is None:
            return self._stuck(
                application, stopped, f"{why}, and it has no READY snapshot to start from"
            )
        operation = self.service.start(snapshot=point, allow_non_restored_state=False)
        self.log.step("start", why=why, snapshot=point.name, operation=operation)
        return Found("started", age=0)

    # -- one that runs, or is on its way ------------------------------------------------------

    def _running(self, application: Application, status: str) -> Found:
        operations = self.service.operations()
        if status not in SETTLED and self._update_reached(operations) and not self._proved():
            why = f"the version that runs was not proved. {self._way_on(status)}"
            return self._stuck(application, history.last_turn(operations), why)
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

    def _transient(self, application: Application) -> Found:
        pending = next((o for o in self.service.operations() if o.pending), None)
        if pending is not None and self.now - pending.started > TRANSIENT_LIMIT:
            why = f"it has been since {pending.started:%Y-%m-%d %H:%M} UTC"
            return self._stuck(application, pending, why, age=self._age())
        return Found(f"wait: {application.status}", age=self._age())

    # -- common -------------------------------------------------------------------------------

    def _newest(self) -> Snapshot | None:
        name = self.event.application_name
        snapshots = self.service.snapshots.list()
        return lineage.newest(snapshots, self.service.operations(), self.stack, name)

    def _age(self) -> float | None:
        return upkeep.snapshot_age(self._newest(), self.service.operations(), self.now)

    def _update_reached(self, operations: list[Operation]) -> bool:
        """Whether a deploy that failed changed or started the application."""
        began = self.stack.unsettled_since()
        return began is None or history.update_reached(operations, began, self.now)

    def _proved(self) -> bool:
        """Whether a snapshot has proved the version that runs."""
        turn = history.last_turn(self.service.operations())
        return turn is not None and any(
            s.ready and s.own and s.label.startswith(PROVED) and s.created >= turn.started
            for s in self.service.snapshots.list()
        )

    def _way_on(self, status: str) -> str:
        stack = self.event.stack_id
        if status in _CAN_ROLL_BACK:
            return (
                "Mend and deploy again, or let CloudFormation undo it (aws cloudformation "
                f"rollback-stack --stack-name {stack})."
            )
        return (
            f"The stack is {status}: mend the cause and let CloudFormation go on (aws "
            f"cloudformation continue-update-rollback --stack-name {stack})."
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
