"""What the service's log of operations tells of a stopped application: who stopped it, and why."""

from __future__ import annotations

from collections.abc import Sequence

from .service import START, STOP, SUCCESSFUL, Operation
from .stack import OwnStack


def last_turn(operations: Sequence[Operation]) -> Operation | None:
    """The newest start, or stop that did not fail; `operations` are newest first."""
    turns = (o for o in operations if o.kind == START or (o.kind == STOP and not o.failed))
    return next(turns, None)


def stopped_by_hand(operations: Sequence[Operation], stack: OwnStack) -> Operation | None:
    """The stop by which a person, or a tool of theirs, stopped the application.

    A deploy's own stops lie where the stack was at work. A start that failed, and a job that
    ended or fell to READY, are nobody's will.
    """
    turn = last_turn(operations)
    if turn is None or turn.kind != STOP or turn.status != SUCCESSFUL:
        return None
    return None if stack.busy_at(turn.started) else turn


def failure_since(operations: Sequence[Operation], start: Operation) -> Operation | None:
    """The failed update or scaling that a running application fell by; None if there is none."""
    later = (o for o in operations if o.started > start.started)
    return next((o for o in later if o.failed and "Snapshot" not in o.kind), None)
