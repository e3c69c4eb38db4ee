"""The service's log of operations on a stopped application: who stopped it, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..aws.stack import OwnStack
from ..values.application import START, STOP, SUCCESSFUL, UPDATE, Operation


def last_turn(operations: Sequence[Operation]) -> Operation | None:
    """The newest start, or stop that did not fail; `operations` are newest first."""
    turns = (o for o in operations if o.kind == START or (o.kind == STOP and not o.failed))
    return next(turns, None)


def stopped_by_hand(
    operations: Sequence[Operation], stack: OwnStack, application: str
) -> Operation | None:
    """The stop by which a person, or a tool of theirs, stopped the application.

    A deploy's own stops lie where Prepare or Prove was under way. A start that failed, and a job
    that ended or fell to READY, are nobody's will.
    """
    turn = last_turn(operations)
    if turn is None or turn.kind != STOP or turn.status != SUCCESSFUL:
        return None
    return None if stack.at_work_on(application, turn.started) else turn


def failure_since(operations: Sequence[Operation], start: Operation) -> Operation | None:
    """The failed update or scaling that a running application fell by; None if there is none."""
    later = (o for o in operations if o.started > start.started and "Snapshot" not in o.kind)
    newest = next(later, None)
    return newest if newest is not None and newest.failed else None


def finished(operations: Sequence[Operation]) -> bool:
    """Of a stopped application: whether its job came to its end by itself."""
    turn = last_turn(operations)
    if turn is None or turn.kind != START or turn.status != SUCCESSFUL:
        return False
    return failure_since(operations, turn) is None


def has_run(operations: Sequence[Operation]) -> bool:
    """Whether the application ever ran: only one that never did has no state to lose."""
    return any(o.kind == START and o.status == SUCCESSFUL for o in operations)


def may_start_empty(operations: Sequence[Operation], *, bounded: bool) -> bool:
    """Of a stopped application without a snapshot: whether there is no state to lose."""
    return not has_run(operations) or (bounded and finished(operations))


def update_reached(operations: Sequence[Operation], began: datetime, until: datetime) -> bool:
    """Whether the update that began then changed or started the application.

    Prove comes after the update: its start says the same.
    """
    return any(
        o.started >= began and (o.kind == UPDATE or (o.kind == START and o.started < until))
        for o in operations
    )
