"""What the deletion of a stack does about each thing that a poll can see."""

from __future__ import annotations

from datetime import datetime

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.steps.stopping import (
    Decision,
    Seen,
    decide,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.application import (
    START,
    STOP,
    Operation,
)
from tests.handlers import test_prove_decision as prove
from tests.handlers.test_prove_decision import at, operation, request

NOW, OVERDUE = at(5), at(21)
STOPPING, FAILED_STOP = operation(STOP, 1, "IN_PROGRESS"), operation(STOP, 1, "FAILED")
STOPPED = operation(STOP, 1)


def seen(
    status: str, *operations: Operation, now: datetime = NOW, rolling_back: bool = False
) -> Seen:
    return Seen(prove.seen(status).application, operations, rolling_back, now)


def undone(status: str, *operations: Operation, now: datetime = NOW) -> Seen:
    return seen(status, *operations, now=now, rolling_back=True)


@pytest.mark.parametrize(
    ("found", "decision"),
    [
        (Seen(None, [], rolling_back=False, now=NOW), Decision.DONE),
        (seen("READY"), Decision.DONE),
        (seen("RUNNING"), Decision.STOP),
        (seen("RUNNING", operation(STOP, -30)), Decision.STOP),
        (seen("RUNNING", operation(START, -1)), Decision.LEAVE),
        (seen("STARTING"), Decision.WAIT),
        (seen("STOPPING", STOPPING), Decision.WAIT),
        (seen("RUNNING", STOPPED), Decision.WAIT),
        (seen("RUNNING", FAILED_STOP), Decision.FORCE_WITHIN_STATE_LOSS),
        (seen("STOPPING", STOPPING, FAILED_STOP), Decision.WAIT),
        (seen("STOPPING", STOPPING, now=OVERDUE), Decision.FORCE_WITHIN_STATE_LOSS),
        (seen("MAINTENANCE", now=OVERDUE), Decision.WAIT),
        (undone("RUNNING"), Decision.FORCE),
        (undone("RUNNING", operation(START, -1)), Decision.FORCE),
        (undone("STOPPING", STOPPING), Decision.WAIT),
        (undone("STOPPING", STOPPING, now=OVERDUE), Decision.FORCE),
        (undone("READY"), Decision.DONE),
    ],
)
def test_by_status_and_stops(found: Seen, decision: Decision) -> None:
    assert decide(request(kind="Delete"), found) is decision
