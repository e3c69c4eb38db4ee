"""The run of the version that this deploy asks for: since when, and whether it still is that."""

from __future__ import annotations

from ..rules import gate as health
from ..rules.gate import HealthGate
from ..values.application import ROLLBACK, START, STOP, UPDATE, Operation
from . import history
from .context import Context
from .rejection import named


def begin_of(context: Context) -> Operation | None:
    """The first start of this deploy: ours, even where its reply was lost.

    For an application that CloudFormation updated while it ran, that update.
    """
    first: Operation | None = None
    for operation in context.service.operations():
        if operation.started < context.request.since:
            break
        if operation.kind == STOP and operation.started < context.request.started_at:
            break  # Prepare's: what was started before it is not the new version
        if operation.kind == START:
            first = operation
    if first is None and context.request.in_place and ran_before(context):
        return update_of(context)
    return first


def update_of(context: Context) -> Operation | None:
    """This deploy's update of the application."""
    operations = context.service.operations()
    own = (o for o in operations if o.kind == UPDATE and o.started >= context.request.since)
    return next(own, None)


def ran_before(context: Context) -> bool:
    """Whether the application ran when this deploy's update came."""
    update = update_of(context)
    before = [o for o in context.service.operations() if update and o.started < update.started]
    turn = history.last_turn(before)
    return turn is not None and turn.kind == START and not turn.failed


def overtaken(context: Context, start: Operation | None, operations: list[Operation]) -> str:
    """Whether another version runs than the one asked for, and why."""
    began = start.started if start else context.request.since
    for operation in operations:
        if operation.started < began:
            break
        if operation.kind == ROLLBACK:
            return f"the service rolled it back to an earlier version{named(operation)}"
        if operation.kind == UPDATE and start is not None and operation.id != start.id:
            return f"it was updated again before it was proved healthy{named(operation)}"
    return ""


def finished(context: Context, start: Operation, operations: list[Operation]) -> bool:
    """Whether its job came to its end by itself, and well."""
    if not context.request.bounded or start.failed:
        return False
    if any(o.kind == STOP and o.started >= start.started for o in operations):
        return False
    gate = HealthGate.of(context.request.prove.gate)
    return not health.sickness(gate, context.evidence.observe(start.started, context.now))
