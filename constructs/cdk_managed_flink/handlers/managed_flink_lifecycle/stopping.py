"""Prove's Delete: the pipeline goes, the application stays behind, stopped."""

from __future__ import annotations

from .calls import ServiceError
from .context import Context
from .outcome import Complete, NotYet, Outcome
from .service import FORCEABLE, IN_PROGRESS, RUNNING, STOP, STOPPED

# How long a graceful stop may take before it is forced: Delete must end.
GRACEFUL_SECONDS = 1200


def poll(context: Context) -> Outcome:
    """One step."""
    application = context.service.describe()
    if application is None or application.status in STOPPED:
        context.log.step("stopped", status=application.status if application else "absent")
        return Complete()
    own = [
        operation
        for operation in context.service.operations()
        if operation.kind == STOP and operation.started >= context.request.since
    ]
    latest = own[0] if own else None
    overdue = context.request.elapsed(context.now) > GRACEFUL_SECONDS
    # Cleaning up after a failed create: the job may be sick, and a sick job gets no snapshot.
    forced = context.rolling_back or overdue or any(stop.failed for stop in own)
    pending = latest is not None and latest.status == IN_PROGRESS
    if forced and application.status in FORCEABLE and (overdue or not pending):
        operation = context.service.stop(force=True)
        why = "failed create" if context.rolling_back else "the graceful stop failed or hangs"
        context.log.step("force-stop", why=why, operation=operation)
    elif application.status == RUNNING and latest is None:
        _stop_gracefully(context)
    return NotYet(f"application {application.name} to stop (now {application.status})")


def _stop_gracefully(context: Context) -> None:
    try:
        operation = context.service.stop(force=False)
    except ServiceError as error:
        operation = context.service.stop(force=True)
        context.log.step("force-stop", why=error.detail, operation=operation)
    else:
        context.log.step("stop gracefully", operation=operation)
