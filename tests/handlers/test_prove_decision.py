"""What Prove does about each thing that a poll can see: status and operations, run, snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    Definition,
    Gate,
    ProveRequest,
    ResourceType,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.rules.failure_log import Failures
from cdk_managed_flink.handlers.managed_flink_lifecycle.rules.gate import Datapoint, Observation
from cdk_managed_flink.handlers.managed_flink_lifecycle.rules.proof import Proof
from cdk_managed_flink.handlers.managed_flink_lifecycle.steps.prove_decision import (
    ProofSeen,
    Seen,
    Step,
    decide,
    judge_proof,
    judge_run,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.application import (
    ROLLBACK,
    START,
    STOP,
    UPDATE,
    Application,
    Operation,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.request import Request
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.snapshot import Snapshot
from tests.lifecycle.templates import GATE, IN_PLACE, STOPPED, Template

ASKED = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOW = ASKED + timedelta(minutes=10)
V1, V2 = Template("v1"), Template("v2")
PREPARED = {"Snapshot": "", "Run": "true"}
OTHER = Definition(role="r", bucket_arn="b", file_key="k", object_version="", runtime="FLINK-1_20")
WRITTEN = ProveRequest.of(V2.prove(PREPARED)).definition  # what the template says is what runs


def at(minutes: float) -> datetime:
    return ASKED + timedelta(minutes=minutes)


def operation(kind: str, minutes: float, status: str = "SUCCESSFUL") -> Operation:
    ended = None if status == "IN_PROGRESS" else at(minutes + 0.5)
    return Operation(f"{kind}-{minutes}", kind, status, at(minutes), ended)


STARTED = operation(START, 1)


def request(template: Template = V2, *, kind: str = "Update", run: str = "true") -> Request:
    event: dict[str, Any] = {
        "ResourceType": ResourceType.PROVE,
        "RequestType": kind,
        "ResourceProperties": template.prove({"Snapshot": "s", "Run": run}),
        "OldResourceProperties": V1.prove({"Snapshot": "", "Run": "true"}),
        "StartedAt": ASKED.isoformat(),
        "Since": at(-2).isoformat(),
    }
    return Request.of(event, NOW)


def seen(status: str, *operations: Operation, now: datetime = NOW, **others: Any) -> Seen:  # noqa: ANN401
    """A look whose own start is the newest that is listed."""
    application = Application(
        name="sensors",
        status=status,
        version=2,
        created=others.pop("created", None),
        snapshots_enabled=True,
        restored_from="s",
        definition=others.pop("definition", WRITTEN),
    )
    start = next((o for o in operations if o.kind == START), None)
    return Seen(
        application, operations, others.pop("start", start), others.pop("update", None), now
    )


PLACED = replace(V2, strategy=IN_PLACE)
UPDATED, UPDATE_FAILED = operation(UPDATE, -1), operation(UPDATE, -1, "FAILED")
UNGATED = replace(V2, gate=replace(GATE, window_seconds="0"))


@pytest.mark.parametrize(
    ("asked", "found", "step", "why"),
    [
        (request(), seen("READY"), Step.START, ""),
        (request(), seen("READY", operation(STOP, 3)), Step.REJECT, "stopped before it was proved"),
        (request(), seen("READY", definition=OTHER), Step.REJECT, "runs other code"),
        (request(run="false"), seen("READY"), Step.LEAVE_STOPPED, ""),
        (request(replace(V2, desired=STOPPED)), seen("READY"), Step.LEAVE_STOPPED, ""),
        (request(kind="Create"), seen("READY", created=at(-60), definition=OTHER), Step.ADOPT, ""),
        (request(kind="Create"), seen("READY", UPDATED, created=at(-60)), Step.START, ""),
        (
            request(kind="Create"),
            seen("READY", UPDATE_FAILED, created=at(-60), definition=OTHER),
            Step.ADOPT,
            "",
        ),
        (request(kind="Create"), seen("READY", created=at(1)), Step.START, ""),
        (request(), seen("READY", operation(START, 1, "IN_PROGRESS")), Step.WAIT, "to be seen"),
        (request(), seen("READY", STARTED), Step.FELL_BACK, ""),
        (request(replace(V2, bounded=True)), seen("READY", STARTED), Step.LOOK_AT_RUN, ""),
        (
            request(replace(V2, bounded=True)),
            seen("READY", operation(STOP, 3), STARTED),
            Step.FELL_BACK,
            "",
        ),
        (request(), seen("UPDATING", STARTED), Step.WAIT, "to leave UPDATING"),
        (request(run="false"), seen("RUNNING"), Step.LEAVE_RUNNING, "somebody started it"),
        (request(), seen("RUNNING", STARTED), Step.LOOK_AT_RUN, ""),
        (request(), seen("STARTING", STARTED), Step.LOOK_AT_RUN, ""),
        (
            request(),
            seen("RUNNING", operation(ROLLBACK, 2), STARTED),
            Step.REJECT,
            "rolled it back",
        ),
        (request(), seen("RUNNING", operation(UPDATE, 2), STARTED), Step.REJECT, "updated again"),
        (request(PLACED), seen("RUNNING", update=UPDATE_FAILED), Step.REJECT_UPDATE, ""),
        (request(PLACED), seen("RUNNING", now=at(0.5)), Step.WAIT, "update to be listed"),
        (request(PLACED), seen("RUNNING"), Step.LEAVE_RUNNING, "nothing restarted it"),
        (request(PLACED), seen("RUNNING", update=UPDATED, start=UPDATED), Step.LOOK_AT_RUN, ""),
        (request(), seen("RUNNING", STARTED, definition=OTHER), Step.REJECT, "runs other code"),
        (
            request(),
            seen("RUNNING", STARTED, definition=OTHER, now=at(0.5)),
            Step.WAIT,
            "new version to be seen",
        ),
        (request(PLACED), seen("RUNNING", definition=OTHER), Step.REJECT, "runs other code"),
        (request(UNGATED), seen("RUNNING", STARTED), Step.COMPLETE, "no health gate"),
        (request(UNGATED), seen("STARTING", STARTED), Step.WAIT, "RUNNING (now STARTING)"),
    ],
    ids=[
        "stopped",
        "stopped by somebody since",
        "stopped with other code",
        "Prepare left it stopped",
        "to be stopped",
        "imported",
        "imported and updated",
        "imported and its update failed",
        "created by this deploy",
        "its start is pending",
        "started and stopped again",
        "bounded and ended",
        "bounded and stopped",
        "on its way",
        "started by somebody",
        "running",
        "starting",
        "rolled back by the service",
        "updated by somebody",
        "update in place failed",
        "update in place not listed yet",
        "update in place never came",
        "updated in place",
        "rolled back, and listed late",
        "its code not seen yet",
        "rolled back in place, and listed late",
        "running, no gate",
        "starting, no gate",
    ],
)
def test_by_status_and_operations(asked: Request, found: Seen, step: Step, why: str) -> None:
    decision = decide(asked, found)
    assert decision.step is step
    assert why in decision.why
    assert bool(why) == bool(decision.why)


def run(*, uptime: float = 9, count: int = 0, dead: bool = False) -> Observation:
    rising = [Datapoint(at(1 + n), 60_000.0 * (n + 1)) for n in range(int(uptime))]
    return Observation(
        failures=Failures(count=count, dead=dead),
        uptime=rising,
        restarts=[Datapoint(point.at, 0.0) for point in rising],
    )


LATE = at(60)


@pytest.mark.parametrize(
    ("found", "observed", "step", "why"),
    [
        (seen("RUNNING", STARTED), run(), Step.LOOK_AT_SNAPSHOTS, "up-time rose for 8 min"),
        (seen("RUNNING", STARTED), run(uptime=3), Step.WAIT, "the health gate: the last datapoint"),
        (seen("RUNNING", STARTED, now=LATE), run(uptime=3), Step.REJECT, "not proved healthy"),
        (seen("RUNNING", STARTED), run(count=3), Step.REJECT, "failed 3 times"),
        (seen("STARTING", STARTED), run(dead=True), Step.REJECT, "failed for good"),
        (seen("STARTING", STARTED), run(uptime=0), Step.WAIT, "RUNNING (now STARTING (operation"),
        (seen("READY", STARTED), run(), Step.COMPLETE, "bounded job ran and finished"),
        (seen("READY", STARTED), run(dead=True), Step.FELL_BACK, ""),
    ],
    ids=[
        "steady",
        "not yet",
        "late",
        "sick",
        "dies at start",
        "starting",
        "finished",
        "ended sick",
    ],
)
def test_by_the_run(found: Seen, observed: Observation, step: Step, why: str) -> None:
    decision = judge_run(request(), found, observed)
    assert decision.step is step
    assert why in decision.why


def proof(status: str, *others: str) -> ProofSeen:
    snapshots = [Snapshot(f"other-{n}", held, at(-5)) for n, held in enumerate(others)]
    return ProofSeen(Proof("proved-v2", status), "proved-v2", snapshots)


@pytest.mark.parametrize(
    ("found", "now", "step", "why"),
    [
        (proof("READY"), NOW, Step.COMPLETE, "RUNNING; steady; snapshot proved-v2 READY"),
        (proof("FAILED"), NOW, Step.REJECT, "3 snapshots of it failed, last proved-v2"),
        (proof(""), NOW, Step.TAKE_PROOF, "steady"),
        (proof("", "CREATING"), NOW, Step.WAIT, "snapshot proved-v2 to become READY"),
        (proof("CREATING"), NOW, Step.WAIT, "snapshot proved-v2 to become READY"),
        (proof("CREATING"), LATE, Step.REJECT, "not proved healthy within"),
    ],
    ids=["ready", "failed", "none yet", "another is under way", "under way", "late"],
)
def test_by_the_snapshots(found: ProofSeen, now: datetime, step: Step, why: str) -> None:
    decision = judge_proof(request(), seen("RUNNING", STARTED, now=now), "steady", found)
    assert decision.step is step
    assert why in decision.why


def test_the_gate_is_read_from_the_request() -> None:
    strict = replace(V2, gate=Gate(**{**vars(GATE), "max_restarts": "0"}))
    decision = judge_run(request(strict), seen("RUNNING", STARTED), run(count=1))
    assert decision.step is Step.REJECT
