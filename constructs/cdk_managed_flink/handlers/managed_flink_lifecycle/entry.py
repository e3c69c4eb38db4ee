"""The Lambda functions: `on_event` and `is_complete` of CDK's provider framework, `reconcile`.

The framework passes the answer of `on_event` to every poll and keeps nothing between polls. An
error in a poll fails the deploy, so a transient one is answered with "not yet".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from .aws import metrics
from .aws.calls import ServiceError, TransientError
from .aws.clients import Clients as Clients
from .aws.clients import aws
from .aws.job_log import JobLog
from .aws.service import FlinkService
from .aws.stack import OwnStack, physical_id
from .aws.step_log import StepLog
from .contract import ContractError, ReconcileEvent, ResourceType
from .message import key_of
from .reconciler.reconciler import Reconciler
from .rules.reason import duration, one_line, shorten
from .steps import prepare, prove, rollback
from .steps.context import Context, SupersededError
from .steps.rejection import FORCED_STOP_SECONDS
from .values.outcome import Complete, DeployFailedError, NotYet, Outcome
from .values.request import SHORT_NAMES, Request

Poll = Callable[[Context], Outcome]
AtDeadline = Callable[[Context, NotYet], Outcome]
RESOURCES: Mapping[str, tuple[Poll, AtDeadline]] = {
    ResourceType.PREPARE: (prepare.poll, prepare.at_deadline),
    ResourceType.PROVE: (prove.poll, prove.at_deadline),
}
# How long the policy of a new role may take until it is in force everywhere.
PERMISSION_DELAY_SECONDS = 120


def on_event(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """Begins a request; neither raises nor waits."""
    return begin(event, aws, datetime.now(UTC))


def is_complete(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """One poll."""
    return step(event, aws(), datetime.now(UTC))


def reconcile(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """One run of the reconciler."""
    return look(event, aws(), datetime.now(UTC))


def begin(
    event: Mapping[str, Any], clients: Callable[[], Clients], now: datetime
) -> dict[str, str]:
    """The answer of `on_event`. `clients` is called only here, so that it may fail too."""
    request = Request.of(event, now)
    answer = {"PhysicalResourceId": _physical_id(event, request), "StartedAt": now.isoformat()}
    try:
        # Decided once: polls of a deploy may outlive it and must not act in its rollback.
        stack = OwnStack(clients().cloudformation, request.stack_id)
        answer["Rollback"] = "true" if stack.rolling_back() else "false"
        began = stack.operation_began()
        if began is not None and began < now:
            answer["Since"] = began.isoformat()
    except Exception as error:  # the polls ask again, where failing is allowed
        _log(request).step("stack status unknown as yet", error=str(error))
    return answer


def step(event: Mapping[str, Any], clients: Clients, now: datetime) -> dict[str, Any]:
    """The answer of `is_complete`; a failure is one exception whose message is the reason."""
    failure: str
    try:
        outcome = _poll(event, clients, now)
        if isinstance(outcome, NotYet):
            return {"IsComplete": False}
        _first_measure(event, clients, now)
        return {"IsComplete": True, "Data": dict(outcome.data)}
    except (DeployFailedError, ContractError) as failed:
        failure = str(failed)
    except SupersededError as superseded:
        failure = f"{superseded} Application {Request.of(event, now).application} is left to that."
    except ServiceError as refused:
        failure = (
            f"Application {Request.of(event, now).application}: {refused.operation} was refused "
            f"({refused.code}): {one_line(refused.detail)}"
        )
    failure = shorten(failure)
    _log(Request.of(event, now)).step("fail", reason=failure)
    raise DeployFailedError(failure)


def _first_measure(event: Mapping[str, Any], clients: Clients, now: datetime) -> None:
    """Publishes the metrics once, so that an alarm of the same deploy finds a datapoint."""
    request = Request.of(event, now)
    if request.kind == ResourceType.PROVE and not request.is_delete:
        metrics.publish(
            clients.cloudwatch,
            _log(request),
            namespace=request.prove.metric_namespace,
            application=request.application,
            at=now,
            stuck=False,
            age=0,
        )


def look(event: Mapping[str, Any], clients: Clients, now: datetime) -> dict[str, str]:
    """The answer of `reconcile`. An error that a service answers is logged, not raised."""
    asked = ReconcileEvent.of(event)
    return Reconciler(
        event=asked,
        service=FlinkService(clients.flink, asked.application_name),
        stack=OwnStack(clients.cloudformation, asked.stack_id),
        job_log=JobLog(clients.logs, asked.log_group_name, asked.log_stream_name),
        cloudwatch=clients.cloudwatch,
        sns=clients.sns,
        log=StepLog(
            resource="reconciler", request=asked.trigger, application=asked.application_name
        ),
        now=now,
    ).run()


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
    except SupersededError as superseded:
        if request.rollback and not request.is_delete:
            return rollback.give_up(log, request.application, superseded)
        raise
    except TransientError as passing:
        log.step("not yet", passing=str(passing))
        waiting = NotYet(f"the service to answer ({passing})")
        if request.elapsed(now) > request.deadline_seconds + FORCED_STOP_SECONDS:
            if (context.rolling_back if context else request.rollback) and not request.is_delete:
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
    request = _begun(request, stack, now, log)
    if request.rollback is False and rolling_back_now and not request.is_delete:
        raise DeployFailedError(
            f"The stack is being rolled back: application {request.application} is left to that."
        )
    return Context(
        request=request,
        clients=clients,
        service=FlinkService(clients.flink, request.application),
        stack=stack,
        log=log,
        now=now,
        rolling_back=rolling_back_now if request.rollback is None else request.rollback,
    )


def _begun(request: Request, stack: OwnStack, now: datetime, log: StepLog) -> Request:
    """The request with the begin of the stack's operation, if `on_event` could not read it."""
    if request.since_known:
        return request
    try:
        return request.begun_at(stack.operation_began())
    except ServiceError as refused:
        if refused.denied and request.elapsed(now) < PERMISSION_DELAY_SECONDS:
            raise
        log.step("the begin of the stack's operation is not known", refused=str(refused))
        return request


def _physical_id(event: Mapping[str, Any], request: Request) -> str:
    """Named after the application; another application is another resource to CloudFormation."""
    renamed = request.application != request.old_properties.get(key_of("application_name"))
    present = str(event.get("PhysicalResourceId") or "")
    if present and (request.is_delete or not renamed):
        return present
    return physical_id(request.application, SHORT_NAMES.get(request.kind, "unknown"))


def _log(request: Request) -> StepLog:
    return StepLog(
        resource=SHORT_NAMES.get(request.kind, request.kind),
        request=f"{request.request_type} {request.request_id}",
        application=request.application,
    )
