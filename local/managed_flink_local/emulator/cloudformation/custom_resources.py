"""Custom resources with CloudFormation's own strictness."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

MAX_RESPONSE_BYTES = 4096
CHANGED_TOKEN = "Modifying service token is not allowed."
_CUSTOM = "AWS::CloudFormation::CustomResource"

Props = dict[str, Any]


def is_custom(resource_type: str) -> bool:
    """Whether the type is handled by a function of the template's."""
    return resource_type.startswith("Custom::") or resource_type == _CUSTOM


def token_error(resource_type: str, old: Props, new: Props) -> str | None:
    """CloudFormation keeps a custom resource's ServiceToken for ever."""
    changed = is_custom(resource_type) and old.get("ServiceToken") != new.get("ServiceToken")
    return CHANGED_TOKEN if changed else None


def checked_response(response: Props) -> Props:
    """The response, or the failure that CloudFormation makes of one that is too long."""
    size = len(json.dumps(response, separators=(",", ":"), ensure_ascii=False).encode())
    if size <= MAX_RESPONSE_BYTES:
        return response
    ids = ("PhysicalResourceId", "StackId", "RequestId", "LogicalResourceId")
    kept = {key: value for key, value in response.items() if key in ids}
    return {
        **kept,
        "Status": "FAILED",
        "Reason": f"Response object is too long: {size} bytes, {MAX_RESPONSE_BYTES} are allowed.",
    }


class FailedCreates:
    """Custom resources whose Create failed: the stack's rollback sends each its Delete."""

    def __init__(self) -> None:
        self._answered: dict[tuple[str, str], str] = {}
        self._failed: dict[tuple[str, str], dict[str, Any]] = {}

    def answered(self, response: Props) -> None:
        """Remember the physical id of the latest response."""
        key = (str(response.get("StackId")), str(response.get("LogicalResourceId")))
        if response.get("PhysicalResourceId"):
            self._answered[key] = str(response["PhysicalResourceId"])

    def failed(self, resource_type: str, logical_id: str, props: Props, stack_name: str) -> None:
        """A Create has failed."""
        stack_id = str(ministack.cloudformation("provisioners")._cr_stack_id(stack_name))
        self._failed[stack_id, logical_id] = {
            "PhysicalResourceId": self._answered.get((stack_id, logical_id), logical_id),
            "ResourceType": resource_type,
            "ResourceStatus": "CREATE_FAILED",
            "LogicalResourceId": logical_id,
            "Properties": props,
            "Attributes": {},
        }

    def take(self, stack_id: str) -> dict[str, dict[str, Any]]:
        """What failed in this stack, by logical id; once."""
        keys = [key for key in self._failed if key[0] == stack_id]
        return {key[1]: self._failed.pop(key) for key in keys}


def install() -> FailedCreates:
    """Make the engine as strict; the provisioning wrapper reports failed Creates."""
    failures = FailedCreates()
    stacks = ministack.cloudformation("stacks")

    def deliver(original: Callable[..., bool]) -> Callable[..., bool]:
        def checked(token: str, response: Props) -> bool:
            failures.answered(response)
            return original(token, checked_response(response))

        return checked

    def refuse(original: Callable[..., str | None]) -> Callable[..., str | None]:
        # The engine asks this before it notes an update as begun; what is refused here is not
        # sent back by the rollback.
        def refused(
            resource_type: str, old: Props, new: Props, physical_id: str | None = None
        ) -> str | None:
            return token_error(resource_type, old, new) or original(
                resource_type, old, new, physical_id
            )

        return refused

    def roll_back(original: Callable[..., Any]) -> Callable[..., Any]:
        async def with_deletes(
            stack_name: str, stack_id: str, stack: Props, operation: Props, *more: str, **named: str
        ) -> None:
            for logical_id, record in failures.take(stack_id).items():
                stack.setdefault("_resources", {})[logical_id] = record
                operation.setdefault("created", []).append(logical_id)
            await original(stack_name, stack_id, stack, operation, *more, **named)

        return with_deletes

    ministack.replace(ministack.cloudformation("custom_resource"), "deliver_response", deliver)
    ministack.replace(stacks, "_custom_named_replacement_error", refuse)
    ministack.replace(stacks, "_roll_back_operation", roll_back)
    return failures
