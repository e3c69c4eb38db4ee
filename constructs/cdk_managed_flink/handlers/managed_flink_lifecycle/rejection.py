"""A version that is not proved: stop it, say why, and let CloudFormation take it back."""

from __future__ import annotations

from . import gate as health
from .calls import ServiceError
from .context import Context
from .gate import HealthGate, Observation
from .outcome import DeployFailedError, NotYet
from .proof import MAX_FAILED, proof_of
from .reason import CAUSE_BYTES, duration, one_line, sentence, shorten
from .service import FORCEABLE, STOP, STOPPED, Application, Operation

# What a forced stop may take once the deadline has passed; the provider waits 55 minutes.
FORCED_STOP_SECONDS = 240


def reject(
    context: Context,
    application: Application,
    start: Operation | None,
    why: str,
    seen: Observation | None = None,
) -> NotYet:
    """Force-stops, so that CloudFormation's rollback finds a READY application; then fails."""
    late = context.request.elapsed(context.now) - context.request.deadline_seconds
    if application.status in STOPPED or late > FORCED_STOP_SECONDS:
        raise DeployFailedError(_reason(context, application, start, why, seen))
    if application.status in FORCEABLE:
        try:
            operation = context.service.stop(force=True)
        except ServiceError as refused:  # the reason matters more than that it could not be stopped
            context.log.step("sick, and not stopped", why=why, refused=str(refused))
            raise DeployFailedError(_reason(context, application, start, why, seen)) from None
        context.log.step("sick: force-stop", why=why, operation=operation)
    return NotYet(f"{why}; then for the forced stop (now {application.status})")


def fell_back(context: Context, application: Application, start: Operation) -> NotYet:
    """It was started and is READY again: by a failure, by our own forced stop, or by a person.

    After our own stop the reason is worked out again from what the run left behind.
    """
    gate = HealthGate.of(context.request.section("Gate"))
    seen = context.evidence.observe(start.started, context.now)
    why = health.sickness(gate, seen)
    if start.failed:
        detail = context.service.operation_failure(start)
        why = f"it did not start{named(start)}{f': {detail}' if detail else ''}"
    elif not why:
        why = _why_stopped(context, application, start, gate, seen)
    return reject(context, application, start, why, seen)


def late_for_gate(waited: float, missing: str) -> str:
    """Why a version is rejected that neither failed nor was proved."""
    return f"it was not proved healthy within {duration(waited)} of its start: {missing}"


def what_follows(context: Context, application: Application | None = None) -> str:
    """What state the failure leaves, and what comes next."""
    if application and application.status not in STOPPED:
        return f"It is still {application.status}: stop it by force, then deploy again."
    if context.request.request_type == "Create":
        return "It is stopped; mend the cause and deploy again."
    prepared = context.request.text("Prepared")
    source = f" from snapshot {prepared}" if prepared else ""
    return f"It is stopped; CloudFormation's rollback starts the version before{source}."


def named(operation: Operation | None) -> str:
    """The operation's id, as a remark."""
    return f" (operation {operation.id})" if operation else ""


def _why_stopped(
    context: Context,
    application: Application,
    start: Operation,
    gate: HealthGate,
    seen: Observation,
) -> str:
    stops = (o for o in context.service.operations() if o.kind == STOP)
    stop = next((o for o in stops if o.started >= start.started), None)
    stopped_at = stop.started if stop else context.now
    if context.request.elapsed(stopped_at) > context.request.deadline_seconds:
        deadline = duration(context.request.deadline_seconds)
        return f"it was not proved within {deadline}, the deadline of the deploy"
    proof = proof_of(
        context.service.snapshots(), context.request.digest, application.version, start.started
    )
    if proof.failed:
        return f"{MAX_FAILED} snapshots of it failed, last {proof.name}"
    waited = (stopped_at - (start.ended or start.started)).total_seconds()
    if waited > gate.deadline_seconds:
        verdict = health.steadiness(gate, seen, stopped_at)
        missing = f"snapshot {proof.name} did not become READY" if verdict.steady else verdict.text
        return late_for_gate(waited, missing)
    if stop:
        return f"it was stopped before it was proved healthy{named(stop)}"
    return "it left RUNNING before it was proved healthy: its job ended, or the service stopped it"


def _reason(
    context: Context,
    application: Application,
    start: Operation | None,
    why: str,
    seen: Observation | None,
) -> str:
    if seen is None and start:
        seen = context.evidence.observe(start.started, context.now)
    cause = seen.failures.cause if seen else ""
    if not cause and start:
        cause = context.evidence.error(start.started)
    lead = f"{sentence(shorten(one_line(cause), CAUSE_BYTES))} " if cause else ""
    rejected = "was rejected" if start else "could not be started"
    return (
        f"{lead}Application {application.name}, version {application.version} "
        f"(change {context.request.digest}), {rejected}: "
        f"{sentence(shorten(one_line(why), CAUSE_BYTES // 2))} "
        f"{what_follows(context, application)}"
    )
