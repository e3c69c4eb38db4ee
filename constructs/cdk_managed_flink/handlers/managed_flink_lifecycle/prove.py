"""Prove: start the new version by name, and complete only when it is seen to work."""

from __future__ import annotations

from . import gate as health
from . import restore, rollback, stopping
from .calls import ServiceError
from .context import Context
from .gate import HealthGate, Observation
from .outcome import Complete, DeployFailedError, NotYet, Outcome
from .proof import MAX_FAILED, proof_of
from .reason import CAUSE_BYTES, duration, one_line, sentence, shorten
from .rejection import fell_back, late_for_gate, named, reject, what_follows
from .service import (
    IN_PROGRESS,
    RUNNING,
    START,
    STARTING,
    STOPPED,
    Application,
    Operation,
    Snapshot,
)


def poll(context: Context) -> Outcome:
    """One step."""
    if context.request.is_delete:
        return stopping.poll(context)
    application = context.service.describe()
    if application is None:
        raise DeployFailedError(f"Application {context.request.application} does not exist.")
    if not context.request.changed:
        return _complete(application, application.restored_from, "unchanged: nothing was touched")
    if context.rolling_back:
        return rollback.prove(context, application)
    return _forward(context, application)


def at_deadline(context: Context, waiting: NotYet) -> Outcome:
    """The answer when the deadline has passed: nothing unproven is left running."""
    request = context.request
    waited = duration(request.elapsed(context.now))
    if request.is_delete:
        raise DeployFailedError(f"Waited {waited} for {sentence(waiting.waiting_for)}")
    if context.rolling_back:
        return rollback.give_up(context.log, request.application, f"waited {waited} for it")
    application = context.service.describe()
    if application is None:
        raise DeployFailedError(f"Application {request.application} does not exist.")
    why = f"the deploy waited {waited} for {waiting.waiting_for}"
    return reject(context, application, _own_start(context), why)


def _forward(context: Context, application: Application) -> Outcome:
    start = _own_start(context)
    if application.status in STOPPED:
        if start is None:
            return _start(context)
        if start.status == IN_PROGRESS:
            return NotYet(f"the start to be seen (operation {start.id})")
        return fell_back(context, application, start)
    if application.status not in (STARTING, RUNNING):
        context.log.step("wait", status=application.status)
        return NotYet(f"its status to leave {application.status}")
    gate = HealthGate.of(context.request.section("Gate"))
    if gate.off:
        if application.status == RUNNING:
            return _complete(application, _restored(context, start), "RUNNING; no health gate")
        return NotYet(f"RUNNING (now {application.status})")
    # A start that is not ours: judge from when we came, whatever ran before.
    began = start.started if start else context.request.started_at
    seen = context.evidence.observe(began, context.now)
    sick = health.sickness(gate, seen)
    if sick:
        return reject(context, application, start, sick, seen)
    if application.status == STARTING:
        return NotYet(f"RUNNING (now STARTING{named(start)})")
    return _gate(context, application, start, gate, seen)


def _start(context: Context) -> Outcome:
    request = context.request
    snapshot = _snapshot_to_restore(context)
    allow = request.text("AllowNonRestoredState").lower() == "true"
    try:
        operation = context.service.start(snapshot=snapshot, allow_non_restored_state=allow)
    except ServiceError as error:
        raise DeployFailedError(
            f"{sentence(shorten(one_line(error.detail), CAUSE_BYTES))} The service refused to "
            f"start application {request.application} from "
            f"{f'snapshot {snapshot}' if snapshot else 'an empty state'} ({error.code}). "
            f"{what_follows(context)}"
        ) from None
    context.log.step("start", snapshot=snapshot, allow_non_restored=allow, operation=operation)
    return NotYet(f"RUNNING (operation {operation})")


def _snapshot_to_restore(context: Context) -> str:
    """By name what Prepare named; empty only when the application never had a snapshot."""
    snapshots = context.service.snapshots()
    prepared = context.request.text("Prepared")
    if not prepared:
        newest = restore.newest_ready(snapshots)
        return newest.name if newest else ""
    if not any(snapshot.name == prepared and snapshot.ready for snapshot in snapshots):
        raise DeployFailedError(
            f"Snapshot {prepared}, which holds the state of application "
            f"{context.request.application} from before this deploy, is gone or not READY. It was "
            f"not started: an older state would lose what came since. {what_follows(context)}"
        )
    return prepared


def _gate(
    context: Context,
    application: Application,
    start: Operation | None,
    gate: HealthGate,
    seen: Observation,
) -> Outcome:
    began = (start.ended or start.started) if start else context.request.started_at
    verdict = health.steadiness(gate, seen, context.now)
    missing = verdict.text
    if verdict.steady:
        since = start.started if start else context.request.since
        snapshots = context.service.snapshots()
        proof = proof_of(snapshots, context.request.digest, application.version, since)
        if proof.ready:
            evidence = f"RUNNING; {verdict.text}; snapshot {proof.name} READY"
            context.log.step("proved", evidence=evidence)
            return _complete(application, _restored(context, start), evidence)
        if proof.failed:
            why = f"{MAX_FAILED} snapshots of it failed, last {proof.name}"
            return reject(context, application, start, why, seen)
        missing = f"snapshot {proof.name} to become READY"
        if not proof.status:
            try:
                context.service.create_snapshot(proof.name)
            except ServiceError as error:
                why = f"no snapshot of it could be taken ({error.detail})"
                return reject(context, application, start, why, seen)
            context.log.step("take the proving snapshot", name=proof.name, so_far=verdict.text)
    waited = (context.now - began).total_seconds()
    if waited > gate.deadline_seconds:
        return reject(context, application, start, late_for_gate(waited, missing), seen)
    context.log.step("not proved yet", missing=missing)
    return NotYet(f"the health gate: {missing}")


def _own_start(context: Context) -> Operation | None:
    """The first start since the request: ours, even where its reply was lost."""
    starts = [
        operation
        for operation in context.service.operations()
        if operation.kind == START and operation.started >= context.request.since
    ]
    return starts[-1] if starts else None


def _restored(context: Context, start: Operation | None) -> str:
    prepared = context.request.text("Prepared")
    if prepared or start is None:
        return prepared
    older: Snapshot | None = restore.newest_ready(context.service.snapshots(), before=start.started)
    return older.name if older else ""


def _complete(application: Application, restored: str, evidence: str) -> Complete:
    return Complete(
        {
            "RestoredFrom": restored,
            "ApplicationVersionId": str(application.version),
            "Evidence": evidence,
        }
    )
