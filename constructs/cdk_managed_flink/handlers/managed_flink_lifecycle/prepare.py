"""Prepare: stop the application before CloudFormation updates it, and name what to restore."""

from __future__ import annotations

from datetime import datetime, timedelta

from . import restore, rollback
from .calls import ServiceError
from .context import Context
from .outcome import Complete, DeployFailedError, NotYet, Outcome
from .reason import CAUSE_BYTES, duration, one_line, sentence, shorten
from .service import (
    IN_PROGRESS,
    RUNNING,
    SNAPSHOT_FAILED,
    START,
    STOP,
    STOPPED,
    STOPPING,
    SUCCESSFUL,
    Application,
    Operation,
    Snapshot,
)

# A savepoint that takes longer than this share of the deadline will not come.
GRACEFUL_SHARE = 0.5
# How long a snapshot may be missing from the list after the stop that took it.
LISTING_DELAY = timedelta(seconds=60)


def poll(context: Context) -> Outcome:
    """One step."""
    request = context.request
    if request.is_delete:
        return Complete()
    application = context.service.describe()
    if application is None:
        context.log.step("nothing to stop: there is no such application")
        return Complete({"Snapshot": "", "ApplicationVersionId": ""})
    if not request.changed:
        return _complete(application, restore.newest_ready(context.service.snapshots()))
    if context.rolling_back:
        return rollback.prepare(context, application)
    if application.status in STOPPED:
        return _restore_point(context, application)
    return _stop(context, application)


def at_deadline(context: Context, waiting: NotYet) -> Outcome:
    """The answer when the deadline has passed."""
    request = context.request
    if context.rolling_back:
        context.log.step("gave up waiting; a rollback goes on", waiting_for=waiting.waiting_for)
        return Complete({"Snapshot": "", "ApplicationVersionId": ""})
    raise DeployFailedError(
        f"Application {request.application} could not be stopped for the update: waited "
        f"{duration(request.elapsed(context.now))} for {sentence(waiting.waiting_for)} "
        "See its operations (aws kinesisanalyticsv2 list-application-operations "
        f"--application-name {request.application}) and deploy again."
    )


def _stop(context: Context, application: Application) -> Outcome:
    stops = _own_stops(context)
    latest = stops[0] if stops else None
    if application.status == STOPPING and _overdue(context, latest):
        return _without_graceful_stop(
            context, application, stops, "its snapshot does not get ready", latest
        )
    if application.status != RUNNING:
        context.log.step("wait", status=application.status)
        return NotYet(f"its status to leave {application.status}{_named(latest)}")
    if latest is None:
        try:
            operation = context.service.stop(force=False)
        except ServiceError as error:
            return _without_graceful_stop(context, application, stops, error.detail, None)
        context.log.step("stop gracefully", operation=operation)
        return NotYet(f"the graceful stop (operation {operation})")
    if latest.failed:
        why = context.service.operation_failure(latest) or f"operation {latest.status}"
        return _without_graceful_stop(context, application, stops, why, latest)
    return NotYet(f"the stop to end{_named(latest)}")


def _without_graceful_stop(
    context: Context,
    application: Application,
    stops: list[Operation],
    why: str,
    failed: Operation | None,
) -> Outcome:
    """The job can't save its state: force-stop it where a snapshot is young enough."""
    snapshots = context.service.snapshots()
    began = stops[-1].started if stops else context.now
    if (
        restore.creating(restore.since(snapshots, began - _tolerance(context)))
        and application.status == RUNNING
    ):
        return NotYet("the snapshot of the failed stop to become READY or FAILED")
    if _acceptable(context, snapshots, began) is None:
        raise DeployFailedError(_choice(context, application, snapshots, why, began, failed))
    operation = context.service.stop(force=True)
    context.log.step("force-stop: the graceful stop failed", why=why, operation=operation)
    return NotYet(f"the forced stop (operation {operation})")


def _restore_point(context: Context, application: Application) -> Outcome:
    """The application is stopped: by us, or before we came."""
    snapshots = context.service.snapshots()
    stops = _own_stops(context)
    began = stops[-1].started if stops else None
    taken = restore.since(snapshots, began - _tolerance(context)) if began else snapshots
    pending = restore.creating(taken)
    if pending:
        return NotYet(f"snapshot {pending.name} to become READY")
    newest = restore.newest_ready(taken)
    if newest or began is None or not application.snapshots_enabled:
        # With snapshots switched off an older one is all there can be.
        return _complete(application, newest or restore.newest_ready(snapshots), context)
    graceful_failed = any(s.status == SNAPSHOT_FAILED for s in taken) or any(
        stop.failed for stop in stops
    )
    ended = stops[0].ended or stops[0].started
    if not graceful_failed and context.now - ended < LISTING_DELAY:
        return NotYet(f"the snapshot of the stop to be listed{_named(stops[0])}")
    older = _acceptable(context, snapshots, began)
    if older is None:
        why = "the stop left no READY snapshot"
        raise DeployFailedError(_choice(context, application, snapshots, why, began, stops[0]))
    return _complete(application, older, context)


def _acceptable(context: Context, snapshots: list[Snapshot], began: datetime) -> Snapshot | None:
    """The newest snapshot, if the stop itself took it or it is young enough."""
    newest = restore.newest_ready(snapshots)
    bound = timedelta(seconds=context.request.number("MaxStateLossSeconds", 0))
    if newest and newest.created >= began - max(bound, _tolerance(context)):
        return newest
    return None


def _own_stops(context: Context) -> list[Operation]:
    """This request's stops, newest first; none once somebody started the application again."""
    own: list[Operation] = []
    for operation in context.service.operations():
        if operation.started < context.request.since or operation.kind == START:
            break
        if operation.kind == STOP:
            own.append(operation)
    return own


def _overdue(context: Context, stop: Operation | None) -> bool:
    began = stop.started if stop else context.request.started_at
    allowed = GRACEFUL_SHARE * context.request.deadline_seconds
    return (context.now - began).total_seconds() > allowed


def _complete(
    application: Application, snapshot: Snapshot | None, context: Context | None = None
) -> Complete:
    data = {
        "Snapshot": snapshot.name if snapshot else "",
        "ApplicationVersionId": str(application.version),
    }
    if context:
        context.log.step("stopped: this is what to restore", status=application.status, **data)
    return Complete(data)


def _choice(
    context: Context,
    application: Application,
    snapshots: list[Snapshot],
    why: str,
    began: datetime,
    operation: Operation | None,
) -> str:
    """What a person has to decide, since the library never gives up state by itself."""
    name = application.name
    bound = context.request.number("MaxStateLossSeconds", 0)
    newest = restore.newest_ready(snapshots)
    if newest:
        age = (began - newest.created).total_seconds()
        have = (
            f"The newest READY snapshot, {newest.name}, is {duration(age)} old, older than "
            f"max_state_loss ({duration(bound)})."
        )
        choose = (
            "raise max_state_loss above that age to force-stop the application and go on "
            "from that snapshot (what came after it is read again from the sources, as far back "
            "as they keep it)"
        )
    else:
        have = "It has no READY snapshot."
        choose = (
            "force-stop it yourself to start again without its state (aws kinesisanalyticsv2 "
            f"stop-application --application-name {name} --force)"
        )
    left = "is stopped" if application.status in STOPPED else f"was left {application.status}"
    return (
        f"Application {name}, version {application.version}, could not be stopped with its state: "
        f"{sentence(shorten(one_line(why), CAUSE_BYTES))} {have} It {left}{_named(operation)}. "
        f"Choose: {choose}; or repair the running job so that a snapshot succeeds. "
        "Then deploy again."
    )


def _named(operation: Operation | None) -> str:
    if operation is None:
        return ""
    status = "" if operation.status in (IN_PROGRESS, SUCCESSFUL) else f", {operation.status}"
    return f" (operation {operation.id}{status})"


def _tolerance(context: Context) -> timedelta:
    return context.request.started_at - context.request.since
