"""An application that CloudFormation imported: it is what it was before.

An import takes a resource as it is. A pipeline that was destroyed comes back with a new role, and
perhaps other places to read and write, so its application is updated to the template's role, code,
runtime and property groups before it is started.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..contract import Definition
from ..values.application import Application, Operation
from ..values.outcome import DeployFailedError, NotYet
from ..values.request import Request
from .context import Context
from .deploy_run import update_of


def is_due(request: Request, application: Application, operations: Sequence[Operation]) -> bool:
    """Whether the application was imported and does not have the template's definition yet."""
    imported = request.is_create and application.created and application.created < request.since
    if not imported or _same(application.definition, request.prove.definition):
        return False
    update = update_of(request, operations)
    # One that has ended well brought it as near as it gets.
    return update is None or update.pending or update.failed


def adopt(context: Context, application: Application) -> NotYet:
    """One step towards the template's definition."""
    request = context.request
    update = update_of(request, context.service.operations())
    if update is not None and update.pending:
        return NotYet(f"the imported application to be updated (operation {update.id})")
    if update is not None:
        why = context.service.operation_failure(update) or update.status
        raise DeployFailedError(
            f"Application {application.name} was imported and could not be updated to the "
            f"template's role, code and properties (operation {update.id}): {why}"
        )
    operation = context.drive().redefine(application.version, request.prove.definition)
    context.log.step("imported: update to the template's definition", operation=operation)
    return NotYet(f"the imported application to be updated (operation {operation})")


def is_same_code(one: Definition, other: Definition) -> bool:
    """Whether both run the same code on the same runtime."""
    return _code(one) == _code(other)


def _code(definition: Definition) -> tuple[str, ...]:
    return (
        definition.bucket_arn,
        definition.file_key,
        definition.object_version,
        definition.runtime,
    )


def _same(one: Definition, other: Definition) -> bool:
    """Whether both are the same job; groups that one does not have are not compared."""
    groups = (one.property_groups, other.property_groups)
    if None not in groups and _sorted(groups[0]) != _sorted(groups[1]):
        return False
    return replace(one, property_groups=None) == replace(other, property_groups=None)


def _sorted(groups: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401
    return sorted(groups, key=lambda group: str(group["PropertyGroupId"]))
