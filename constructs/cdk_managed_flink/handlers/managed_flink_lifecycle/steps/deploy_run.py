"""The run of the version that this deploy asks for: its begin, and whether it still is that."""

from __future__ import annotations

from collections.abc import Sequence

from ..values.application import ROLLBACK, START, STOP, UPDATE, Operation
from ..values.request import Request
from . import history
from .rejection import named


def begin_of(request: Request, operations: Sequence[Operation]) -> Operation | None:
    """The first start of this deploy: ours, even where its reply was lost.

    For an application that CloudFormation updated while it ran, that update.
    """
    first: Operation | None = None
    for operation in operations:
        if operation.started < request.since:
            break
        if operation.kind == STOP and operation.started < request.started_at:
            break  # Prepare's: what was started before it is not the new version
        if operation.kind == START:
            first = operation
    if first is None and request.in_place and ran_before(request, operations):
        return update_of(request, operations)
    return first


def update_of(request: Request, operations: Sequence[Operation]) -> Operation | None:
    """This deploy's update of the application."""
    own = (o for o in operations if o.kind == UPDATE and o.started >= request.since)
    return next(own, None)


def ran_before(request: Request, operations: Sequence[Operation]) -> bool:
    """Whether the application ran when this deploy's update came."""
    update = update_of(request, operations)
    before = [o for o in operations if update and o.started < update.started]
    turn = history.last_turn(before)
    return turn is not None and turn.kind == START and not turn.failed


def overtaken(request: Request, start: Operation | None, operations: Sequence[Operation]) -> str:
    """Whether another version runs than the one asked for, and why."""
    began = start.started if start else request.since
    for operation in operations:
        if operation.started < began:
            break
        if operation.kind == ROLLBACK:
            return f"the service rolled it back to an earlier version{named(operation)}"
        if operation.kind == UPDATE and start is not None and operation.id != start.id:
            return f"it was updated again before it was proved healthy{named(operation)}"
    return ""


def left_alone(request: Request, start: Operation, operations: Sequence[Operation]) -> bool:
    """Whether a bounded job that no longer runs was started well and stopped by nobody."""
    stopped = any(o.kind == STOP and o.started >= start.started for o in operations)
    return request.bounded and not start.failed and not stopped
