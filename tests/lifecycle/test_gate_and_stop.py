"""What the gate asks of a new version, and what a stop may give up."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.lifecycle import provider
from tests.lifecycle.case import Case
from tests.lifecycle.deploys import Elsewhere, Trouble
from tests.lifecycle.faults import Fault, Outage, Planned
from tests.lifecycle.jobs import (
    CANNOT_BE_SAVED,
    CRASHES_LATER,
    DIES_IN_PYTHON,
    HAS_NO_METRICS,
    HEALTHY,
    THROWS_AT_START,
    Job,
    Snapshots,
)
from tests.lifecycle.quirks import PLAIN
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import GATE
from tests.lifecycle.world import PROVE

HANGS_WHEN_STOPPED = Job(snapshots=Snapshots.HANG)


def forced(case: Case) -> list[bool]:
    return [call.parameters["Force"] for call in case.made("StopApplication")]


# -- the gate -------------------------------------------------------------------------------------


def test_a_redeploy_asks_for_a_graceful_stop_and_every_start_option(case: Case) -> None:
    case.running()
    outcome = case.deploy("v2")
    assert forced(case) == [False]
    (start,) = case.made("StartApplication")
    flink = start.parameters["RunConfiguration"]["FlinkRunConfiguration"]
    assert flink == {"AllowNonRestoredState": False}
    assert "READY" in outcome.responses["prove Update"].data["Evidence"]


def test_a_sick_version_is_stopped_by_force_with_its_own_exception(case: Case) -> None:
    case.running()
    outcome = case.deploy("v2", CRASHES_LATER)
    assert forced(case) == [False, True]
    assert outcome.reason.startswith("java.lang.IllegalStateException: no such column: temperature")
    assert "Application sensors, version 3" in outcome.reason
    assert "its job failed" in outcome.reason


def test_a_version_without_metrics_names_what_to_check(case: Case) -> None:
    case.running()
    outcome = case.deploy("v2", HAS_NO_METRICS)
    assert "no datapoint of the up-time metric" in outcome.reason
    assert "metrics level" in outcome.reason


def test_records_are_demanded_only_where_min_records_asks(case: Case) -> None:
    case.running()
    quiet = replace(HEALTHY, records_per_second=0)
    outcome = case.deploy("v2", quiet)
    assert "no record came" in outcome.responses["prove Update"].data["Evidence"]
    outcome = case.deploy("v3", quiet, gate=replace(GATE, min_records="1"))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "min_records" in outcome.reason


def test_a_start_that_fails_has_the_jobs_reason(case: Case) -> None:
    case.running()
    outcome = case.deploy("v2", THROWS_AT_START)
    assert "no such column: temperature" in outcome.reason
    assert (case.run.code, case.application.status) == ("v1", Status.RUNNING)


def test_a_start_that_fails_in_python_has_pythons_own_line_and_where_to_look(case: Case) -> None:
    """The operation knows of an exit code alone; the log has the traceback line by line."""
    case.running()
    reason = case.deploy("v2", DIES_IN_PYTHON).reason
    assert reason.startswith(
        "managed_flink_job.JobError: job.sql:3:8: Column 'pagee' not found in any table. "
    )
    assert "Log: /aws/kinesis-analytics/sensors, stream kinesis-analytics-log-stream, " in reason
    assert " UTC." in reason
    assert "RestHandlerException" not in reason


@pytest.mark.parametrize("lag", [2, 60])
def test_the_log_of_a_failed_start_may_come_late(lag: float) -> None:
    case = Case(replace(PLAIN, log_lag=lag)).running()
    assert case.deploy("v2", DIES_IN_PYTHON).reason.startswith("managed_flink_job.JobError: ")


def test_a_class_that_cannot_be_linked_is_named(case: Case) -> None:
    error = (
        "java.lang.UnsupportedClassVersionError: com/example/Job has been compiled by a more "
        "recent version of the Java Runtime (class file version 61.0)"
    )
    case.running()
    reason = case.deploy("v2", replace(THROWS_AT_START, error=error)).reason
    assert reason.startswith(error)


def test_a_gate_that_is_off_waits_for_running_only(case: Case) -> None:
    outcome = case.deploy("v1", HAS_NO_METRICS, gate=replace(GATE, window_seconds="0"))
    assert outcome.responses["prove Create"].data["Evidence"] == "RUNNING; no health gate"
    assert case.made("CreateApplicationSnapshot") == []


def test_a_version_whose_snapshots_fail_is_refused_after_three(case: Case) -> None:
    case.running()
    outcome = case.deploy("v2", CANNOT_BE_SAVED)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "3 snapshots of it failed" in outcome.reason
    asked = [call.parameters["SnapshotName"] for call in case.made("CreateApplicationSnapshot")]
    assert [name.rpartition("-v3")[2] for name in asked if "-v3" in name] == ["", "-2", "-3"]


def test_a_sick_first_deploy_leaves_the_way_free_for_the_next(case: Case) -> None:
    assert case.deploy("v1", CRASHES_LATER).status == "ROLLBACK_COMPLETE"
    assert case.deploy("v2").status == "CREATE_COMPLETE"


def test_a_sick_version_that_cannot_be_stopped_still_has_its_reason(case: Case) -> None:
    case.running()
    case.world.faults.set(Planned(Fault.IN_USE, "StopApplication", nth=1, times=2000))
    outcome = case.deploy("v2", CRASHES_LATER, Trouble(no_rollback=True))
    assert "no such column" in outcome.reason
    assert "It is still RUNNING" in outcome.reason


# -- the stop before an update --------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal", ["InvalidRequestException", "InvalidApplicationConfigurationException"]
)
@pytest.mark.parametrize("snapshots", [Snapshots.FAIL, Snapshots.REFUSED])
def test_a_job_that_cannot_be_saved_goes_on_from_a_young_snapshot(
    snapshots: Snapshots, refusal: str
) -> None:
    case = Case(replace(PLAIN, stop_refusal=refusal)).running()
    case.snapshot_by_hand("young")
    case.wait(1)
    case.turn(replace(HEALTHY, snapshots=snapshots))
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_COMPLETE"
    assert case.run.restored_from == "young"
    assert forced(case)[-1] is True
    assert case.world.violations == []


def test_a_job_without_any_snapshot_is_never_started_empty(case: Case) -> None:
    case.running()
    for held in case.ready:
        case.delete_by_hand(held)
    case.turn(CANNOT_BE_SAVED)
    outcome = case.deploy("v2")
    assert "no READY snapshot" in outcome.reason
    assert (case.run.code, case.application.status) == ("v1", Status.RUNNING)


def test_what_somebody_starts_after_our_stop_is_stopped_again() -> None:
    """The stop has ended, and Prepare's next poll has not come yet."""
    case = Case(replace(PLAIN, stop_seconds=25)).running()
    case.later(27, lambda: case.world.user.start_application(ApplicationName="sensors"))
    assert case.deploy("v2").status == "UPDATE_COMPLETE"
    assert case.run.code == "v2"
    assert forced(case) == [False, False]
    assert case.world.violations == []


def test_a_stop_that_hangs_is_given_up_for_a_young_snapshot(case: Case) -> None:
    case.running()
    case.snapshot_by_hand("young")
    case.wait(1)
    case.turn(HANGS_WHEN_STOPPED)
    outcome = case.deploy("v2", max_state_loss=3600)
    assert outcome.status == "UPDATE_COMPLETE"
    assert case.run.restored_from == "young"
    assert forced(case) == [False, True]
    assert outcome.longest > timedelta(minutes=25).total_seconds()


# -- the rollback ---------------------------------------------------------------------------------


def test_a_rollback_starts_what_only_prepare_had_stopped(case: Case) -> None:
    case.running()
    before = case.run
    outcome = case.deploy("v2", trouble=Trouble(Elsewhere.BETWEEN))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.restores == [case.run.restored_from]
    assert case.lost(case.run, before) == timedelta(0)


def test_a_rollback_ends_though_the_old_version_is_sick(case: Case) -> None:
    case.running()
    case.world.state.jobs["v1"] = replace(THROWS_AT_START, error="AccessDenied: s3")
    outcome = case.deploy("v2", trouble=Trouble(Elsewhere.AFTER))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "AccessDenied: s3" in outcome.responses["prove Update"].data["Evidence"]


def test_a_request_that_a_rollback_has_overtaken_changes_nothing(case: Case) -> None:
    case.running()
    case.deploy("v2", CRASHES_LATER, Trouble(cancels=PROVE, cancels_after=60))
    stale = [event for event in case.deploys.events if event["RequestType"] == "Update"]
    changes = list(case.changes)
    case.replay(*stale)
    assert (case.changes, case.run.code) == (changes, "v1")


# -- the end --------------------------------------------------------------------------------------


def test_a_delete_forces_a_stop_where_little_is_lost(case: Case) -> None:
    case.running()
    case.snapshot_by_hand("young")
    case.wait(1)
    case.turn(CANNOT_BE_SAVED, minutes=1)
    outcome = case.delete()
    assert outcome.status == "DELETE_COMPLETE"
    assert forced(case) == [False, True]
    assert case.application.status is Status.READY


def test_a_delete_of_an_application_that_is_gone_completes(case: Case) -> None:
    case.running()
    case.stop_by_hand()
    created = case.application.created
    case.world.user.delete_application(ApplicationName="sensors", CreateTimestamp=created)
    case.wait(2)
    assert case.delete().status == "DELETE_COMPLETE"


# -- rights and log -------------------------------------------------------------------------------


def test_rights_that_are_not_yet_in_force_are_waited_for(case: Case) -> None:
    end = case.world.now + timedelta(minutes=2)
    case.world.faults.set(outages=(Outage(case.world.now, end, Fault.DENIED),))
    assert case.deploy("v1").status == "CREATE_COMPLETE"


def test_a_right_that_stays_missing_is_named(case: Case) -> None:
    case.running()
    case.world.faults.set(Planned(Fault.DENIED, "DescribeApplication", times=5000))
    outcome = case.deploy("v2", trouble=Trouble(no_rollback=True))
    assert "DescribeApplication was refused" in outcome.reason


def test_log_lines_are_json_and_hold_no_url(
    case: Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "quiet", contextlib.nullcontext)
    case.deploy("v1")
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all("decision" in json.loads(line) for line in lines)
    assert "secret" not in "".join(lines)
