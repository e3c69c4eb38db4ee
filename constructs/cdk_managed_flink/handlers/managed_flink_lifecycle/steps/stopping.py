"""Prove's Delete: the pipeline goes, the application stays behind, stopped."""

from __future__ import annotations

from ..aws.calls import ServiceError
from ..values.application import FORCEABLE, RUNNING, START, STOP, Application, Operation
from ..values.outcome import Complete, DeployFailedError, NotYet, Outcome
from ..values.request import CLOCK_TOLERANCE
from .context import Context

# How long a graceful stop may take before it counts as failed: Delete must end.
GRACEFUL_SECONDS = 1200


def poll(context: Context) -> Outcome:
    """One step."""
    application = context.service.describe()
    if application is None or application.stopped:
        context.log.step("stopped", status=application.status if application else "absent")
        return Complete()
    operations = context.service.operations()
    if not context.rolling_back and any(
        o.kind == START and o.started >= context.request.since for o in operations
    ):
        context.log.step("left running: another resource of this deploy started it")
        return Complete()
    began = context.request.started_at - CLOCK_TOLERANCE
    own = [o for o in operations if o.kind == STOP and o.started >= began]
    latest = own[0] if own else None
    pending = latest is not None and latest.pending
    overdue = context.request.elapsed(context.now) > GRACEFUL_SECONDS
    if context.rolling_back:
        # Cleaning up after a failed create: the job may be sick, and a sick job gets no snapshot.
        if application.status in FORCEABLE and (overdue or not pending):
            _force(context, "failed create")
    elif overdue or any(stop.failed for stop in own):
        if application.status in FORCEABLE and (overdue or not pending):
            _check_state_loss(context, application, own)
            _force(context, "the graceful stop failed or hangs")
    elif application.status == RUNNING and latest is None:
        _stop_gracefully(context, application)
    return NotYet(f"application {application.name} to stop (now {application.status})")


def _stop_gracefully(context: Context, application: Application) -> None:
    try:
        operation = context.drive().stop(force=False)
    except ServiceError as error:
        if not error.unsavable:
            raise
        _check_state_loss(context, application, [])
        _force(context, error.detail)
    else:
        context.log.step("stop gracefully", operation=operation)


def _force(context: Context, why: str) -> None:
    operation = context.drive().stop(force=True)
    context.log.step("force-stop", why=why, operation=operation)


def _check_state_loss(context: Context, application: Application, own: list[Operation]) -> None:
    """A forced stop gives up what came after the newest snapshot: only as much as is allowed."""
    newest = context.newest(context.service.snapshots.list())
    began = own[-1].started if own else context.now
    if newest and newest.created >= began - context.request.max_state_loss:
        return
    have = (
        f"its newest READY snapshot, {newest.name}, is older than max_state_loss allows"
        if newest
        else "it has no READY snapshot"
    )
    last = f" (operation {own[0].id})" if own else ""
    raise DeployFailedError(
        f"Application {application.name} is {application.status} and could not be stopped with its "
        f"state{last}; {have}. Stop it yourself (aws "
        f"kinesisanalyticsv2 stop-application --application-name {application.name} --force), "
        "then delete the stack again."
    )
