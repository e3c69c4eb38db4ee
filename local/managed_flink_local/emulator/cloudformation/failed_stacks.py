"""What is left of an operation that failed: kept as it is, or deleted after all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.cloudformation.custom_resources import FailedCreates

Props = dict[str, Any]


def held(old: Props, new: Props, operation: Props) -> Props:
    """The template of what a stack holds after a failure that was not rolled back.

    The emulator keeps the template from before the operation. So the way back to it would be no
    change to it, and after a failed create nothing would say what is to be retained.
    """
    before, wanted = old.get("Resources", {}), new.get("Resources", {})
    done = set(operation.get("created", []))
    resources = {key: definition for key, definition in before.items() if key not in done}
    resources |= {key: wanted[key] for key in wanted if key in done}
    return {**new, "Resources": resources}


def install(failures: FailedCreates) -> None:
    """Let a failed stack be updated again and deleted as on AWS."""
    formation = ministack.cloudformation()
    handlers = ministack.cloudformation("handlers")

    def deploy(original: Callable[..., Any]) -> Callable[..., Any]:
        async def kept(
            stack_name: str, stack_id: str, template: Props, *more: object, **named: object
        ) -> None:
            before = formation._stacks[stack_name].get("_template") or {}
            await original(stack_name, stack_id, template, *more, **named)
            stack = formation._stacks.get(stack_name) or {}
            operation = stack.get("_failed_operation")
            if operation is not None:
                old = before if operation["is_update"] else {}
                stack["_template"] = held(old, template, operation)

        return kept

    def delete(original: Callable[[Props], Any]) -> Callable[[Props], Any]:
        def complete(params: Props) -> Any:  # noqa: ANN401
            stack = handlers._resolve_stack(params.get("StackName", [""])[0])
            if stack is not None:
                # Resources that a rollback could not delete, and custom resources whose Create
                # failed, are the stack's until they are deleted.
                stuck = {
                    key: record
                    for key, record in stack.pop("_rollback_failed", {}).items()
                    if "RevertTo" not in record
                }
                stack["_resources"] = {**stuck, **failures.take(stack["StackId"])} | stack.get(
                    "_resources", {}
                )
            return original(params)

        return complete

    for module in ("handlers", "changesets"):
        ministack.replace(ministack.cloudformation(module), "_deploy_stack_async", deploy)
    actions = handlers._ACTION_HANDLERS
    actions["DeleteStack"] = delete(actions["DeleteStack"])
