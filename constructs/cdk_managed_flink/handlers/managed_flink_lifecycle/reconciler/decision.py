"""What the reconciler does about an application, decided by what one run saw alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..aws.stack import SETTLED
from ..contract import DesiredState, ReconcileEvent
from ..message import to_flag
from ..steps import history
from ..values.application import RUNNING, START, Application, Operation

# Longer than any update or stop that still ends.
TRANSIENT_LIMIT = timedelta(hours=1)
_CAN_ROLL_BACK = ("CREATE_FAILED", "UPDATE_FAILED")


class Step(StrEnum):
    """What one run does."""

    NOTHING = "nothing"
    GONE = "stuck: the application is gone"
    STUCK = "stuck"
    STUCK_AT_START = "stuck: it did not start"
    START = "start"
    KEEP = "keep snapshots"
    # This needs a further look before the run can be decided.
    LOOK_AT_EVENTS = "look at the stack's events"


@dataclass(frozen=True)
class Decision:
    """A step, with its reason and the operation that it is about."""

    step: Step
    why: str = ""
    operation: Operation | None = None


@dataclass(frozen=True)
class Seen:
    """The application as one run finds it.

    Attributes:
        status: The stack's.
        operations: Newest first; empty while the stack is changed.
    """

    status: str
    application: Application | None
    operations: Sequence[Operation]
    now: datetime

    @property
    def settled(self) -> bool:
        """Whether the stack's last operation proved the version, or put the old one back."""
        return self.status in SETTLED

    @property
    def changing(self) -> bool:
        """Whether CloudFormation is at work on the stack."""
        return self.status.endswith("_IN_PROGRESS")


@dataclass(frozen=True)
class Events:
    """What the stack's events and the snapshots show.

    Attributes:
        stopped_by_hand: Whether a person stopped the application.
        reached: Whether a deploy that failed changed or started it.
        proved: Whether a snapshot has proved the version that runs.
    """

    stopped_by_hand: bool
    reached: bool
    proved: bool


def decide(event: ReconcileEvent, seen: Seen) -> Decision:
    """Decides by the stack's status, the application's and its operations."""
    application = seen.application
    if application is None:
        if not seen.settled or event.desired_state is DesiredState.STOPPED:
            return Decision(Step.NOTHING, "nothing to do: there is no such application")
        return Decision(Step.GONE)
    if seen.changing:
        return Decision(Step.NOTHING, "kept out of the way: the stack is being changed")
    if application.stopped:
        return _of_stopped(event, seen)
    if application.status == RUNNING:
        return Decision(Step.KEEP if seen.settled else Step.LOOK_AT_EVENTS)
    pending = next((o for o in seen.operations if o.pending), None)
    if pending is not None and seen.now - pending.started > TRANSIENT_LIMIT:
        why = f"it has been since {pending.started:%Y-%m-%d %H:%M} UTC"
        return Decision(Step.STUCK, why, pending)
    return Decision(Step.NOTHING, f"wait: {application.status}")


def _of_stopped(event: ReconcileEvent, seen: Seen) -> Decision:
    if event.desired_state is DesiredState.STOPPED:
        return Decision(Step.NOTHING, "stopped, as it should be")
    turn = history.last_turn(seen.operations)
    if turn is None and seen.settled:
        return Decision(Step.NOTHING, "was never started")
    if turn is None:
        return Decision(Step.STUCK, f"it was never started. {way_on(event, seen.status)}")
    if turn.pending:
        return Decision(Step.NOTHING, f"wait for operation {turn.id}")
    if turn.kind != START:
        return Decision(Step.LOOK_AT_EVENTS)
    # It was started and not stopped, and nothing runs.
    if turn.failed:
        return Decision(Step.STUCK_AT_START, operation=turn)
    failed = history.failure_since(seen.operations, turn)
    if failed is not None:
        return Decision(Step.START, f"{failed.kind} failed", failed)
    if to_flag(event.bounded):
        return Decision(Step.NOTHING, "its bounded job has finished")
    return Decision(Step.STUCK, "its job ended by itself", turn)


def decide_by_events(event: ReconcileEvent, seen: Seen, events: Events) -> Decision:
    """Decides by the stack's events."""
    turn = history.last_turn(seen.operations)
    if seen.application is not None and not seen.application.stopped:
        if not events.reached or events.proved:
            return Decision(Step.KEEP)
        why = f"the version that runs was not proved. {way_on(event, seen.status)}"
        return Decision(Step.STUCK, why, turn)
    if events.stopped_by_hand:
        return Decision(Step.NOTHING, "stopped by hand: left so")
    if seen.settled or not events.reached:
        return Decision(Step.START, "a deploy left it stopped", turn)
    why = f"the version that its stack holds was not proved. {way_on(event, seen.status)}"
    return Decision(Step.STUCK, why, turn)


def way_on(event: ReconcileEvent, status: str) -> str:
    """What a person does about a stack that is left in this status."""
    stack = event.stack_id
    if status in _CAN_ROLL_BACK:
        return (
            "Mend and deploy again, or let CloudFormation undo it (aws cloudformation "
            f"rollback-stack --stack-name {stack})."
        )
    return (
        f"The stack is {status}: mend the cause and let CloudFormation go on (aws "
        f"cloudformation continue-update-rollback --stack-name {stack})."
    )
