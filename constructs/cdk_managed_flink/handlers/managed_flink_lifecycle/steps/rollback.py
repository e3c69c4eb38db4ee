"""Both resources while CloudFormation undoes an update: put the old version back, never fail.

In a rollback CloudFormation calls a resource again only if the update had reached it. So Prepare
may be alone: then the application still is the version that it stopped, and nobody else would
start it again.
"""

from __future__ import annotations

from datetime import datetime

from ..aws.step_log import StepLog
from ..contract import DesiredState, PrepareAnswer, ProveAnswer
from ..message import to_flag, to_text
from ..rules.reason import duration
from ..values.application import FORCEABLE, RUNNING, START, STARTING, STOP, Application, Operation
from ..values.outcome import Complete, NotYet, Outcome
from ..values.snapshot import Snapshot
from . import history, lineage, start_failure
from .context import Context
from .deploy_stop import snapshot_of, young_enough

# An old version that does not get to RUNNING in this time is reported, not waited for.
START_SECONDS = 1200


def prepare(context: Context, application: Application) -> Outcome:
    """Stops what runs of the version that is rolled back from, without a snapshot."""
    operations = context.service.operations()
    began = context.stack.update_began()
    # Where the events do not show it, a running one is left alone: a stop would cost state.
    if began is None or not history.update_reached(operations, began, context.request.since):
        return _untouched(context, application, operations, began)
    if application.stopped:
        point = _point(context, operations)
        context.log.step("rollback: the application is stopped", restore=_name(point))
        return _prepared(application, point)
    latest = _latest_own(context, operations)
    stopping = latest is not None and latest.kind == STOP and latest.pending
    overdue = context.request.elapsed(context.now) > context.request.deadline_seconds / 2
    forceable = FORCEABLE if overdue else {RUNNING, STARTING}
    if application.status in forceable and not stopping:
        operation = context.drive().stop(force=True)
        context.log.step("rollback: force-stop", status=application.status, operation=operation)
    return NotYet(f"its status to leave {application.status}")


def prove(context: Context, application: Application) -> Outcome:
    """Starts the old version where it left off; says what it saw, and lets the rollback end."""
    operations = context.service.operations()
    start = _own_start(context, operations)
    if application.stopped and start is None:
        point = _point(context, operations)
        why = _why_not_started(context, operations, point)
        return _proved(context, application, why) if why else _start(context, point)
    if application.status == RUNNING:
        return _proved(context, application, "the old version runs again")
    if application.stopped and start is not None and not start.pending:
        log = context.evidence.log
        if start_failure.log_is_due(log, start, context.now):
            return NotYet(f"the log of the failed start ({start.id})")
        why = start_failure.reason(context.service, log, start)
        return _proved(context, application, f"the old version did not start: {why} ({start.id})")
    waited = context.request.elapsed(context.now)
    if waited > min(START_SECONDS, context.request.deadline_seconds):
        seen = f"still {application.status} after {duration(waited)}"
        return _proved(context, application, seen)
    return NotYet(f"the old version to run (now {application.status})")


def _untouched(
    context: Context,
    application: Application,
    operations: list[Operation],
    began: datetime | None,
) -> Outcome:
    """The update never reached the application: it runs on, or is started where it stopped."""
    snapshots = context.service.snapshots.list()
    newest = context.newest(snapshots)
    if application.status == RUNNING:
        context.log.step("rollback: the application was not updated and runs")
        return _prepared(application, newest)
    if not application.stopped:
        return NotYet(f"its status to leave {application.status}")
    start = _own_start(context, operations)
    if start is not None and start.pending:
        return NotYet(f"the version before to run again (operation {start.id})")
    if start is not None:
        context.log.step("rollback: the version before did not start again", operation=start.id)
        return _prepared(application, newest)
    stops = [o for o in operations if o.kind == STOP and began is not None and o.started >= began]
    if not stops:
        context.log.step("rollback: it had been stopped before: left so")
        return _prepared(application, newest)
    point = snapshot_of(stops, snapshots, context.now, expected=application.snapshots_enabled)
    if isinstance(point, NotYet):
        return point
    if point is None:
        point = young_enough(context, snapshots, stops[-1].started)
    if point is None:
        context.log.step("rollback: left stopped, for what it could start from is too old")
        return _prepared(application, newest)
    operation = context.drive().start(snapshot=point, allow_non_restored_state=False)
    context.log.step("rollback: start again", snapshot=point.name, operation=operation)
    return NotYet("the version before to run again")


def _why_not_started(context: Context, operations: list[Operation], point: Snapshot | None) -> str:
    """Why the old version stays stopped; empty when it is to run."""
    if context.request.should_be_stopped:
        return "the old version was stopped, as its desired_state asks"
    began = context.stack.update_began()
    always = context.request.asked.desired_state is DesiredState.ALWAYS_RUNNING
    if began is not None and not always:
        before = [o for o in operations if o.started < began]
        stop = history.stopped_by_hand(before, context.stack, context.request.application)
        if stop is not None:
            return f"the old version had been stopped by hand (operation {stop.id})"
    if point is None and history.has_run(operations):
        return "the old version has no READY snapshot and is not started empty"
    return ""


def _start(context: Context, point: Snapshot | None) -> Outcome:
    allow = to_flag(context.request.prove.allow_non_restored_state)
    operation = context.drive().start(snapshot=point, allow_non_restored_state=allow)
    context.log.step("rollback: start", snapshot=_name(point), operation=operation)
    return NotYet(f"the old version to run (operation {operation})")


def _point(context: Context, operations: list[Operation]) -> Snapshot | None:
    return lineage.rollback_point(
        context.service.snapshots.list(),
        operations,
        context.stack,
        context.request.application,
        rolled_back_from=context.request.old_digest,
    )


def _latest_own(context: Context, operations: list[Operation]) -> Operation | None:
    latest = operations[0] if operations else None
    return latest if latest and latest.started >= context.request.since else None


def _own_start(context: Context, operations: list[Operation]) -> Operation | None:
    return next(
        (o for o in operations if o.kind == START and o.started >= context.request.since), None
    )


def _prepared(application: Application, point: Snapshot | None) -> Complete:
    answer = PrepareAnswer(
        snapshot=_name(point),
        application_version_id=str(application.version),
        run=to_text(True),
    )
    return Complete(answer.to_dict())


def _proved(context: Context, application: Application, seen: str) -> Complete:
    evidence = f"rollback: {seen}"
    context.log.step(evidence, status=application.status, restored_from=application.restored_from)
    answer = ProveAnswer(
        restored_from=application.restored_from,
        application_version_id=str(application.version),
        evidence=evidence,
    )
    return Complete(answer.to_dict())


def give_up(log: StepLog, application: str, why: object) -> Complete:
    """A rollback ends even where the service refuses: the reason is in log and attributes."""
    log.step("rollback: gave up", reason=str(why))
    # The answer of either resource.
    prepared = PrepareAnswer(snapshot="", application_version_id="", run=to_text(True))
    proved = ProveAnswer(
        restored_from="",
        application_version_id="",
        evidence=f"rollback: application {application} needs a look: {why}",
    )
    return Complete({**prepared.to_dict(), **proved.to_dict()})


def _name(snapshot: Snapshot | None) -> str:
    return snapshot.name if snapshot else ""
