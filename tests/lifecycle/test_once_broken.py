"""Stories that the machine found to end badly, told by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Store
from tests.lifecycle.case import Case
from tests.lifecycle.deploys import Elsewhere, Trouble
from tests.lifecycle.faults import ANY, Fault, Planned
from tests.lifecycle.jobs import (
    CANNOT_BE_SAVED,
    CRASH_LOOPS,
    CRASHES_LATER,
    HANGS_AT_START,
    HEALTHY,
    Job,
)
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import (
    EMPTY,
    FORCE_STOP,
    IN_PLACE,
    TABLE,
    TABLE_STORE,
    restoring,
)

NOTHING = timedelta(0)
NO_ROLLBACK = Trouble(no_rollback=True)


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.INTERNAL, Fault.THROTTLED])
def test_no_single_call_fails_a_deploy(case: Case, fault: Fault) -> None:
    """Connections that are not made are no `HTTPClientError` of botocore."""
    case.running()
    case.world.faults.set(*(Planned(fault, ANY, nth) for nth in range(0, 300, 10)))
    assert case.deploy("v2").status == "UPDATE_COMPLETE"


def test_a_failure_names_the_application_whatever_was_refused(case: Case) -> None:
    case.running()
    case.world.faults.set(Planned(Fault.DENIED, "GetMetricData", times=300))
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "sensors" in outcome.reason


def test_a_denied_stop_is_not_forced(case: Case) -> None:
    """The role's policy is not in force yet: that is no job that can't be saved."""
    case.running(minutes=5)
    before = case.run
    case.world.faults.set(Planned(Fault.DENIED, "StopApplication"))
    outcome = case.deploy("v2", restore=restoring(EMPTY))
    forced = [call for call in case.made("StopApplication") if call.parameters["Force"]]
    assert (outcome.status, forced) == ("UPDATE_COMPLETE", [])
    assert any(held.state.position >= before.state(case.world.now).position for held in case.ready)


def test_a_failed_update_in_place_is_no_success(case: Case) -> None:
    """Its snapshot fails: the old version runs on, and the new one never ran."""
    case.running(strategy=IN_PLACE)
    case.turn(CANNOT_BE_SAVED)
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.application.configuration.key == "v1"


def test_a_version_rejected_in_place_is_not_started_again(case: Case) -> None:
    case.running(strategy=IN_PLACE)
    outcome = case.deploy("v2", CRASHES_LATER)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert [run.code for run in case.application.runs] == ["v1", "v2", "v1"]


def test_prepare_asked_again_while_prove_waits_stops_nothing(case: Case) -> None:
    """A deploy that changes the restore choice alone: CloudFormation updates no application."""
    case.running()
    case.later(150, lambda: case.replay(case.deploys.events[-2]))
    outcome = case.deploy("v1", restore=restoring(EMPTY))
    assert outcome.status == "UPDATE_COMPLETE"
    assert case.changes.count("StopApplication") == 1


def test_a_reverted_version_s_snapshot_is_not_gone_on_from(case: Case) -> None:
    """Proved, taken back since another resource failed; then the old version can't be saved."""
    case.running(minutes=5)
    case.deploy("v2", trouble=Trouble(Elsewhere.AFTER))
    assert case.run.code == "v1"
    case.turn(CRASH_LOOPS, minutes=5)
    outcome = case.deploy("v3", max_state_loss=7200)
    assert outcome.status == "UPDATE_COMPLETE"
    held = next(h for h in case.ready if h.name == case.run.restored_from)
    assert held.code == "v1"


def test_a_rollback_within_one_second_of_the_service_s_clock() -> None:
    """The service writes whole seconds, CloudFormation milliseconds."""
    case = Case(Quirks(whole_seconds=True)).running()
    case.deploy("v2", trouble=Trouble(Elsewhere.BETWEEN))
    case.wait(50)
    before = case.run
    outcome = case.deploy("v3", CRASH_LOOPS)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.lost(case.run, before) == NOTHING
    assert case.world.violations == []


def test_a_rollback_that_can_t_read_the_events_leaves_what_runs(case: Case) -> None:
    """The deploy was refused before it touched anything."""
    case.running(minutes=30)
    run = case.run
    case.turn(replace(HEALTHY, snapshots=CANNOT_BE_SAVED.snapshots), minutes=10)
    case.world.faults.set(Planned(Fault.DENIED, "DescribeStackEvents", times=400))
    outcome = case.deploy("v2", strategy=FORCE_STOP, max_state_loss=60)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert (case.application.status, case.run) == (Status.RUNNING, run)


def test_somebody_is_told_once_of_snapshots_that_fail(case: Case) -> None:
    """The application runs, and none of its snapshots succeeds any more."""
    case.running(minutes=50)
    case.turn(CRASH_LOOPS, minutes=180)
    assert case.measured("stuck")[-1] == 1
    assert len(case.messages) == 1
    assert "sensors" in case.messages[0]


def test_one_create_at_a_time_is_no_reason_to_call_somebody() -> None:
    case = Case(Quirks(list_lag=30, one_snapshot_error="LimitExceededException"))
    case.running(minutes=30, mode="ENHANCED_SNAPSHOTS")
    case.world.state.change_job(case.application, replace(HEALTHY, snapshot_seconds=400))
    case.wait(40)
    case.reconcile()
    case.reconcile()
    assert {look["Decision"] for look in case.deploys.decisions} & {"stuck"} == set()
    assert case.messages == []


@pytest.mark.parametrize("job", [CANNOT_BE_SAVED, CRASHES_LATER])
def test_an_update_in_place_is_seen_though_on_event_could_not_look(case: Case, job: Job) -> None:
    """When the stack's operation began is not known in `on_event`: the update was before it."""
    case.running(strategy=IN_PLACE)
    if job is CANNOT_BE_SAVED:
        case.turn(job)
    case.later(11, lambda: case.world.faults.set(Planned(Fault.NOT_SENT, "DescribeStackEvents")))
    outcome = case.deploy("v2", HEALTHY if job is CANNOT_BE_SAVED else job)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_second_failed_deploy_does_not_start_the_version_of_the_first(case: Case) -> None:
    """Both without a rollback, and the second fails before it reaches the application."""
    case.running()
    assert case.deploy("v2", HANGS_AT_START, NO_ROLLBACK).status == "UPDATE_FAILED"
    starts = len(case.made("StartApplication"))
    stores = {**case.template.stores, TABLE: Store(TABLE_STORE, "another")}
    assert case.deploy("v3", HEALTHY, NO_ROLLBACK, stores=stores).status == "UPDATE_FAILED"
    case.wait(30)
    assert len(case.made("StartApplication")) == starts
    assert "was not proved" in case.messages[-1]
