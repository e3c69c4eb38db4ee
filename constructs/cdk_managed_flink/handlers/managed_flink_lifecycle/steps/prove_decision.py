"""What Prove does about a new version, decided by what one poll saw alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..message import to_flag
from ..rules import gate as health
from ..rules import restore
from ..rules.gate import HealthGate, Observation
from ..rules.proof import MAX_FAILED, Proof
from ..values.application import RUNNING, STARTING, STOP, Application, Operation
from ..values.request import Request
from ..values.snapshot import Snapshot
from . import adoption, deploy_run
from .deploy_stop import LISTING_DELAY
from .rejection import late_for_gate, named

_OTHER_CODE = (
    "version {} runs other code than the template's: the service went back to the version before, "
    "or somebody changed it"
)


class Step(StrEnum):
    """What a poll does; the value is logged."""

    WAIT = "wait"
    ADOPT = "update the imported application"
    START = "start"
    LEAVE_STOPPED = "leave it stopped"
    LEAVE_RUNNING = "leave it running"
    REJECT = "reject"
    REJECT_UPDATE = "reject: its update failed"
    FELL_BACK = "it is stopped again"
    COMPLETE = "proved"
    # Each of these needs a further look before the poll can be decided.
    LOOK_AT_RUN = "look at log and metrics"
    LOOK_AT_SNAPSHOTS = "look at the snapshots"
    TAKE_PROOF = "take the proving snapshot"


@dataclass(frozen=True)
class Decision:
    """A step, with what is waited for, the reason of a rejection, or the evidence."""

    step: Step
    why: str = ""


@dataclass(frozen=True)
class ProofSeen:
    """The proving snapshot by its full name, and all snapshots."""

    proof: Proof
    name: str
    snapshots: Sequence[Snapshot]


@dataclass(frozen=True)
class Seen:
    """The application as one poll finds it.

    Attributes:
        operations: Newest first.
        start: The begin of the run that this deploy asks for, if it is listed.
        update: This deploy's update in place, if it is one and is listed.
        run: Log and metrics, once a decision needed them.
        proof: The snapshots, once a decision needed them.
    """

    application: Application
    operations: Sequence[Operation]
    start: Operation | None
    update: Operation | None
    now: datetime
    run: Observation | None = None
    proof: ProofSeen | None = None

    def ran_from(self, otherwise: datetime) -> datetime:
        """Since when the version runs; `otherwise` where somebody else started it."""
        return self.start.ran_from if self.start else otherwise


def is_to_run(request: Request) -> bool:
    """Whether the application is to run after the deploy."""
    return not request.should_be_stopped and to_flag(request.prove.run)


def decide(request: Request, seen: Seen) -> Decision:
    """Decides by status and operations."""
    application = seen.application
    if application.stopped and seen.start is None:
        return _not_started(request, seen)
    if application.stopped and seen.start is not None:
        return _stopped_again(request, seen, seen.start)
    if application.status not in (STARTING, RUNNING):
        return Decision(Step.WAIT, f"its status to leave {application.status}")
    if not is_to_run(request):
        return Decision(Step.LEAVE_RUNNING, "it runs: somebody started it")
    if seen.update is not None and seen.update.failed:
        return Decision(Step.REJECT_UPDATE)
    other = deploy_run.overtaken(request, seen.start, seen.operations)
    if other:
        return Decision(Step.REJECT, other)
    # The operations that tell of another version may be listed minutes late; its code is not.
    runs_template = adoption.is_same_code(application.definition, request.prove.definition)
    if request.in_place and seen.start is None and seen.update is None:
        if request.elapsed(seen.now) < LISTING_DELAY.total_seconds():
            return Decision(Step.WAIT, "its update to be listed")
        if not runs_template:
            return Decision(Step.REJECT, _OTHER_CODE.format(application.version))
        return Decision(Step.LEAVE_RUNNING, "it runs on: nothing restarted it")
    if not runs_template:
        if request.elapsed(seen.now) < LISTING_DELAY.total_seconds():
            return Decision(Step.WAIT, "its new version to be seen")
        return Decision(Step.REJECT, _OTHER_CODE.format(application.version))
    if not HealthGate.of(request.prove.gate).off:
        return Decision(Step.LOOK_AT_RUN)
    if application.status == RUNNING:
        return Decision(Step.COMPLETE, "RUNNING; no health gate")
    return Decision(Step.WAIT, f"RUNNING (now {application.status})")


def _not_started(request: Request, seen: Seen) -> Decision:
    if adoption.is_due(request, seen.application, seen.operations):
        return Decision(Step.ADOPT)
    if not is_to_run(request):
        return Decision(Step.LEAVE_STOPPED)
    if any(o.kind == STOP and o.started >= request.started_at for o in seen.operations):
        return Decision(Step.REJECT, "it was stopped before it was proved healthy")
    if not adoption.is_same_code(seen.application.definition, request.prove.definition):
        return Decision(Step.REJECT, _OTHER_CODE.format(seen.application.version))
    return Decision(Step.START)


def _stopped_again(request: Request, seen: Seen, start: Operation) -> Decision:
    if start.pending:
        return Decision(Step.WAIT, f"the start to be seen (operation {start.id})")
    if not deploy_run.left_alone(request, start, seen.operations):
        return Decision(Step.FELL_BACK)
    return Decision(Step.LOOK_AT_RUN)


def judge_run(request: Request, seen: Seen, run: Observation) -> Decision:
    """Decides by log and metrics."""
    gate = HealthGate.of(request.prove.gate)
    sick = health.sickness(gate, run)
    if seen.application.stopped:
        if sick:
            return Decision(Step.FELL_BACK)
        return Decision(Step.COMPLETE, "its bounded job ran and finished")
    if sick:
        return Decision(Step.REJECT, sick)
    if seen.application.status == STARTING:
        return Decision(Step.WAIT, f"RUNNING (now STARTING{named(seen.start)})")
    verdict = health.steadiness(gate, run, seen.now)
    if verdict.steady:
        return Decision(Step.LOOK_AT_SNAPSHOTS, verdict.text)
    return while_in_time(request, seen, verdict.text)


def judge_proof(request: Request, seen: Seen, steady: str, found: ProofSeen) -> Decision:
    """Decides by the snapshots; `steady` is the evidence that the run is steady."""
    if found.proof.ready:
        return Decision(Step.COMPLETE, f"RUNNING; {steady}; snapshot {found.name} READY")
    if found.proof.failed:
        return Decision(Step.REJECT, f"{MAX_FAILED} snapshots of it failed, last {found.name}")
    if not found.proof.status and not restore.creating(found.snapshots):
        return Decision(Step.TAKE_PROOF, steady)
    return while_in_time(request, seen, f"snapshot {found.name} to become READY")


def while_in_time(request: Request, seen: Seen, missing: str) -> Decision:
    """Waits for what is missing, until the gate's deadline has passed."""
    start = seen.start
    began = (start.ended or start.started) if start else request.started_at
    waited = (seen.now - began).total_seconds()
    if waited > HealthGate.of(request.prove.gate).deadline_seconds:
        return Decision(Step.REJECT, late_for_gate(waited, missing))
    return Decision(Step.WAIT, f"the health gate: {missing}")
