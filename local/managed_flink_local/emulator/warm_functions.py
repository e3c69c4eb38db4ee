"""A handler that fails ends its invocation, not its process, as on Lambda.

CDK's provider framework answers "not yet" by failing: without this, each poll of a custom resource
would start Node anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

# How ministack says that the process itself is at fault.
_OF_THE_PROCESS = ("Task timed out", "Worker process died", "No JSON response", "Worker returned")

Invoke = Callable[..., dict[str, Any]]
End = Callable[..., None]


class _Spared(threading.local):
    """What the invocation of this thread would have ended."""

    active = False
    process: Any = None


def install() -> None:
    """Put the process back that an invocation has failed in."""
    runtime, spared = ministack.core("lambda_runtime"), _Spared()
    signal, collect = runtime._signal, runtime._collect

    def wait(original: End) -> End:
        def ended(process: Any, *more: object) -> None:  # noqa: ANN401
            if spared.active:
                spared.process = process
            else:
                original(process, *more)

        return ended

    def warm(original: Invoke) -> Invoke:
        def invoke(worker: Any, *arguments: object, **named: object) -> dict[str, Any]:  # noqa: ANN401
            spared.active, spared.process = True, None
            try:
                response = original(worker, *arguments, **named)
            finally:
                spared.active = False
            process, spared.process = spared.process, None
            if process is None:
                return response
            failed = str(response.get("error", ""))
            alive = process.poll() is None and not failed.startswith(_OF_THE_PROCESS)
            if alive and worker._proc is None:
                worker._proc = process
            else:
                signal(process)
                collect(process, 0.0)
            return response

        return invoke

    ministack.replace(runtime, "_signal", wait)
    ministack.replace(runtime, "_collect", wait)
    ministack.replace(runtime.Worker, "invoke", warm)
