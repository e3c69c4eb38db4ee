"""What a start goes on from: a person's choice, once; else by name what the stop left."""

from __future__ import annotations

from datetime import timedelta

from tests.lifecycle.case import Case
from tests.lifecycle.jobs import (
    CRASH_LOOPS,
    Job,
)
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.templates import EMPTY, NAMED, restoring

NOTHING = timedelta(0)
SKIP = "SKIP_RESTORE_FROM_SNAPSHOT"
MINUTES = 60.0


def test_restore_from_is_used_once(case: Case) -> None:
    case.running()
    case.snapshot_by_hand("mine")
    case.wait(30)
    chosen = case.deploy("v1", restore=restoring(NAMED, "mine"))
    assert (chosen.status, case.restores) == ("UPDATE_COMPLETE", ["mine"])
    case.wait(30)
    before = case.run
    again = case.deploy("v2", restore=restoring(NAMED, "mine"))
    assert (again.status, case.lost(case.run, before)) == ("UPDATE_COMPLETE", NOTHING)


def test_restore_from_is_never_used_in_a_rollback(case: Case) -> None:
    case.running()
    case.snapshot_by_hand("mine")
    case.wait(30)
    before = case.run
    outcome = case.deploy("v2", CRASH_LOOPS, restore=restoring(NAMED, "mine"))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.lost(case.run, before) == NOTHING


def test_empty_start_is_asked_for_and_used_once(case: Case) -> None:
    case.running()
    first = case.run
    case.deploy("v2", restore=restoring(EMPTY))
    second = case.run
    assert second.restored.origin != first.restored.origin
    case.wait(20)
    case.deploy("v3", restore=restoring(EMPTY))
    assert case.lost(case.run, second) == NOTHING


def test_a_missing_named_snapshot_stops_nothing(case: Case) -> None:
    case.running()
    outcome = case.deploy("v2", restore=restoring(NAMED, "gone"))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "gone" in outcome.reason
    assert case.changes == []


def test_the_stop_s_snapshot_may_be_listed_late() -> None:
    """Lists lag: no older snapshot is taken for the one that is not shown yet."""
    case = Case(Quirks(list_lag=25))
    case.running(minutes=65)
    before = case.run
    assert case.deploy("v2").status == "UPDATE_COMPLETE"
    assert case.lost(case.run, before) == NOTHING
    assert case.world.violations == []


def test_allow_non_restored_state_is_sent_with_each_start(case: Case) -> None:
    """It is not sticky at the service, and must not be here."""
    case.running(allow_non_restored=True)
    case.deploy("v2", allow_non_restored=False)
    case.deploy("v3", Job(schema="t"), allow_non_restored=False)
    sent = [
        call.parameters["RunConfiguration"]["FlinkRunConfiguration"]["AllowNonRestoredState"]
        for call in case.made("StartApplication")
    ]
    assert sent == [False, False, False]
    assert case.run.code == "v2"
