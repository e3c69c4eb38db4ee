"""What Prepare does about each thing that a poll can see: status and stops, then the snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType
from cdk_managed_flink.handlers.managed_flink_lifecycle.steps.prepare_decision import (
    Seen,
    Step,
    decide,
    decide_by_line,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.application import (
    START,
    STOP,
    Operation,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.request import Request
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.snapshot import Snapshot
from tests.handlers import test_prove_decision as prove
from tests.handlers.test_prove_decision import ASKED, V1, V2, at, operation
from tests.lifecycle.templates import EMPTY, FORCE_STOP, Template, restoring


def request(template: Template = V2) -> Request:
    event: dict[str, Any] = {
        "ResourceType": ResourceType.PREPARE,
        "RequestType": "Update",
        "ResourceProperties": template.prepare(),
        "OldResourceProperties": V1.prepare(),
        "StartedAt": ASKED.isoformat(),
        "Since": ASKED.isoformat(),
    }
    return Request.of(event, ASKED)


STOPPING, FAILED_STOP = operation(STOP, 1, "IN_PROGRESS"), operation(STOP, 1, "FAILED")
OWN_STOP, RAN = operation(STOP, 1), operation(START, -60)
SOON, LATER, OVERDUE = at(1.6), at(4), at(30)


def seen(
    status: str,
    *operations: Operation,
    now: datetime = LATER,
    snapshots: tuple[Snapshot, ...] = (),
    enabled: bool = True,
) -> Seen:
    application = replace(prove.seen(status).application, snapshots_enabled=enabled)
    stops = [o for o in operations if o.kind == STOP and o.started >= ASKED]
    return Seen(application, operations, stops, snapshots, now)


def snapshot(minutes: float, status: str = "READY") -> Snapshot:
    return Snapshot(f"s{minutes}", status, at(minutes))


FORCED = replace(V2, strategy=FORCE_STOP)


@pytest.mark.parametrize(
    ("asked", "found", "step", "why"),
    [
        (V2, seen("RUNNING", RAN), Step.STOP, ""),
        (V2, seen("RUNNING", RAN, enabled=False), Step.STOP_UNSAVED, ""),
        (FORCED, seen("RUNNING", RAN), Step.FORCE, "FORCE_STOP"),
        (V2, seen("RUNNING", STOPPING, RAN), Step.WAIT, "the stop to end (operation"),
        (V2, seen("RUNNING", FAILED_STOP, RAN), Step.FORCE_AFTER_FAILURE, ""),
        (V2, seen("STOPPING", STOPPING, RAN), Step.WAIT, "to leave STOPPING (operation"),
        (V2, seen("STOPPING", STOPPING, RAN, now=OVERDUE), Step.FORCE, "does not get ready"),
        (V2, seen("AUTOSCALING", RAN, now=OVERDUE), Step.WAIT, "to leave AUTOSCALING"),
    ],
    ids=[
        "running",
        "snapshots switched off",
        "FORCE_STOP",
        "stop pending",
        "stop failed",
        "stopping",
        "stopping for long",
        "scaling",
    ],
)
def test_of_one_that_runs(asked: Template, found: Seen, step: Step, why: str) -> None:
    decision = decide(request(asked), found)
    assert decision.step is step
    assert why in decision.why


@pytest.mark.parametrize(
    ("asked", "found", "step", "restored"),
    [
        (V2, seen("READY", OWN_STOP, RAN, snapshots=(snapshot(1.2),)), Step.RESTORE, "s1.2"),
        (V2, seen("READY", OWN_STOP, RAN, snapshots=(snapshot(1.2, "CREATING"),)), Step.WAIT, ""),
        (V2, seen("READY", OWN_STOP, RAN, now=SOON), Step.WAIT, ""),
        (V2, seen("READY", OWN_STOP, RAN), Step.LOOK_AT_LINE, ""),
        (FORCED, seen("READY", OWN_STOP, RAN, now=SOON), Step.LOOK_AT_LINE, ""),
        (V2, seen("READY", FAILED_STOP, RAN, now=SOON), Step.LOOK_AT_LINE, ""),
        (V2, seen("READY", snapshots=(snapshot(-1, "CREATING"),)), Step.WAIT, ""),
        (V2, seen("READY", RAN, now=SOON), Step.WAIT, ""),
        (V2, seen("READY", RAN), Step.LOOK_AT_LINE, ""),
        (V2, seen("READY", now=SOON), Step.LOOK_AT_LINE, ""),
    ],
    ids=[
        "its stop took one",
        "its stop takes one",
        "the one of its stop is not listed yet",
        "its stop took none",
        "forced: none to come",
        "its stop failed",
        "somebody's snapshot is being taken",
        "its own stop is not listed yet",
        "stopped by nobody",
        "never ran",
    ],
)
def test_of_one_that_is_stopped(asked: Template, found: Seen, step: Step, restored: str) -> None:
    decision = decide(request(asked), found)
    assert decision.step is step
    assert (decision.snapshot.name if decision.snapshot else "") == restored
    assert bool(decision.why) is (step is Step.WAIT)


YOUNG, OLD = snapshot(-5), snapshot(-60)
CHOSEN = replace(V2, restore=restoring(EMPTY))


@pytest.mark.parametrize(
    ("asked", "found", "newest", "step", "why"),
    [
        (V2, seen("READY", OWN_STOP, RAN), YOUNG, Step.RESTORE, ""),
        (V2, seen("READY", OWN_STOP, RAN), OLD, Step.AT_RISK, "left no READY snapshot"),
        (V2, seen("READY", OWN_STOP, RAN), None, Step.AT_RISK, "left no READY snapshot"),
        (V2, seen("READY", OWN_STOP, RAN, enabled=False), OLD, Step.AT_RISK, "switched off"),
        (CHOSEN, seen("READY", OWN_STOP, RAN), OLD, Step.RESTORE, ""),
        (V2, seen("READY", RAN), OLD, Step.RESTORE, ""),
        (V2, seen("READY", RAN), None, Step.WOULD_BE_EMPTY, ""),
        (CHOSEN, seen("READY", RAN), None, Step.RESTORE, ""),
        (V2, seen("READY"), None, Step.RESTORE, ""),
    ],
    ids=[
        "young enough",
        "too old",
        "none",
        "switched off",
        "what to restore is chosen",
        "stopped before",
        "ran and has none",
        "empty is chosen",
        "never ran",
    ],
)
def test_by_the_newest_of_the_line(
    asked: Template, found: Seen, newest: Snapshot | None, step: Step, why: str
) -> None:
    decision = decide_by_line(request(asked), found, newest)
    assert decision.step is step
    assert why in decision.why
    assert decision.snapshot == (newest if step is Step.RESTORE else None)
