"""Each status of a stack as an event on the default bus, and the one status that was missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

STACK = "AWS::CloudFormation::Stack"
DETAIL_TYPE = "CloudFormation Stack Status Change"
CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"


def _publish(stack_id: str, status: str, reason: str, request_token: str) -> None:
    detail = {
        "stack-id": stack_id,
        "status-details": {"status": status, "status-reason": reason},
        "client-request-token": request_token,
    }
    entry = {
        "Source": "aws.cloudformation",
        "DetailType": DETAIL_TYPE,
        "Detail": json.dumps(detail),
        "Resources": [stack_id],
    }
    ministack.service("eventbridge")._put_events({"Entries": [entry]}, allow_aws_source=True)


def install() -> None:
    """Publish what is recorded as an event of a stack itself."""
    stacks = ministack.cloudformation("stacks")

    def recorded(original: Callable[..., None]) -> Callable[..., None]:
        def add(
            stack_id: str,
            stack_name: str,
            logical_id: str,
            resource_type: str,
            status: str,
            reason: str = "",
            physical_id: str = "",
            detailed_status: str = "",
        ) -> None:
            original(
                stack_id,
                stack_name,
                logical_id,
                resource_type,
                status,
                reason,
                physical_id,
                detailed_status,
            )
            # A nested stack is also a resource of its parent, under another stack's id.
            if resource_type == STACK and physical_id == stack_id:
                _publish(stack_id, status, reason, stacks.CLIENT_REQUEST_TOKEN.get())

        return add

    def cleaning(original: Callable[..., Any]) -> Callable[..., Any]:
        # The outputs are the last that can fail; what comes after them removes what is no
        # longer wanted, which CloudFormation does in a status of its own.
        def resolved(*arguments: Any) -> Any:  # noqa: ANN401
            result = original(*arguments)
            stack_name, stack_id = arguments[-2:]
            stack = ministack.cloudformation()._stacks[stack_name]
            if stack["StackStatus"] == "UPDATE_IN_PROGRESS":
                stack["StackStatus"] = CLEANUP
                stacks._add_event(stack_id, stack_name, stack_name, STACK, CLEANUP, "", stack_id)
            return result

        return resolved

    for module in ("stacks", "handlers", "changesets"):
        ministack.replace(ministack.cloudformation(module), "_add_event", recorded)
    ministack.replace(stacks, "_resolve_stack_outputs", cleaning)
