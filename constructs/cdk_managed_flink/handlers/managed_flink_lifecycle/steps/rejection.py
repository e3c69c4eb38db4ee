"""A version that is not proved: stop it, say why, and let CloudFormation take it back."""

from __future__ import annotations

from ..aws.calls import ServiceError
from ..rules import gate as health
from ..rules.failure_log import is_second_hand
from ..rules.gate import HealthGate, Observation
from ..rules.proof import MAX_FAILED, proof_of
from ..rules.reason import CAUSE_BYTES, duration, one_line, sentence, shorten
from ..values.application import FORCEABLE, STOP, Application, Operation
from ..values.outcome import DeployFailedError, NotYet
from . import incompatibility, start_failure
from .context import Context

# What a forced stop may take once the deadline has passed; the provider waits 55 minutes.
FORCED_STOP_SECONDS = 240
# The service's quota for an application (Quotas, "Snapshots per application").
SNAPSHOT_LIMIT = 1000


def reject(
    context: Context,
    application: Application,
    start: Operation | None,
    why: str,
    seen: Observation | None = None,
) -> NotYet:
    """Force-stops, so that CloudFormation's rollback finds a READY application; then fails."""
    late = context.request.elapsed(context.now) - context.request.deadline_seconds
    if application.stopped or late > FORCED_STOP_SECONDS:
        raise DeployFailedError(_reason(context, application, start, why, seen))
    if application.status in FORCEABLE:
        try:
            operation = context.drive().stop(force=True)
        except ServiceError as refused:  # the reason matters more than that it could not be stopped
            context.log.step("sick, and not stopped", why=why, refused=str(refused))
            raise DeployFailedError(_reason(context, application, start, why, seen)) from None
        context.log.step("sick: force-stop", why=why, operation=operation)
    return NotYet(f"{why}; then for the forced stop (now {application.status})")


def fell_back(context: Context, application: Application, start: Operation) -> NotYet:
    """It was started and is READY again: by a failure, by our own forced stop, or by a person.

    After our own stop the reason is worked out again from what the run left behind.
    """
    gate = HealthGate.of(context.request.prove.gate)
    seen = context.evidence.observe(start.ran_from, context.now)
    why = health.sickness(gate, seen)
    if start.failed:
        known = seen.failures.cause
        if not known and start_failure.log_is_due(context.evidence.log, start, context.now):
            return NotYet(f"the log of the failed start{named(start)}")
        detail = context.service.operation_failure(start)
        tells = detail and not is_second_hand(detail)
        why = f"it did not start{named(start)}{f': {detail}' if tells else ''}"
    elif not why:
        why = _why_stopped(context, application, start, gate, seen)
    return reject(context, application, start, why, seen)


def late_for_gate(waited: float, missing: str) -> str:
    """Why a version is rejected that neither failed nor was proved."""
    return f"it was not proved healthy within {duration(waited)} of its start: {missing}"


def no_snapshot(application: Application, listed: int, detail: str = "") -> str:
    """Why a steady version is rejected that no snapshot can be taken of."""
    why = f"a snapshot of it did not become READY{f' ({detail})' if detail else ''}"
    if listed < SNAPSHOT_LIMIT:
        return why
    return (
        f"{why}: it has the service's limit of {SNAPSHOT_LIMIT} snapshots, none of them the "
        "library's own; delete some (aws kinesisanalyticsv2 delete-application-snapshot "
        f"--application-name {application.name} …)"
    )


def what_follows(context: Context, application: Application | None = None) -> str:
    """What state the failure leaves, and what comes next."""
    if application and application.status in FORCEABLE:
        return (
            f"It is still {application.status}: stop it (aws kinesisanalyticsv2 stop-application "
            f"--application-name {application.name} --force), then deploy again."
        )
    if application and not application.stopped:
        return f"It is still {application.status}: wait until that is over, then deploy again."
    prepared = context.request.prove.prepared
    if context.request.is_create:
        kept = f" Its state is in snapshot {prepared}." if prepared else ""
        return f"It is stopped.{kept} Mend the cause and deploy again."
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
    stop = next((o for o in stops if o.started >= start.ran_from), None)
    stopped_at = stop.started if stop else context.now
    if context.request.elapsed(stopped_at) > context.request.deadline_seconds:
        deadline = duration(context.request.deadline_seconds)
        return f"it was not proved within {deadline}, the deadline of the deploy"
    snapshots = context.service.snapshots
    listed = snapshots.list()
    proof = proof_of(listed, context.request.digest, application.version, start.ran_from)
    name = snapshots.name_of(proof.label)
    if proof.failed:
        return f"{MAX_FAILED} snapshots of it failed, last {name}"
    verdict = health.steadiness(gate, seen, stopped_at)
    if not proof.status and verdict.steady:
        return no_snapshot(application, len(listed))
    waited = (stopped_at - (start.ended or start.started)).total_seconds()
    if waited > gate.deadline_seconds:
        missing = f"snapshot {name} did not become READY" if verdict.steady else verdict.text
        return late_for_gate(waited, missing)
    if stop:
        return f"it was stopped before it was proved healthy{named(stop)}"
    return (
        "it left RUNNING before it was proved healthy: its job ended, or the service stopped it "
        "(a job that is meant to end needs bounded=True)"
    )


def _reason(
    context: Context,
    application: Application,
    start: Operation | None,
    why: str,
    seen: Observation | None,
) -> str:
    if seen is None and start:
        seen = context.evidence.observe(start.ran_from, context.now)
    cause = seen.failures.cause if seen else ""
    where = context.evidence.log.where(start.ran_from, context.now) if start else ""
    if not cause and start:
        cause = context.evidence.log.error(start.ran_from)
    if cause and is_second_hand(cause) and not is_second_hand(why):
        cause = ""  # the operation knows more than the log
    lead = f"{sentence(shorten(one_line(cause), CAUSE_BYTES))} " if cause else ""
    rejected = "was rejected" if start else "could not be started"
    ways_out = incompatibility.ways_out(f"{cause} {why}")
    room = CAUSE_BYTES // 2
    if ways_out and not incompatibility.ways_out(cause):
        # The operation explains it better than the log of the process that gave up.
        lead, room = "", CAUSE_BYTES
    elif ways_out:
        room = CAUSE_BYTES // 4
    return (
        f"{lead}Application {application.name}, version {application.version} "
        f"(change {context.request.digest}), {rejected}: "
        f"{sentence(shorten(one_line(why), room))} "
        f"{f'{ways_out} ' if ways_out else ''}"
        f"{what_follows(context, application)}{f' {where}' if where else ''}"
    )
