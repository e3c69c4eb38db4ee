"""Prove's Delete: the pipeline goes, the application stays behind, stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..aws.calls import ServiceError
from ..values.application import FORCEABLE, RUNNING, START, STOP, Application, Operation
from ..values.outcome import Complete, DeployFailedError, NotYet, Outcome
from ..values.request import CLOCK_TOLERANCE, Request
from .context import Context

# How long a graceful stop may take before it counts as failed: Delete must end.
GRACEFUL_SECONDS = 1200


@dataclass(frozen=True)
class Seen:
    """The application as one poll finds it.

    Attributes:
        operations: Newest first; empty where the application is stopped.
        rolling_back: Whether a failed create is cleaned up.
    """

    application: Application | None
    operations: Sequence[Operation]
    rolling_back: bool
    now: datetime


class Decision(StrEnum):
    """What a poll does; the value is logged."""

    DONE = "stopped"
    LEAVE = "left running: another resource of this deploy started it"
    STOP = "stop gracefully"
    # A sick job gets no snapshot, and after a failed create there is no state to lose.
    FORCE = "failed create"
    FORCE_WITHIN_STATE_LOSS = "the graceful stop failed or hangs"
    WAIT = "wait"


def poll(context: Context) -> Outcome:
    """One step."""
    seen = observe(context)
    return act(context, seen, decide(context.request, seen))


def observe(context: Context) -> Seen:
    """Looks at the application, and at its operations unless it is stopped."""
    application = context.service.describe()
    stopped = application is None or application.stopped
    return Seen(
        application=application,
        operations=[] if stopped else context.service.operations(),
        rolling_back=context.rolling_back,
        now=context.now,
    )


def decide(request: Request, seen: Seen) -> Decision:
    """Decides by what was seen alone."""
    application = seen.application
    if application is None or application.stopped:
        return Decision.DONE
    started = any(o.kind == START and o.started >= request.since for o in seen.operations)
    if started and not seen.rolling_back:
        return Decision.LEAVE
    stops = own_stops(request, seen.operations)
    overdue = request.elapsed(seen.now) > GRACEFUL_SECONDS
    stopping = bool(stops) and stops[0].pending and not overdue
    may_force = application.status in FORCEABLE and not stopping
    if seen.rolling_back:
        return Decision.FORCE if may_force else Decision.WAIT
    if overdue or any(stop.failed for stop in stops):
        return Decision.FORCE_WITHIN_STATE_LOSS if may_force else Decision.WAIT
    if application.status == RUNNING and not stops:
        return Decision.STOP
    return Decision.WAIT


def own_stops(request: Request, operations: Sequence[Operation]) -> list[Operation]:
    """The stops of this request, newest first."""
    began = request.started_at - CLOCK_TOLERANCE
    return [o for o in operations if o.kind == STOP and o.started >= began]


def act(context: Context, seen: Seen, decision: Decision) -> Outcome:
    """Carries the decision out."""
    application = seen.application
    if application is None or decision in (Decision.DONE, Decision.LEAVE):
        context.log.step(decision, status=application.status if application else "absent")
        return Complete()
    if decision is Decision.STOP:
        _stop_gracefully(context, application)
    if decision is Decision.FORCE_WITHIN_STATE_LOSS:
        stops = own_stops(context.request, seen.operations)
        _check_state_loss(context, application, stops)
    if decision in (Decision.FORCE, Decision.FORCE_WITHIN_STATE_LOSS):
        _force(context, decision)
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
        context.log.step(Decision.STOP, operation=operation)


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
