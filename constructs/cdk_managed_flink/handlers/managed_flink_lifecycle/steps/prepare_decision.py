"""What Prepare does about the application before its update, decided by what one poll saw. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..contract import RestoreType, UpdateStrategy
from ..rules import restore
from ..values.application import RUNNING, STOPPING, Application, Operation
from ..values.outcome import NotYet
from ..values.request import Request
from ..values.snapshot import Snapshot
from . import history
from .deploy_stop import is_young_enough, snapshot_of, unexplained
from .messages import named

# A savepoint that takes longer than this share of the deadline will not come.
GRACEFUL_SHARE = 0.5
SWITCHED_OFF = "its snapshots are switched off (SnapshotsEnabled), so its stop takes none"


class Step(StrEnum):
    """What a poll does; the value is logged."""

    WAIT = "wait"
    STOP = "stop"
    STOP_UNSAVED = "stop without a snapshot"
    FORCE = "force-stop if little enough is lost"
    FORCE_AFTER_FAILURE = "force-stop if little enough is lost: the stop failed"
    RESTORE = "restore"
    AT_RISK = "fail: the state could be lost"
    WOULD_BE_EMPTY = "fail: it could only start empty"
    # This needs a further look before the poll can be decided.
    LOOK_AT_LINE = "look for the newest snapshot"


@dataclass(frozen=True)
class Decision:
    """A step, with its reason or what is waited for, and the snapshot to restore."""

    step: Step
    why: str = ""
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Seen:
    """The application as one poll finds it.

    Attributes:
        operations: Newest first.
        stops: This deploy's own, newest first.
        snapshots: Listed only where the application is stopped.
    """

    application: Application
    operations: Sequence[Operation]
    stops: Sequence[Operation]
    snapshots: Sequence[Snapshot]
    now: datetime


def decide(request: Request, seen: Seen) -> Decision:
    """Decides by status, stops and snapshots."""
    return _of_stopped(request, seen) if seen.application.stopped else _of_running(request, seen)


def _of_running(request: Request, seen: Seen) -> Decision:
    application, latest = seen.application, next(iter(seen.stops), None)
    if application.status == STOPPING and _overdue(request, latest, seen.now):
        return Decision(Step.FORCE, "its snapshot does not get ready")
    if application.status != RUNNING:
        return Decision(Step.WAIT, f"its status to leave {application.status}{named(latest)}")
    if latest is None:
        if request.asked.strategy is UpdateStrategy.FORCE_STOP:
            return Decision(Step.FORCE, "the update strategy is FORCE_STOP")
        return Decision(Step.STOP if application.snapshots_enabled else Step.STOP_UNSAVED)
    if latest.failed:
        return Decision(Step.FORCE_AFTER_FAILURE)
    return Decision(Step.WAIT, f"the stop to end{named(latest)}")


def _overdue(request: Request, stop: Operation | None, now: datetime) -> bool:
    began = stop.started if stop else request.started_at
    return (now - began).total_seconds() > GRACEFUL_SHARE * request.deadline_seconds


def _of_stopped(request: Request, seen: Seen) -> Decision:
    if not seen.stops:
        # Stopped before we came. A stop may have ended just now: its snapshot is the newest.
        pending = restore.creating(seen.snapshots)
        if pending:
            return Decision(Step.WAIT, f"snapshot {pending.name} to become READY")
        if unexplained(request, seen.operations, seen.now):
            return Decision(Step.WAIT, "the operation that stopped it to be listed")
        return Decision(Step.LOOK_AT_LINE)
    forced = request.asked.strategy is UpdateStrategy.FORCE_STOP
    expected = seen.application.snapshots_enabled and not forced
    taken = snapshot_of(seen.stops, seen.snapshots, seen.now, expected=expected)
    if isinstance(taken, NotYet):
        return Decision(Step.WAIT, taken.waiting_for)
    if taken is not None:
        return Decision(Step.RESTORE, snapshot=taken)
    return Decision(Step.LOOK_AT_LINE)


def decide_by_line(request: Request, seen: Seen, newest: Snapshot | None) -> Decision:
    """Decides by the newest snapshot of the line of versions that goes on."""
    if request.restore_asked.type is not RestoreType.LATEST:
        return Decision(Step.RESTORE, snapshot=newest)
    if seen.stops:
        if newest is not None and is_young_enough(request, newest, seen.stops[-1].started):
            return Decision(Step.RESTORE, snapshot=newest)
        left_none = "the stop left no READY snapshot"
        return Decision(
            Step.AT_RISK, left_none if seen.application.snapshots_enabled else SWITCHED_OFF
        )
    if newest is None and not history.may_start_empty(seen.operations, bounded=request.bounded):
        return Decision(Step.WOULD_BE_EMPTY)
    return Decision(Step.RESTORE, snapshot=newest)
