"""Prepare: stop the application before CloudFormation updates it, and name what to restore."""

from __future__ import annotations

from ..aws.calls import ServiceError
from ..contract import DesiredState, PrepareAnswer, RestoreType, UpdateStrategy
from ..message import to_text
from ..rules import restore
from ..rules.reason import duration, sentence
from ..values.application import RUNNING, STOPPING, Application, Operation
from ..values.outcome import Complete, DeployFailedError, NotYet, Outcome
from ..values.request import CLOCK_TOLERANCE
from ..values.snapshot import Snapshot
from . import history, in_place, messages, rollback, stores
from .context import Context
from .deploy_stop import snapshot_of, stops_of, unexplained, young_enough

# A savepoint that takes longer than this share of the deadline will not come.
GRACEFUL_SHARE = 0.5
_SWITCHED_OFF = "its snapshots are switched off (SnapshotsEnabled), so its stop takes none"


def poll(context: Context) -> Outcome:
    """One step."""
    request = context.request
    if request.is_delete:
        return Complete()
    application = context.service.describe()
    if not context.rolling_back:
        _check_request(context, application)
    if application is None:
        context.log.step("nothing to stop: there is no such application")
        run = not request.should_be_stopped
        return Complete(_data(None, version="", run=run))
    if not context.changed:
        newest = context.newest(context.service.snapshots.list())
        return Complete(_data(newest, version=str(application.version), run=True))
    if context.rolling_back:
        return rollback.prepare(context, application)
    if application.stopped:
        return _restore_point(context, application)
    if request.in_place:
        return in_place.poll(context, application)
    return _stop(context, application)


def at_deadline(context: Context, waiting: NotYet) -> Outcome:
    """The answer when the deadline has passed."""
    request = context.request
    if context.rolling_back:
        context.log.step("gave up waiting; a rollback goes on", waiting_for=waiting.waiting_for)
        return Complete(_data(None, version="", run=True))
    raise DeployFailedError(
        f"Application {request.application} could not be stopped for the update: waited "
        f"{duration(request.elapsed(context.now))} for {sentence(waiting.waiting_for)} "
        "See its operations (aws kinesisanalyticsv2 list-application-operations "
        f"--application-name {request.application}) and deploy again."
    )


def _check_request(context: Context, application: Application | None) -> None:
    """Before anything is stopped: what is asked for can be done, and is asked of the right one."""
    request = context.request
    if request.renamed_from:
        raise DeployFailedError(messages.renamed(request.renamed_from, request.application))
    if why := stores.replaced(request):
        raise DeployFailedError(why)
    runs = application is not None and not application.stopped
    if application and runs and request.is_create and context.stack.is_new():
        raise DeployFailedError(messages.taken(application))
    asked = request.restore_asked
    if asked.type is not RestoreType.SNAPSHOT:
        return
    service = context.service
    found = None
    if application is not None or asked.snapshot.startswith("arn:"):
        found = service.find_snapshot(asked.snapshot)
    if found is None or not found.ready:
        known = service.snapshots.list() if application is not None else []
        raise DeployFailedError(messages.not_restorable(context, asked.snapshot, found, known))


def _stop(context: Context, application: Application) -> Outcome:
    stops = stops_of(context)
    latest = stops[0] if stops else None
    if application.status == STOPPING and _overdue(context, latest):
        return _without_graceful_stop(
            context, application, stops, "its snapshot does not get ready", latest
        )
    if application.status != RUNNING:
        context.log.step("wait", status=application.status)
        return NotYet(f"its status to leave {application.status}{messages.named(latest)}")
    if latest is None:
        if context.request.asked.strategy is UpdateStrategy.FORCE_STOP:
            return _without_graceful_stop(
                context, application, stops, "the update strategy is FORCE_STOP", None
            )
        if not application.snapshots_enabled:
            _check_unsaved_stop(context, application)
        try:
            operation = context.drive().stop(force=False)
        except ServiceError as error:
            if not error.unsavable:
                raise
            return _without_graceful_stop(context, application, stops, error.detail, None)
        context.log.step("stop gracefully", operation=operation)
        return NotYet(f"the graceful stop (operation {operation})")
    if latest.failed:
        why = context.service.operation_failure(latest) or f"operation {latest.status}"
        return _without_graceful_stop(context, application, stops, why, latest)
    return NotYet(f"the stop to end{messages.named(latest)}")


def _check_unsaved_stop(context: Context, application: Application) -> None:
    """A stop that takes no snapshot needs one that is young enough, before it is made."""
    snapshots = context.service.snapshots.list()
    if (
        context.request.restore_asked.type is RestoreType.LATEST
        and young_enough(context, snapshots, context.now) is None
    ):
        raise DeployFailedError(
            messages.state_at_risk(
                context, application, snapshots, _SWITCHED_OFF, context.now, None
            )
        )


def _without_graceful_stop(
    context: Context,
    application: Application,
    stops: list[Operation],
    why: str,
    failed: Operation | None,
) -> Outcome:
    """The job's state is not saved by its stop: forced only where little enough is lost."""
    snapshots = context.service.snapshots.list()
    began = stops[-1].started if stops else context.now
    if restore.creating(restore.since(snapshots, began - CLOCK_TOLERANCE)) and (
        application.status == RUNNING
    ):
        return NotYet("the snapshot of the failed stop to become READY or FAILED")
    given_up = (
        context.request.asked.strategy is UpdateStrategy.FORCE_STOP
        and context.request.restore_asked.type is not RestoreType.LATEST
    )
    if not given_up and young_enough(context, snapshots, began) is None:
        raise DeployFailedError(
            messages.state_at_risk(context, application, snapshots, why, began, failed)
        )
    operation = context.drive().stop(force=True)
    context.log.step("force-stop", why=why, operation=operation)
    return NotYet(f"the forced stop (operation {operation})")


def _restore_point(context: Context, application: Application) -> Outcome:
    """The application is stopped: by us, or before we came."""
    snapshots = context.service.snapshots.list()
    stops = stops_of(context)
    if not stops:
        # Stopped before we came. A stop may have ended just now: its snapshot is the newest.
        pending = restore.creating(snapshots)
        if pending:
            return NotYet(f"snapshot {pending.name} to become READY")
        if unexplained(context):
            return NotYet("the operation that stopped it to be listed")
        newest = context.newest(snapshots)
        _never_empty(context, application, newest)
        return _stopped(context, application, newest)
    expected = (
        application.snapshots_enabled
        and context.request.asked.strategy is not UpdateStrategy.FORCE_STOP
    )
    taken = snapshot_of(stops, snapshots, context.now, expected=expected)
    if isinstance(taken, NotYet):
        return taken
    if taken is not None:
        return _stopped(context, application, taken)
    began = stops[-1].started
    if context.request.restore_asked.type is not RestoreType.LATEST:
        return _stopped(context, application, context.newest(snapshots))
    older = young_enough(context, snapshots, began)
    if older is None:
        why = "the stop left no READY snapshot" if application.snapshots_enabled else _SWITCHED_OFF
        raise DeployFailedError(
            messages.state_at_risk(context, application, snapshots, why, began, stops[0])
        )
    return _stopped(context, application, older)


def _never_empty(context: Context, application: Application, newest: Snapshot | None) -> None:
    if newest is None and context.request.restore_asked.type is RestoreType.LATEST:
        operations = context.service.operations()
        if not history.may_start_empty(operations, bounded=context.request.bounded):
            raise DeployFailedError(messages.would_be_empty(context, application, operations))


def _overdue(context: Context, stop: Operation | None) -> bool:
    began = stop.started if stop else context.request.started_at
    allowed = GRACEFUL_SHARE * context.request.deadline_seconds
    return (context.now - began).total_seconds() > allowed


def _stopped(context: Context, application: Application, snapshot: Snapshot | None) -> Complete:
    run = _is_to_run(context)
    data = _data(snapshot, version=str(application.version), run=run)
    context.log.step("stopped: this is what to restore", status=application.status, **data)
    return Complete(data)


def _is_to_run(context: Context) -> bool:
    """Whether Prove is to start it: one that a person stopped stays so unless they say so."""
    request = context.request
    if request.should_be_stopped:
        return False
    if request.is_create or request.asked.desired_state is DesiredState.ALWAYS_RUNNING:
        return True
    if (
        stops_of(context)
        or request.takes_stop_back
        or request.restore_asked.type is not RestoreType.LATEST
    ):
        return True
    return (
        history.stopped_by_hand(
            context.service.operations(), context.stack, context.request.application
        )
        is None
    )


def _data(snapshot: Snapshot | None, *, version: str, run: bool) -> dict[str, str]:
    return PrepareAnswer(
        snapshot=snapshot.name if snapshot else "",
        application_version_id=version,
        run=to_text(run),
    ).to_dict()
