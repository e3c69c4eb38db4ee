"""What the reconciler does about each thing that a run can see: statuses, operations, events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ReconcileEvent, Trigger
from cdk_managed_flink.handlers.managed_flink_lifecycle.reconciler.decision import (
    TRANSIENT_LIMIT,
    Events,
    Seen,
    Step,
    decide,
    decide_by_events,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.application import (
    START,
    STOP,
    UPDATE,
    Operation,
)
from tests.handlers import test_prove_decision as prove
from tests.handlers.test_prove_decision import V1, at, operation
from tests.lifecycle.templates import STOPPED, Template

NOW = at(10)
SETTLED, FAILED, BROKEN = "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"
ENDED, PENDING = operation(START, -60), operation(START, 9, "IN_PROGRESS")
BOUNDED, OFF = replace(V1, bounded=True), replace(V1, desired=STOPPED)


def event(template: Template = V1) -> ReconcileEvent:
    return ReconcileEvent.of(template.reconcile("stack", Trigger.SCHEDULE))


def seen(status: str, stack: str, *operations: Operation) -> Seen:
    application = prove.seen(status).application if status else None
    return Seen(stack, application, operations, NOW)


@pytest.mark.parametrize(
    ("template", "found", "step", "why"),
    [
        (V1, seen("", SETTLED), Step.GONE, ""),
        (V1, seen("", FAILED), Step.NOTHING, "no such application"),
        (OFF, seen("", SETTLED), Step.NOTHING, "no such application"),
        (V1, seen("READY", "UPDATE_IN_PROGRESS"), Step.NOTHING, "out of the way"),
        (OFF, seen("READY", SETTLED), Step.NOTHING, "as it should be"),
        (V1, seen("READY", SETTLED), Step.NOTHING, "was never started"),
        (V1, seen("READY", FAILED), Step.STUCK, "rollback-stack --stack-name stack"),
        (V1, seen("READY", BROKEN), Step.STUCK, "continue-update-rollback --stack-name stack"),
        (V1, seen("READY", SETTLED, PENDING), Step.NOTHING, "wait for operation"),
        (V1, seen("READY", SETTLED, operation(START, 1, "FAILED")), Step.STUCK_AT_START, ""),
        (V1, seen("READY", SETTLED, operation(UPDATE, 1, "FAILED"), ENDED), Step.START, "failed"),
        (BOUNDED, seen("READY", SETTLED, ENDED), Step.NOTHING, "bounded job has finished"),
        (V1, seen("READY", SETTLED, ENDED), Step.STUCK, "ended by itself"),
        (V1, seen("READY", SETTLED, operation(STOP, 1), ENDED), Step.LOOK_AT_EVENTS, ""),
        (V1, seen("RUNNING", SETTLED, ENDED), Step.KEEP, ""),
        (V1, seen("RUNNING", FAILED, ENDED), Step.LOOK_AT_EVENTS, ""),
        (V1, seen("STARTING", SETTLED, PENDING), Step.NOTHING, "wait: STARTING"),
    ],
    ids=[
        "gone",
        "gone, and a deploy failed",
        "gone, and to be stopped",
        "a deploy is under way",
        "to be stopped",
        "never started",
        "never started, update failed",
        "never started, rollback failed",
        "its start is pending",
        "its start failed",
        "its update failed",
        "bounded and ended",
        "ended",
        "stopped",
        "running",
        "running, update failed",
        "starting",
    ],
)
def test_by_statuses_and_operations(template: Template, found: Seen, step: Step, why: str) -> None:
    decision = decide(event(template), found)
    assert decision.step is step
    assert why in decision.why


def test_what_takes_for_ever_is_stuck() -> None:
    found = replace(seen("STARTING", SETTLED, PENDING), now=at(9) + TRANSIENT_LIMIT)
    assert decide(event(), found).step is Step.NOTHING
    late = replace(found, now=found.now + timedelta(seconds=1))
    decision = decide(event(), late)
    assert (decision.step, decision.operation) == (Step.STUCK, PENDING)
    assert "since 2026-01-01 12:09 UTC" in decision.why


def events(*, by_hand: bool = False, reached: bool = False, proved: bool = False) -> Events:
    return Events(by_hand, reached, proved)


HELD = operation(STOP, 1)


@pytest.mark.parametrize(
    ("found", "shown", "step"),
    [
        (seen("READY", SETTLED, HELD), events(by_hand=True), Step.NOTHING),
        (seen("READY", SETTLED, HELD), events(reached=True), Step.START),
        (seen("READY", FAILED, HELD), events(), Step.START),
        (seen("READY", FAILED, HELD), events(reached=True), Step.STUCK),
        (seen("RUNNING", FAILED, ENDED), events(), Step.KEEP),
        (seen("RUNNING", FAILED, ENDED), events(reached=True, proved=True), Step.KEEP),
        (seen("RUNNING", FAILED, ENDED), events(reached=True), Step.STUCK),
    ],
    ids=[
        "stopped by hand",
        "stopped by a deploy that is over",
        "stopped by a deploy that did not reach it",
        "stopped by a deploy that reached it",
        "runs, and no deploy reached it",
        "runs and was proved",
        "runs and was not proved",
    ],
)
def test_by_the_events(found: Seen, shown: Events, step: Step) -> None:
    decision = decide_by_events(event(), found, shown)
    assert decision.step is step
    assert ("was not proved" in decision.why) is (step is Step.STUCK)
    if step is Step.START:
        assert decision.operation == HELD
