"""CDK's provider framework: a request's `on_event`, and the waiter that polls `is_complete`."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cdk_managed_flink.handlers.managed_flink_lifecycle import entry
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.lifecycle.faults import HandlerDiedError
from tests.lifecycle.world import PREPARE, PROVE, World

POLL_SECONDS = 10
TIMEOUT_SECONDS = 55 * 60
RESPONSE_BYTES = 4096
REASON_BYTES = 1500
KINDS = {PREPARE: ResourceType.PREPARE, PROVE: ResourceType.PROVE}
LOGICAL = {PREPARE: "Prepare", PROVE: "Prove"}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The handlers log by printing: thousands of deploys need not be read."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@dataclass
class Response:
    data: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    physical_id: str = ""
    seconds: float = 0
    cancelled: bool = False

    @property
    def failed(self) -> bool:
        return bool(self.reason)


@dataclass
class Waiter:
    """Polls one request until it is complete, fails or is given up: whoever still listens."""

    world: World
    event: dict[str, Any]
    caller: str
    began: datetime
    response: Response | None = None
    polls: int = 0

    def poll(self) -> None:
        if self.elapsed >= TIMEOUT_SECONDS:
            self._end(Response(reason="Operation timed out"))
            self.world.illegal(f"{self.caller} was not complete after {self.elapsed:.0f} s")
            return
        self.polls += 1
        try:
            answer = stepped(self.world, self.event, self.caller)
        except HandlerDiedError:
            answer = {"IsComplete": False}
        except DeployFailedError as failure:
            self._end(Response(reason=str(failure)))
            return
        if not answer["IsComplete"]:
            assert set(answer) == {"IsComplete"}, "the framework refuses Data with not yet"
            self.world.clock.later(POLL_SECONDS, self.poll)
            return
        assert len(json.dumps(answer)) <= RESPONSE_BYTES, "CloudFormation refuses the response"
        self._end(Response(data=answer["Data"]))

    @property
    def elapsed(self) -> float:
        return (self.world.now - self.began).total_seconds()

    def _end(self, response: Response) -> None:
        response.physical_id = self.event["PhysicalResourceId"]
        response.seconds = self.elapsed
        self.response = response
        if len(response.reason.encode()) > REASON_BYTES:
            self.world.illegal(f"a reason of {len(response.reason.encode())} bytes")


def stepped(world: World, event: dict[str, Any], caller: str) -> dict[str, Any]:
    """One poll; it raises nothing but what fails a deploy."""
    return _guarded(world, caller, lambda: entry.step(event, world.clients(caller), world.now))


def reconciled(world: World, event: dict[str, Any], caller: str) -> dict[str, Any]:
    return _guarded(world, caller, lambda: entry.look(event, world.clients(caller), world.now))


def begun(world: World, event: dict[str, Any], caller: str, *, twice: bool) -> dict[str, Any]:
    """The event with what `on_event` answered; a Lambda that died in it is invoked again."""

    def once() -> dict[str, Any]:
        return _guarded(
            world, caller, lambda: entry.begin(event, lambda: world.clients(caller), world.now)
        )

    answer: dict[str, Any] | None = None
    for attempt in range(12):
        try:
            answer = once()
        except HandlerDiedError:
            continue
        if not twice or attempt:
            break
    assert answer is not None, "on_event never answered"
    return {**event, **answer}


def _guarded(world: World, caller: str, invoke: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a handler answers, as JSON; what it may not raise is written down as a violation."""
    try:
        with quiet():
            answer: dict[str, Any] = json.loads(json.dumps(invoke()))
    except (HandlerDiedError, DeployFailedError):
        raise
    except Exception as error:
        world.illegal(f"{caller} raised {type(error).__name__}: {error}")
        raise DeployFailedError(str(error)) from error
    return answer
