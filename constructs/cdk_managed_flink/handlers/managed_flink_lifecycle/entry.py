"""The Lambda functions behind CDK's provider framework: `on_event` and `is_complete`.

The framework hands what `on_event` returned to every poll, and keeps nothing between polls.
An error in a poll fails the deploy, so what may pass by itself is answered "not yet".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

from . import prepare, prove, rollback
from .calls import Client, ServiceError, TransientError
from .context import Context
from .evidence import Evidence
from .gate import HealthGate
from .outcome import Complete, DeployFailedError, NotYet, Outcome
from .reason import duration, one_line, shorten
from .rejection import FORCED_STOP_SECONDS
from .request import PREPARE, PROVE, SHORT_NAMES, Request
from .service import FlinkService
from .stack import OwnStack
from .step_log import StepLog

Poll = Callable[[Context], Outcome]
AtDeadline = Callable[[Context, NotYet], Outcome]
RESOURCES: dict[str, tuple[Poll, AtDeadline]] = {
    PREPARE: (prepare.poll, prepare.at_deadline),
    PROVE: (prove.poll, prove.at_deadline),
}
# A new role's policy takes a while until it is in force everywhere.
PERMISSION_DELAY_SECONDS = 120


@dataclass(frozen=True)
class Clients:
    """The AWS clients that the handlers call through."""

    flink: Client
    logs: Client
    cloudwatch: Client
    cloudformation: Client


@lru_cache(maxsize=1)
def aws() -> Clients:
    """The clients, made once for each Lambda environment."""
    config = Config(
        connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 2}
    )
    return Clients(
        flink=boto3.client("kinesisanalyticsv2", config=config),
        logs=boto3.client("logs", config=config),
        cloudwatch=boto3.client("cloudwatch", config=config),
        cloudformation=boto3.client("cloudformation", config=config),
    )


def on_event(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """Begins a request: neither raises nor waits."""
    return begin(event, aws, datetime.now(UTC))


def is_complete(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """One poll."""
    return step(event, aws(), datetime.now(UTC))


def begin(
    event: Mapping[str, Any], clients: Callable[[], Clients], now: datetime
) -> dict[str, str]:
    """What `on_event` answers. `clients` is called only here, so that even it may fail."""
    request = Request.of(event, now)
    answer = {"PhysicalResourceId": _physical_id(event, request), "StartedAt": now.isoformat()}
    try:
        # Told once: a deploy whose polls outlive it must not take the rollback for its own.
        rolling_back = OwnStack(clients().cloudformation, request.stack_id).rolling_back()
        answer["Rollback"] = "true" if rolling_back else "false"
    except Exception as error:  # the polls find out, where failing is allowed
        _log(request).step("stack status unknown as yet", error=str(error))
    return answer


def step(event: Mapping[str, Any], clients: Clients, now: datetime) -> dict[str, Any]:
    """What `is_complete` answers; a failure is one exception whose message is the reason."""
    failure: str
    try:
        outcome = _poll(event, clients, now)
        if isinstance(outcome, NotYet):
            return {"IsComplete": False}
        return {"IsComplete": True, "Data": dict(outcome.data)}
    except DeployFailedError as failed:
        failure = str(failed)
    except ServiceError as refused:
        failure = f"{refused.operation} was refused ({refused.code}): {one_line(refused.detail)}"
    failure = shorten(failure)
    _log(Request.of(event, now)).step("fail", reason=failure)
    raise DeployFailedError(failure)


def _poll(event: Mapping[str, Any], clients: Clients, now: datetime) -> Outcome:
    request = Request.of(event, now)
    poll, at_deadline = RESOURCES[request.kind]
    log = _log(request)
    waiting: NotYet
    context: Context | None = None
    try:
        context = _context_of(request, clients, now, log)
        outcome = poll(context)
        if isinstance(outcome, Complete):
            return outcome
        waiting = outcome
        if request.elapsed(now) > request.deadline_seconds:
            return at_deadline(context, waiting)
    except TransientError as passing:
        log.step("not yet", passing=str(passing))
        waiting = NotYet(f"the service to answer ({passing})")
        if request.elapsed(now) > request.deadline_seconds + FORCED_STOP_SECONDS:
            if request.rollback and not request.is_delete:
                return rollback.give_up(log, request.application, passing)
            raise DeployFailedError(
                f"Application {request.application}: waited {duration(request.elapsed(now))} for "
                f"{waiting.waiting_for}."
            ) from None
    except ServiceError as refused:
        if refused.denied and request.elapsed(now) < PERMISSION_DELAY_SECONDS:
            log.step("not yet", denied=str(refused))
            return NotYet(str(refused))
        if context and context.rolling_back and not request.is_delete:
            return rollback.give_up(log, request.application, refused)
        raise
    return waiting


def _context_of(request: Request, clients: Clients, now: datetime, log: StepLog) -> Context:
    stack = OwnStack(clients.cloudformation, request.stack_id)
    rolling_back_now = stack.rolling_back()
    if request.rollback is False and rolling_back_now and not request.is_delete:
        raise DeployFailedError(
            f"The stack is being rolled back: application {request.application} is left to that."
        )
    return Context(
        request=request,
        service=FlinkService(clients.flink, request.application),
        evidence=Evidence(
            logs=clients.logs,
            cloudwatch=clients.cloudwatch,
            application=request.application,
            log_group=request.text("LogGroupName"),
            log_stream=request.text("LogStreamName"),
            metrics=request.section("Metrics"),
            period_seconds=HealthGate.of(request.section("Gate")).period_seconds,
        ),
        stack=stack,
        log=log,
        now=now,
        rolling_back=rolling_back_now if request.rollback is None else request.rollback,
    )


def _physical_id(event: Mapping[str, Any], request: Request) -> str:
    """Named for the application; another application is another resource to CloudFormation."""
    renamed = request.application != request.old_properties.get("ApplicationName")
    present = str(event.get("PhysicalResourceId") or "")
    if present and (request.is_delete or not renamed):
        return present
    return f"{request.application}/{SHORT_NAMES.get(request.kind, 'unknown')}"


def _log(request: Request) -> StepLog:
    return StepLog(
        resource=SHORT_NAMES.get(request.kind, request.kind),
        request=f"{request.request_type} {request.request_id}",
        application=request.application,
    )
