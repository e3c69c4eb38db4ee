"""The stops of this deploy, the snapshot that they took, and what may take its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..rules import restore
from ..values.application import START, STOP, Operation
from ..values.outcome import NotYet
from ..values.request import CLOCK_TOLERANCE, Request
from ..values.snapshot import FAILED, Snapshot
from . import history, messages
from .context import Context

# How long a snapshot may be missing from the list after the stop that took it.
LISTING_DELAY = timedelta(seconds=60)
# How long an application may be stopped without an operation that explains it.
UNEXPLAINED_SECONDS = 180


def stops_of(request: Request, operations: Sequence[Operation]) -> list[Operation]:
    """This deploy's stops, newest first; none once somebody started the application again."""
    own: list[Operation] = []
    for operation in operations:
        if operation.started < request.since or operation.kind == START:
            break
        if operation.kind == STOP:
            own.append(operation)
    return own


def snapshot_of(
    stops: Sequence[Operation], snapshots: Sequence[Snapshot], now: datetime, *, expected: bool
) -> Snapshot | NotYet | None:
    """The snapshot that these stops took; None if they took none and none is to come."""
    taken = restore.since(snapshots, stops[-1].started - CLOCK_TOLERANCE)
    pending = restore.creating(taken)
    if pending:
        return NotYet(f"snapshot {pending.name} to become READY")
    newest = restore.newest_ready(taken)
    if newest:
        return newest
    failed = any(s.status == FAILED for s in taken) or any(stop.failed for stop in stops)
    ended = stops[0].ended or stops[0].started
    if expected and not failed and now - ended < LISTING_DELAY:
        return NotYet(f"the snapshot of the stop to be listed{messages.named(stops[0])}")
    return None


def is_young_enough(request: Request, snapshot: Snapshot, began: datetime) -> bool:
    """Whether the stop that began then took the snapshot, or may do without one of its own."""
    return snapshot.created >= began - max(request.max_state_loss, CLOCK_TOLERANCE)


def young_enough(
    context: Context, snapshots: Sequence[Snapshot], began: datetime
) -> Snapshot | None:
    """The newest snapshot, if the stop itself took it or it is young enough."""
    newest = context.newest(snapshots)
    return newest if newest and is_young_enough(context.request, newest, began) else None


def unexplained(request: Request, operations: Sequence[Operation], now: datetime) -> bool:
    """Whether no operation explains why it is stopped: our own stop may not be listed yet."""
    if request.bounded or request.elapsed(now) > UNEXPLAINED_SECONDS:
        return False
    turn = history.last_turn(operations)
    if turn is None or turn.kind != START or turn.failed:
        return False
    return history.failure_since(operations, turn) is None
