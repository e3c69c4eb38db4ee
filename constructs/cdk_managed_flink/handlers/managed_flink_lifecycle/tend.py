"""The reconciler: what a deploy left behind, and the snapshots between deploys.

Woken by a schedule and by the end of each operation on the stack, it looks at what is there and
takes one step. It keeps out of the way of a deploy, never starts empty, and starts only a version
that was proved before. What it can't mend it says: in its log, in a metric, to the topic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from . import history, lineage, measures, restore, retention
from .calls import Client, ServiceError, TransientError, call
from .errand import STACK, Errand
from .service import (
    RUNNING,
    START,
    SUCCESSFUL,
    UPDATE,
    Application,
    FlinkService,
    Operation,
)
from .snapshots import SCHEDULED, Snapshot
from .stack import OwnStack
from .step_log import StepLog

# Longer than any update or stop takes that still comes to an end.
TRANSIENT_LIMIT = timedelta(hours=1)
# So many looks in a row find a snapshot due that is refused, before it is called stuck.
_PATIENCE = 2
# The stack's last operation has put the application's old version back, or changed nothing else.
_SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
_MAX_MESSAGE = 4000


@dataclass(frozen=True)
class Found:
    """What one look came to.

    Attributes:
        decision: One word or a few, for the log.
        stuck: What a person has to know and do; empty when nothing.
        since: When that began.
        age: Seconds since the newest READY snapshot; None leaves the metric out.
    """

    decision: str
    stuck: str = ""
    since: datetime | None = None
    age: float | None = None


@dataclass(frozen=True)
class Reconciler:
    """One look at one application."""

    errand: Errand
    service: FlinkService
    stack: OwnStack
    cloudwatch: Client
    sns: Client
    log: StepLog
    now: datetime

    def run(self) -> dict[str, str]:
        """One step, and what it came to."""
        try:
            found = self._look()
        except (TransientError, ServiceError) as refused:
            # The next look comes by itself; a metric that stays away raises the alarm.
            self.log.step("not now", refused=str(refused))
            return {"Decision": "not now", "Refused": str(refused)}
        self.log.step(found.decision, stuck=found.stuck, snapshot_age=found.age)
        measures.publish(
            self.cloudwatch,
            self.log,
            namespace=self.errand.metric_namespace,
            application=self.errand.application,
            at=self.now,
            stuck=bool(found.stuck),
            age=found.age,
        )
        self._tell(found)
        return {"Decision": found.decision, "Stuck": found.stuck}

    def _look(self) -> Found:
        application = self.service.describe()
        if application is None:
            return Found("nothing to do: there is no such application", age=0)
        status = self.stack.status()
        if status.endswith("_IN_PROGRESS"):
            return self._in_a_deploy(application)
        operations = self.service.operations()
        if application.stopped:
            return self._stopped(application, operations, status)
        if application.status == RUNNING:
            return self._running(application, operations)
        return self._transient(application, operations)

    def _in_a_deploy(self, application: Application) -> Found:
        operations = self.service.operations()
        newest = lineage.newest(self.service.snapshots.list(), operations, self.stack)
        age = 0 if application.stopped else self._age(newest, operations)
        return Found("kept out of the way: the stack is being changed", age=age)

    # -- an application that does not run -----------------------------------------------------

    def _stopped(
        self, application: Application, operations: list[Operation], stack_status: str
    ) -> Found:
        if not self.errand.should_run:
            return Found("stopped, as it should be", age=0)
        turn = history.last_turn(operations)
        if turn is None:
            return self._never_started(application, stack_status)
        if turn.kind == START:
            return self._ended(application, operations, turn)
        if self._by_hand(operations, turn):
            return Found("stopped by hand: left so", age=0)
        if stack_status in _SETTLED or not self._update_reached(operations):
            return self._start(application, operations, turn, "a deploy left it stopped")
        return self._stuck(
            application,
            turn,
            f"the stack is {stack_status}, and the version it holds was not proved. Mend and "
            "deploy again, or let CloudFormation undo it (aws cloudformation rollback-stack "
            f"--stack-name {self.errand.stack_id})",
        )

    def _ended(
        self, application: Application, operations: list[Operation], start: Operation
    ) -> Found:
        """It was started, nobody stopped it, and nothing runs."""
        if start.failed:
            why = self.service.operation_failure(start) or "the service gave no reason"
            return self._stuck(application, start, f"it did not start: {why}")
        failed = history.failure_since(operations, start)
        if failed is not None:
            return self._start(application, operations, failed, f"{failed.kind} failed")
        if self.errand.bounded:
            return Found("its bounded job has finished", age=0)
        return self._stuck(application, start, "its job ended by itself")

    def _by_hand(self, operations: list[Operation], stop: Operation) -> bool:
        """A stop outside of deploys, or one after the deploy had started the application."""
        if history.stopped_by_hand(operations, self.stack) is not None:
            return True
        began = self.stack.operation_began()
        return (
            began is not None
            and any(
                o.kind == START and began <= o.started < stop.started and not o.failed
                for o in operations
            )
            and self.stack.status() in _SETTLED
        )

    def _never_started(self, application: Application, stack_status: str) -> Found:
        if stack_status in _SETTLED:
            return Found("was never started", age=0)
        why = f"the stack is {stack_status} and it was never started: mend and deploy again"
        return self._stuck(application, None, why)

    def _update_reached(self, operations: list[Operation]) -> bool:
        """Whether the deploy that failed changed or started the application."""
        began = self.stack.update_began()
        return began is None or any(
            o.kind in (UPDATE, START) and o.started >= began for o in operations
        )

    def _start(
        self,
        application: Application,
        operations: list[Operation],
        stopped: Operation,
        why: str,
    ) -> Found:
        """Where it left off; what a version wrote that was taken back is not gone on from."""
        point = lineage.newest(self.service.snapshots.list(), operations, self.stack)
        if point is None:
            return self._stuck(
                application, stopped, f"{why}, and it has no READY snapshot to start from"
            )
        operation = self.service.start(snapshot=point, allow_non_restored_state=False)
        self.log.step("start", why=why, snapshot=point.name, operation=operation)
        return Found("started", age=0)

    def _stuck(self, application: Application, operation: Operation | None, why: str) -> Found:
        newest = lineage.newest(
            self.service.snapshots.list(), self.service.operations(), self.stack
        )
        name = application.name
        last = f" Last operation: {operation.kind} {operation.id}." if operation else ""
        state = f" Its state is in snapshot {newest.name}." if newest else " It has no snapshot."
        if application.stopped and newest:
            run = json.dumps({"ApplicationRestoreConfiguration": newest.restore})
            command = (
                " To start it as it is: aws kinesisanalyticsv2 start-application "
                f"--application-name {name} --run-configuration '{run}'"
            )
        else:
            command = (
                " See its operations: aws kinesisanalyticsv2 list-application-operations "
                f"--application-name {name}"
            )
        return Found(
            "stuck",
            stuck=f"Application {name} is {application.status}: {why}.{last}{state}{command}",
            since=(operation.ended or operation.started) if operation else None,
            age=0 if application.stopped else None,
        )

    # -- one that runs, or is on its way ------------------------------------------------------

    def _transient(self, application: Application, operations: list[Operation]) -> Found:
        pending = next((o for o in operations if o.pending), None)
        if pending is not None and self.now - pending.started > TRANSIENT_LIMIT:
            return self._stuck(
                application,
                pending,
                f"since {pending.started:%Y-%m-%d %H:%M} UTC; a forced stop ends it: aws "
                "kinesisanalyticsv2 stop-application --force --application-name "
                f"{application.name}",
            )
        newest = lineage.newest(self.service.snapshots.list(), operations, self.stack)
        return Found(f"wait: {application.status}", age=self._age(newest, operations))

    def _running(self, application: Application, operations: list[Operation]) -> Found:
        snapshots = self.service.snapshots.list()
        newest = lineage.newest(snapshots, operations, self.stack)
        age = self._age(newest, operations)
        if self.errand.every <= timedelta(0):
            return Found("runs", age=age)
        if restore.creating(snapshots):
            return Found("a snapshot is being taken", age=age)
        deleted = self._prune(application, snapshots)
        # One that is not of the running version's line would be what a start by hand goes on from.
        fresh = age is not None and age < self.errand.every.total_seconds()
        if fresh and newest == restore.newest_ready(snapshots):
            return Found("pruned" if deleted else "nothing is due", age=age)
        port = self.service.snapshots
        name = port.name_of(f"{SCHEDULED}-{self.now:%Y%m%dT%H%M%SZ}")
        try:
            port.create(name)
        except ServiceError as refused:
            return self._no_snapshot(application, age, refused)
        return Found("snapshot", age=age)

    def _no_snapshot(
        self, application: Application, age: float | None, refused: ServiceError
    ) -> Found:
        """Refused once, another may be under way; refused again and again, a person is needed."""
        overdue = timedelta(seconds=age or 0) - self.errand.every
        if overdue <= _PATIENCE * self.errand.period:
            return Found("no snapshot this time: " + refused.detail, age=age)
        found = self._stuck(application, None, f"no snapshot of it can be taken: {refused.detail}")
        due = self.now - overdue + _PATIENCE * self.errand.period
        return replace(found, since=due, age=age)

    def _prune(self, application: Application, snapshots: list[Snapshot]) -> int:
        held = self.errand.pinned | {application.restored_from}
        spare = retention.spare(
            snapshots,
            now=self.now,
            keep=self.errand.keep,
            max_age=self.errand.max_age,
            pinned=held,
        )
        deleted = 0
        for snapshot in spare:
            try:
                self.service.snapshots.delete(snapshot)
            except (TransientError, ServiceError) as refused:  # it stays in the list: next time
                self.log.step("not deleted", snapshot=snapshot.name, refused=str(refused))
                continue
            deleted += 1
            self.log.step("deleted", snapshot=snapshot.name)
        return deleted

    def _age(self, newest: Snapshot | None, operations: list[Operation]) -> float | None:
        """Seconds since the newest snapshot; since the start where there is none yet."""
        if newest is not None:
            return (self.now - newest.created).total_seconds()
        started = (o for o in operations if o.kind == START)
        first = next((o for o in started if o.status == SUCCESSFUL), None)
        return (self.now - first.started).total_seconds() if first else None

    # -- telling ------------------------------------------------------------------------------

    def _tell(self, found: Found) -> None:
        """Once: when an operation on the stack ends with it, or when it has just come up."""
        if not found.stuck or not self.errand.topic_arn:
            return
        since_last_look = found.since is not None and self.now - found.since <= self.errand.period
        if self.errand.trigger != STACK and not since_last_look:
            return
        try:
            call(
                self.sns,
                "publish",
                TopicArn=self.errand.topic_arn,
                Subject=f"Flink application {self.errand.application} needs a person"[:100],
                Message=found.stuck[:_MAX_MESSAGE],
            )
        except (TransientError, ServiceError) as refused:
            self.log.step("not told", refused=str(refused))
