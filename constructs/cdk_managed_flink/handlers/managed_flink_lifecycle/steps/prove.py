"""Prove: start the new version by name, and complete only when it is seen to work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..aws.calls import ServiceError
from ..contract import ProveAnswer, RestoreType
from ..message import to_flag
from ..rules import retention
from ..rules.proof import proof_of
from ..rules.reason import CAUSE_BYTES, duration, one_line, sentence, shorten
from ..values.application import Application, Operation
from ..values.outcome import Complete, DeployFailedError, NotYet, Outcome
from ..values.snapshot import Snapshot
from . import adoption, deploy_run, history, messages, rollback, stopping
from .context import Context
from .prove_decision import (
    Decision,
    ProofSeen,
    Seen,
    Step,
    decide,
    judge_proof,
    judge_run,
    while_in_time,
)
from .rejection import fell_back, named, no_snapshot, reject, what_follows

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
    start = deploy_run.begin_of(request, context.service.operations())
    return reject(context, application, start, why)


def _forward(context: Context, application: Application) -> Outcome:
    """Looks, decides, acts; looks further only where a decision needs it."""
    request = context.request
    seen = observe(context, application)
    decision = decide(request, seen)
    if decision.step is Step.LOOK_AT_RUN:
        # Started by somebody else: judge from when we came, whatever ran before.
        run = context.evidence.observe(seen.ran_from(request.started_at), context.now)
        seen = replace(seen, run=run)
        decision = judge_run(request, seen, run)
    if decision.step is Step.LOOK_AT_SNAPSHOTS:
        proof = _proof(context, seen)
        seen = replace(seen, proof=proof)
        decision = judge_proof(request, seen, decision.why, proof)
    context.log.step(decision.step, why=decision.why, status=application.status)
    return act(context, seen, decision)


def observe(context: Context, application: Application) -> Seen:
    """The operations, and which of them are this deploy's."""
    request, operations = context.request, context.service.operations()
    return Seen(
        application=application,
        operations=operations,
        start=deploy_run.begin_of(request, operations),
        update=deploy_run.update_of(request, operations) if request.in_place else None,
        now=context.now,
    )


def _proof(context: Context, seen: Seen) -> ProofSeen:
    snapshots, request = context.service.snapshots, context.request
    listed = snapshots.list()
    since = seen.ran_from(request.since)
    proof = proof_of(listed, request.digest, seen.application.version, since)
    return ProofSeen(proof, snapshots.name_of(proof.label), listed)


def act(context: Context, seen: Seen, decision: Decision) -> Outcome:
    """Carries the decision out."""
    application = seen.application
    match decision.step:
        case Step.ADOPT:
            return adoption.adopt(context, application)
        case Step.START:
            return _start(context, seen.operations)
        case Step.LEAVE_STOPPED:
            return _left_stopped(context, application, seen.operations)
        case Step.LEAVE_RUNNING:
            return _complete(application, application.restored_from, decision.why)
        case Step.REJECT_UPDATE if seen.update is not None:
            detail = context.service.operation_failure(seen.update) or seen.update.status
            why = f"its update failed{named(seen.update)}: {detail}"
            return reject(context, application, seen.start, why)
        case Step.REJECT:
            return reject(context, application, seen.start, decision.why, seen.run)
        case Step.FELL_BACK if seen.start is not None:
            return fell_back(context, application, seen.start)
        case Step.TAKE_PROOF if seen.proof is not None:
            return _take_proof(context, seen, seen.proof, decision.why)
        case Step.COMPLETE:
            restored = _restored(context, application, seen.start)
            return _complete(application, restored, decision.why)
        case _:
            return NotYet(decision.why)


def _left_stopped(
    context: Context, application: Application, operations: Sequence[Operation]
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


def _start(context: Context, operations: Sequence[Operation]) -> Outcome:
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


def _snapshot_to_restore(context: Context, operations: Sequence[Operation]) -> Snapshot | None:
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


def _take_proof(context: Context, seen: Seen, found: ProofSeen, steady: str) -> Outcome:
    application = seen.application
    try:
        _take(context, found, application.restored_from, steady)
    except ServiceError as error:
        why = no_snapshot(application, len(found.snapshots), error.detail)
        return reject(context, application, seen.start, why, seen.run)
    missing = f"snapshot {found.name} to become READY"
    return act(context, seen, while_in_time(context.request, seen, missing))


def _take(context: Context, found: ProofSeen, restored_from: str, so_far: str) -> None:
    """Takes the proving snapshot; at the service's limit an old one of ours makes room."""
    snapshots = context.drive().snapshots
    try:
        snapshots.create(found.name)
    except ServiceError as error:
        held = {
            context.request.prove.prepared,
            context.request.asked.restore.snapshot,
            restored_from,
        }
        oldest = retention.oldest_spare(found.snapshots, keep=held)
        if error.code != _TOO_MANY_SNAPSHOTS or oldest is None:
            raise
        snapshots.delete(oldest)
        context.log.step("at the limit of snapshots: made room", deleted=oldest.name)
        return
    context.log.step("took the proving snapshot", label=found.proof.label, so_far=so_far)


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
