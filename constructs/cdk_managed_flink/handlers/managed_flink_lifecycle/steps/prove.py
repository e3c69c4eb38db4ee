"""Prove: start the new version by name, and complete only when it is seen to work."""

from __future__ import annotations

from ..aws.calls import ServiceError
from ..contract import ProveAnswer, RestoreType
from ..message import to_flag
from ..rules import gate as health
from ..rules import restore, retention
from ..rules.gate import HealthGate, Observation
from ..rules.proof import MAX_FAILED, Proof, proof_of
from ..rules.reason import CAUSE_BYTES, duration, one_line, sentence, shorten
from ..values.application import RUNNING, STARTING, STOP, Application, Operation
from ..values.outcome import Complete, DeployFailedError, NotYet, Outcome
from ..values.snapshot import Snapshot
from . import adoption, deploy_run, history, messages, rollback, stopping
from .context import Context
from .deploy_stop import LISTING_DELAY
from .rejection import fell_back, late_for_gate, named, no_snapshot, reject, what_follows

_TOO_MANY_SNAPSHOTS = "LimitExceededException"


def poll(context: Context) -> Outcome:
    """One step."""
    if context.request.is_delete:
        return stopping.poll(context)
    application = context.service.describe()
    if application is None and context.rolling_back:
        return rollback.give_up(context.log, context.request.application, "it does not exist")
    if application is None:
        raise DeployFailedError(f"Application {context.request.application} does not exist.")
    if not context.changed:
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
    return reject(context, application, deploy_run.begin_of(context), why)


def _forward(context: Context, application: Application) -> Outcome:
    operations = context.service.operations()
    start = deploy_run.begin_of(context)
    if application.stopped and start is None:
        adopted = adoption.poll(context, application)
        if adopted is not None:
            return adopted
        if not _is_to_run(context):
            return _left_stopped(context, application, operations)
        if any(o.kind == STOP and o.started >= context.request.started_at for o in operations):
            return reject(context, application, None, "it was stopped before it was proved healthy")
        return _start(context, operations)
    if application.stopped and start is not None:
        if start.pending:
            return NotYet(f"the start to be seen (operation {start.id})")
        if deploy_run.finished(context, start, operations):
            restored = _restored(context, application, start)
            return _complete(application, restored, "its bounded job ran and finished")
        return fell_back(context, application, start)
    if application.status not in (STARTING, RUNNING):
        context.log.step("wait", status=application.status)
        return NotYet(f"its status to leave {application.status}")
    if not _is_to_run(context):
        return _complete(application, application.restored_from, "it runs: somebody started it")
    update = deploy_run.update_of(context) if context.request.in_place else None
    if update is not None and update.failed:
        why = context.service.operation_failure(update) or update.status
        return reject(context, application, start, f"its update failed{named(update)}: {why}")
    other = deploy_run.overtaken(context, start, operations)
    if other:
        return reject(context, application, start, other)
    if context.request.in_place and start is None and update is None:
        if context.request.elapsed(context.now) < LISTING_DELAY.total_seconds():
            return NotYet("its update to be listed")
        restored = application.restored_from
        return _complete(application, restored, "it runs on: nothing restarted it")
    gate = HealthGate.of(context.request.prove.gate)
    if gate.off:
        if application.status == RUNNING:
            return _complete(
                application, _restored(context, application, start), "RUNNING; no health gate"
            )
        return NotYet(f"RUNNING (now {application.status})")
    # Started by somebody else: judge from when we came, whatever ran before.
    began = start.ran_from if start else context.request.started_at
    seen = context.evidence.observe(began, context.now)
    sick = health.sickness(gate, seen)
    if sick:
        return reject(context, application, start, sick, seen)
    if application.status == STARTING:
        return NotYet(f"RUNNING (now STARTING{named(start)})")
    return _gate(context, application, start, gate, seen)


def _is_to_run(context: Context) -> bool:
    request = context.request
    return not request.should_be_stopped and to_flag(request.prove.run)


def _left_stopped(
    context: Context, application: Application, operations: list[Operation]
) -> Complete:
    newest = context.newest(context.service.snapshots.list())
    state = f"; its state is in snapshot {newest.name}" if newest else ""
    if context.request.should_be_stopped:
        return _complete(application, "", f"stopped, as desired_state asks{state}")
    turn = history.last_turn(operations)
    when = f" by operation {turn.id} at {turn.started:%Y-%m-%d %H:%M} UTC" if turn else ""
    return _complete(
        application,
        "",
        f"left stopped, since it was stopped by hand{when}{state}. To start it: aws "
        f"kinesisanalyticsv2 start-application --application-name {application.name}, or deploy "
        "with desired_state=DesiredState.ALWAYS_RUNNING",
    )


def _start(context: Context, operations: list[Operation]) -> Outcome:
    request = context.request
    snapshot = _snapshot_to_restore(context, operations)
    allow = to_flag(request.prove.allow_non_restored_state)
    try:
        operation = context.drive().start(snapshot=snapshot, allow_non_restored_state=allow)
    except ServiceError as error:
        raise DeployFailedError(
            f"{sentence(shorten(one_line(error.detail), CAUSE_BYTES))} The service refused to "
            f"start application {request.application} from "
            f"{f'snapshot {snapshot.name}' if snapshot else 'an empty state'} ({error.code}). "
            f"{what_follows(context)}"
        ) from None
    context.log.step(
        "start",
        snapshot=snapshot.name if snapshot else "",
        allow_non_restored=allow,
        operation=operation,
    )
    return NotYet(f"RUNNING (operation {operation})")


def _snapshot_to_restore(context: Context, operations: list[Operation]) -> Snapshot | None:
    """By name what a person or Prepare named; empty only if asked, or if it never ran."""
    snapshots = context.service.snapshots
    asked = context.request.restore_asked
    if asked.type is RestoreType.EMPTY:
        return None
    if asked.type is not RestoreType.LATEST:
        found = context.service.find_snapshot(asked.snapshot)
        if found is None or not found.ready:
            known = snapshots.list()
            raise DeployFailedError(
                messages.not_restorable(context, asked.snapshot, found, known)
                + f" {what_follows(context)}"
            )
        return found
    listed = snapshots.list()
    prepared = context.request.prove.prepared
    if not prepared:
        newest = context.newest(listed)
        bounded = context.request.bounded
        if newest is None and not history.may_start_empty(operations, bounded=bounded):
            raise DeployFailedError(
                f"Application {context.request.application} ran before and has no READY snapshot: "
                f"it could only start empty. Choose: {messages.EMPTY_START}. "
                f"{what_follows(context)}"
            )
        return newest
    for snapshot in listed:
        if snapshot.name == prepared and snapshot.ready:
            return snapshot
    raise DeployFailedError(
        f"Snapshot {prepared}, which holds the state of application "
        f"{context.request.application} from before this deploy, is gone or not READY. It was "
        f"not started: an older state would lose what came since. {what_follows(context)}"
    )


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
        since = start.ran_from if start else context.request.since
        snapshots = context.service.snapshots
        listed = snapshots.list()
        proof = proof_of(listed, context.request.digest, application.version, since)
        name = snapshots.name_of(proof.label)
        if proof.ready:
            evidence = f"RUNNING; {verdict.text}; snapshot {name} READY"
            context.log.step("proved", evidence=evidence)
            return _complete(application, _restored(context, application, start), evidence)
        if proof.failed:
            why = f"{MAX_FAILED} snapshots of it failed, last {name}"
            return reject(context, application, start, why, seen)
        missing = f"snapshot {name} to become READY"
        if not proof.status and not restore.creating(listed):
            try:
                _take(context, proof, listed, application.restored_from, verdict.text)
            except ServiceError as error:
                why = no_snapshot(application, len(listed), error.detail)
                return reject(context, application, start, why, seen)
    waited = (context.now - began).total_seconds()
    if waited > gate.deadline_seconds:
        return reject(context, application, start, late_for_gate(waited, missing), seen)
    context.log.step("not proved yet", missing=missing)
    return NotYet(f"the health gate: {missing}")


def _take(
    context: Context, proof: Proof, listed: list[Snapshot], restored_from: str, so_far: str
) -> None:
    """Takes the proving snapshot; at the service's limit an old one of ours makes room."""
    snapshots = context.drive().snapshots
    try:
        snapshots.create(snapshots.name_of(proof.label))
    except ServiceError as error:
        held = {
            context.request.prove.prepared,
            context.request.asked.restore.snapshot,
            restored_from,
        }
        oldest = retention.oldest_spare(listed, keep=held)
        if error.code != _TOO_MANY_SNAPSHOTS or oldest is None:
            raise
        snapshots.delete(oldest)
        context.log.step("at the limit of snapshots: made room", deleted=oldest.name)
        return
    context.log.step("take the proving snapshot", label=proof.label, so_far=so_far)


def _restored(context: Context, application: Application, start: Operation | None) -> str:
    asked = context.request.restore_asked
    if asked.type is RestoreType.EMPTY:
        return ""
    if asked.type is not RestoreType.LATEST:
        return asked.snapshot.rpartition("/")[2]
    prepared = context.request.prove.prepared
    return prepared or (application.restored_from if start else "")


def _complete(application: Application, restored: str, evidence: str) -> Complete:
    answer = ProveAnswer(
        restored_from=restored,
        application_version_id=str(application.version),
        evidence=evidence,
    )
    return Complete(answer.to_dict())
