"""The stops of this deploy, the snapshot that they took, and what may take its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..rules import restore
from ..values.application import START, STOP, Operation
from ..values.outcome import NotYet
from ..values.request import CLOCK_TOLERANCE
from ..values.snapshot import FAILED, Snapshot
from . import history, messages
from .context import Context

# How long a snapshot may be missing from the list after the stop that took it.
LISTING_DELAY = timedelta(seconds=60)
# How long an application may be stopped without an operation that explains it.
UNEXPLAINED_SECONDS = 180


def stops_of(context: Context) -> list[Operation]:
    """This deploy's stops, newest first; none once somebody started the application again."""
    own: list[Operation] = []
    for operation in context.service.operations():
        if operation.started < context.request.since or operation.kind == START:
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


def young_enough(context: Context, snapshots: list[Snapshot], began: datetime) -> Snapshot | None:
    """The newest snapshot, if the stop itself took it or it is young enough."""
    newest = context.newest(snapshots)
    if newest and newest.created >= began - max(context.request.max_state_loss, CLOCK_TOLERANCE):
        return newest
    return None


def unexplained(context: Context) -> bool:
    """Whether no operation explains why it is stopped: our own stop may not be listed yet."""
    if context.request.bounded or context.request.elapsed(context.now) > UNEXPLAINED_SECONDS:
        return False
    operations = context.service.operations()
    turn = history.last_turn(operations)
    if turn is None or turn.kind != START or turn.failed:
        return False
    return history.failure_since(operations, turn) is None
