"""CancelUpdateStack does not wait for a custom resource: it is given up, its function goes on.

The emulator makes one resource after the other, so nothing else can fail while one is waited for.
On AWS a failure elsewhere does to a custom resource what a cancellation does here: the rollback
calls it again while its earlier request may still be worked on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

CANCELLED = "Resource update cancelled"


def install() -> None:
    """Answer for the custom resources of a stack whose update is cancelled."""
    requests = ministack.cloudformation("custom_resource")
    handlers = ministack.cloudformation("handlers")
    stack_of: dict[str, str] = {}
    request = threading.local()

    def invoke(original: Callable[..., Any]) -> Callable[..., Any]:
        def known(
            request_type: str,
            logical_id: str,
            props: dict[str, Any],
            stack_name: str,
            stack_id: str,
            *more: object,
            **named: object,
        ) -> Any:  # noqa: ANN401
            request.stack_id, request.token = stack_id, ""
            try:
                return original(
                    request_type, logical_id, props, stack_name, stack_id, *more, **named
                )
            finally:
                stack_of.pop(request.token, None)

        return known

    def register(original: Callable[[str], Any]) -> Callable[[str], Any]:
        def known(token: str) -> Any:  # noqa: ANN401
            event = original(token)
            request.token = token
            stack_of[token] = request.stack_id
            return event

        return known

    def cancel(original: Callable[..., Any]) -> Callable[..., Any]:
        def cancelled(params: dict[str, Any]) -> Any:  # noqa: ANN401
            response = original(params)
            if response[0] < 400:
                stack = handlers._resolve_stack(params["StackName"][0])
                for token, stack_id in list(stack_of.items()):
                    if stack_id == stack["StackId"]:
                        answer = {"Status": "FAILED", "Reason": CANCELLED}
                        requests.deliver_response(token, answer)
            return response

        return cancelled

    ministack.replace(requests, "invoke_custom_resource", invoke)
    ministack.replace(requests, "register_token", register)
    actions = handlers._ACTION_HANDLERS
    actions["CancelUpdateStack"] = cancel(actions["CancelUpdateStack"])
