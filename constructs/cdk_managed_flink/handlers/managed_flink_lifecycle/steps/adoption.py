"""An application that CloudFormation imported: it is what it was before.

An import takes a resource as it is. A pipeline that was destroyed comes back with a new role, and
perhaps other places to read and write, so its application is updated to the template's role, code,
runtime and property groups before it is started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..contract import Definition
from ..values.application import UPDATE, Application
from ..values.outcome import DeployFailedError, NotYet
from .context import Context


def poll(context: Context, application: Application) -> NotYet | None:
    """One step towards the template's definition; None when the application has it."""
    request = context.request
    wanted: Definition = request.prove.definition
    imported = request.is_create and application.created and application.created < request.since
    if not imported or _same(application.definition, wanted):
        return None
    own = [
        operation
        for operation in context.service.operations()
        if operation.kind == UPDATE and operation.started >= request.since
    ]
    if own and own[0].pending:
        return NotYet(f"the imported application to be updated (operation {own[0].id})")
    if own and not own[0].failed:
        return None  # it is as near as it gets
    if own:
        why = context.service.operation_failure(own[0]) or own[0].status
        raise DeployFailedError(
            f"Application {application.name} was imported and could not be updated to the "
            f"template's role, code and properties (operation {own[0].id}): {why}"
        )
    operation = context.drive().redefine(application.version, wanted)
    context.log.step("imported: update to the template's definition", operation=operation)
    return NotYet(f"the imported application to be updated (operation {operation})")


def _same(one: Definition, other: Definition) -> bool:
    """Whether both are the same job; groups that one does not have are not compared."""
    groups = (one.property_groups, other.property_groups)
    if None not in groups and _sorted(groups[0]) != _sorted(groups[1]):
        return False
    return replace(one, property_groups=None) == replace(other, property_groups=None)


def _sorted(groups: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401
    return sorted(groups, key=lambda group: str(group["PropertyGroupId"]))
