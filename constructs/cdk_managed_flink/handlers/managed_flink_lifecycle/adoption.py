"""An application that CloudFormation imported: it has the role and the code that it had before.

An import takes a resource as it is. A pipeline that was destroyed comes back with a new role, so
its application is updated to what the template asks for before it is started.
"""

from __future__ import annotations

from .context import Context
from .outcome import DeployFailedError, NotYet
from .service import UPDATE, Application


def poll(context: Context, application: Application) -> NotYet | None:
    """One step towards the template's definition; None when the application has it."""
    request = context.request
    wanted = request.definition
    imported = request.is_create and application.created and application.created < request.since
    if wanted is None or not imported or application.definition == wanted:
        return None
    own = [
        operation
        for operation in context.service.operations()
        if operation.kind == UPDATE and operation.started >= request.since
    ]
    if own and own[0].pending:
        return NotYet(f"the imported application to be updated (operation {own[0].id})")
    if own and own[0].failed:
        why = context.service.operation_failure(own[0]) or own[0].status
        raise DeployFailedError(
            f"Application {application.name} was imported and could not be updated to the "
            f"template's role, code and runtime (operation {own[0].id}): {why}"
        )
    operation = context.drive().redefine(application.version, wanted)
    context.log.step("imported: update to the template's role and code", operation=operation)
    return NotYet(f"the imported application to be updated (operation {operation})")
