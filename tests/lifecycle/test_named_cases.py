"""The cases of a deploy that a lifecycle has to get right, by their names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.lifecycle.case import Case
from tests.lifecycle.deploys import Elsewhere, Trouble
from tests.lifecycle.faults import ANY, CHANGES, Fault, Outage, Planned
from tests.lifecycle.jobs import (
    CANNOT_BE_SAVED,
    CRASH_LOOPS,
    CRASHES_LATER,
    FINISHES,
    HAS_NO_METRICS,
    HEALTHY,
    THROWS_AT_START,
)
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import ALWAYS_RUNNING, FORCE_STOP, IN_PLACE, WITH_SNAPSHOT

NOTHING = timedelta(0)
SKIP = "SKIP_RESTORE_FROM_SNAPSHOT"
MINUTES = 60.0


def test_first_deploy_starts_empty(case: Case) -> None:
    outcome = case.deploy("v1")
    assert outcome.status == "CREATE_COMPLETE"
    assert case.restores == [SKIP]
    assert outcome.responses["prepare Create"].data["Snapshot"] == ""
    assert outcome.responses["prove Create"].data["RestoredFrom"] == ""
    assert case.changes == ["StartApplication", "CreateApplicationSnapshot"]


def test_redeploy_snapshots_then_updates(case: Case) -> None:
    case.running()
    before = case.run
    outcome = case.deploy("v2")
    stop = case.ready[-2]  # the last is the proof of the new version
    assert outcome.status == "UPDATE_COMPLETE"
    assert outcome.responses["prepare Update"].data["Snapshot"] == stop.name
    assert case.restores == [stop.name]
    assert case.run.code == "v2"
    assert case.lost(case.run, before) == NOTHING
    assert case.changes == ["StopApplication", "StartApplication", "CreateApplicationSnapshot"]


def test_update_of_ready_app_starts_it(case: Case) -> None:
    """Stopped by nobody: the job of the last version ended in a failed update by hand."""
    case.running()
    before = case.run
    case.world.state.jobs["broken"] = THROWS_AT_START
    case.world.user.update_application(
        ApplicationName="sensors",
        ConditionalToken=case.application.token,
        ApplicationConfigurationUpdate={
            "ApplicationCodeConfigurationUpdate": {
                "CodeContentUpdate": {"S3ContentLocationUpdate": {"FileKeyUpdate": "broken"}}
            }
        },
    )
    case.world.clock.advance(90)
    assert case.application.status is Status.READY
    outcome = case.deploy("v2")
    assert (outcome.status, case.run.code) == ("UPDATE_COMPLETE", "v2")
    assert case.lost(case.run, before) == NOTHING


def test_user_stopped_stays_stopped(case: Case) -> None:
    """It gets the new setting, and what is stopped on purpose stays stopped."""
    case.running()
    case.stop_by_hand()
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_COMPLETE"
    assert case.application.status is Status.READY
    assert case.application.configuration.key == "v2"
    assert outcome.responses["prepare Update"].data["Run"] == "false"
    assert "stopped by hand" in outcome.responses["prove Update"].data["Evidence"]
    case.wait(120)
    assert case.changes == []
    case.deploy("v3", desired=ALWAYS_RUNNING)
    assert case.run.code == "v3"


def test_tag_only_change_touches_nothing(case: Case) -> None:
    """Tags are no part of the change key: what changes reaches neither resource, or for nothing."""
    case.running()
    outcome = case.deploy("v1", max_state_loss=99)
    assert outcome.status == "UPDATE_COMPLETE"
    assert case.changes == []
    assert case.application.version.number == 2


def test_running_but_restarting_fails_gate(case: Case) -> None:
    case.running()
    before = case.run
    outcome = case.deploy("v2", CRASHES_LATER)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert outcome.reason.startswith("java.lang.IllegalStateException: no such column")
    assert "sensors" in outcome.reason
    assert (case.run.code, case.lost(case.run, before)) == ("v1", NOTHING)


def test_running_but_no_metrics_fails_gate_not_hangs(case: Case) -> None:
    case.running()
    outcome = case.deploy("v2", HAS_NO_METRICS)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert outcome.longest < 25 * MINUTES
    assert case.run.code == "v1"


def test_counter_reset_at_restart_is_not_health(case: Case) -> None:
    """The old run had counted 40 restarts; the new one's few are more than allowed all the same."""
    case.running()
    case.turn(replace(CRASH_LOOPS, crashes_every=15), minutes=10)
    case.turn(HEALTHY, minutes=70)
    assert len(case.run.failures) > 30
    outcome = case.deploy("v2", CRASHES_LATER)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"


def test_stale_datapoint_before_deploy_ignored(case: Case) -> None:
    """Hours of healthy up-time of the old version prove nothing of the new one."""
    case.running(minutes=180)
    outcome = case.deploy("v2", replace(HAS_NO_METRICS, snapshots=HEALTHY.snapshots))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"


def test_flink22_uses_numRestarts(case: Case) -> None:  # noqa: N802
    case.running(runtime="FLINK-2_2")
    quiet_crashes = replace(CRASHES_LATER, snapshots=HEALTHY.snapshots)
    outcome = case.deploy("v2", quiet_crashes)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    asked = {
        query["MetricStat"]["Metric"]["MetricName"]
        for call in case.made("GetMetricData")
        for query in call.parameters["MetricDataQueries"]
    }
    assert {"numRestarts", "runningTime"} <= asked
    assert not {"fullRestarts", "uptime"} & asked


def test_gate_ok_then_snapshot_pinned(case: Case) -> None:
    case.running()
    case.deploy("v2")
    (proof,) = [
        held for held in case.ready if held.name.startswith("proved-") and held.version == 3
    ]
    case.template = replace(
        case.template, schedule=replace(case.template.schedule, keep=1, max_age_seconds=3600)
    )
    case.deploys.deployed = case.template
    case.wait(60 * 12)
    assert proof in case.ready


def test_snapshot_failed_on_crashlooping_app_uses_latest_within_bound(case: Case) -> None:
    case.running(minutes=65)
    newest = case.ready[-1]
    case.turn(CRASH_LOOPS, minutes=10)
    outcome = case.deploy("v2", max_state_loss=3600)
    assert outcome.status == "UPDATE_COMPLETE"
    assert case.restores == [newest.name]
    assert case.changes == ["StopApplication", "StartApplication", "CreateApplicationSnapshot"]


def test_latest_too_old_fails_with_choice(case: Case) -> None:
    case.running(minutes=65)
    case.turn(CRASH_LOOPS, minutes=30)
    outcome = case.deploy("v2", max_state_loss=600)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.application.status is Status.RUNNING
    assert case.application.version.number == 2
    for told in ("sensors", case.ready[-1].name, "max_state_loss", "Choose", "aws "):
        assert told in outcome.reason
    assert case.changes == []


def test_no_snapshot_rollback_refused_handled(case: Case) -> None:
    """Every snapshot is deleted by hand while the gate is open: nothing starts empty."""
    case.running()

    def delete_all() -> None:
        for held in case.ready:
            case.delete_by_hand(held)

    case.later(90, delete_all)
    outcome = case.deploy("v2", CRASHES_LATER)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.application.status is Status.READY
    case.wait(10)
    assert SKIP not in case.restores
    assert "sensors" in case.messages[-1]
    assert "no READY snapshot" in case.messages[-1]


def test_rollback_restores_pre_deploy_not_newest(case: Case) -> None:
    """The new version was proved, with a snapshot of its own, when another resource failed."""
    case.running()
    before = case.run
    outcome = case.deploy("v2", trouble=Trouble(Elsewhere.AFTER))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    proof = next(
        held for held in case.ready if held.name.startswith("proved-") and held.code == "v2"
    )
    assert case.ready[-1] is proof
    assert case.run.code == "v1"
    assert case.run.restored_from != proof.name
    assert case.lost(case.run, before) == NOTHING


def test_newer_deploy_cancels_rollback(case: Case) -> None:
    """A sick deploy was left as it is (--no-rollback); the next one does not go back first."""
    case.running()
    before = case.run
    failed = case.deploy("v2", CRASH_LOOPS, Trouble(no_rollback=True))
    assert (failed.status, case.application.status) == ("UPDATE_FAILED", Status.READY)
    case.wait(20)
    assert case.application.status is Status.READY
    stale = list(case.deploys.events)
    outcome = case.deploy("v3")
    assert (outcome.status, case.run.code) == ("UPDATE_COMPLETE", "v3")
    assert case.lost(case.run, before) == NOTHING
    count = len(case.changes)
    case.replay(*stale)
    assert len(case.changes) == count


def test_rollback_fails_app_ready_reports_stuck(case: Case) -> None:
    case.running()
    case.world.state.jobs["v1"] = THROWS_AT_START
    outcome = case.deploy("v2", CRASH_LOOPS)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.application.status is Status.READY
    case.wait(11)
    assert case.measured("stuck")[-1] == 1
    (message,) = dict.fromkeys(case.messages)
    assert "sensors" in message
    assert "aws kinesisanalyticsv2 start-application" in message
    assert "no such column" in message


def test_cfn_rollback_event_after_our_rollback_is_idempotent(case: Case) -> None:
    case.running()
    case.deploy("v2", CRASH_LOOPS)
    run, changes = case.run, list(case.changes)
    case.replay(*case.deploys.events)
    case.wait(5)
    case.replay(*case.deploys.events)
    assert (case.run, case.changes) == (run, changes)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("StopApplication", 1),
        ("StartApplication", 1),
        ("CreateApplicationSnapshot", 1),
    ],
)
def test_reply_lost_on(case: Case, operation: str, expected: int) -> None:
    """Start, stop, snapshot: what was carried out is not sent again."""
    case.running()
    before = case.run
    case.world.faults.set(Planned(Fault.REPLY_LOST, operation))
    outcome = case.deploy("v2")
    sent = [call for call in case.world.calls if call.operation == operation]
    assert (outcome.status, len(sent)) == ("UPDATE_COMPLETE", expected)
    assert case.lost(case.run, before) == NOTHING


def test_reply_lost_on_update(case: Case) -> None:
    """The one update of ours: an imported application is brought to what the template says."""
    case.running()
    before = case.run
    case.delete()
    case.world.calls.clear()
    case.world.faults.set(Planned(Fault.REPLY_LOST, "UpdateApplication"))
    outcome = case.deploy("v2")
    assert (outcome.status, case.run.code) == ("CREATE_COMPLETE", "v2")
    assert len(case.made("UpdateApplication")) == 1
    assert case.lost(case.run, before) == NOTHING


@pytest.mark.slow
def test_handler_dies_after_each_step_and_resumes() -> None:
    """Whichever call the Lambda does not come back from, the next poll goes on."""
    calm = Case().running()
    calm.deploy("v2")
    count = len([call for call in calm.world.calls if call.caller != "user"])
    dying = [Planned(Fault.DIED_AFTER, CHANGES, nth) for nth in range(4)]
    dying += [Planned(Fault.DIED_AFTER, ANY, nth) for nth in range(0, count, 9)]
    dying += [Planned(Fault.DIED_BEFORE, ANY, nth) for nth in range(3, count, 24)]
    for planned in dying:
        case = Case().running()
        before = case.run
        case.world.faults.set(planned)
        outcome = case.deploy("v2")
        assert (outcome.status, case.run.code) == ("UPDATE_COMPLETE", "v2"), planned
        assert case.lost(case.run, before) == NOTHING, planned
        assert case.world.violations == [], planned


def test_concurrent_modification_retried_with_fresh_token(case: Case) -> None:
    case.running()
    case.delete()
    case.world.calls.clear()
    case.world.faults.set(Planned(Fault.CONCURRENT, "UpdateApplication"))
    outcome = case.deploy("v2")
    assert (outcome.status, case.run.code) == ("CREATE_COMPLETE", "v2")


def test_throttled_backoff(case: Case) -> None:
    """Throttled for five minutes: a poll asks once and waits for the next one."""
    case.running()
    end = case.world.now + timedelta(minutes=5)
    case.world.faults.set(outages=(Outage(case.world.now, end, Fault.THROTTLED),))
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_COMPLETE"
    polls = 5 * 6 + 2
    assert case.world.faults.injected[Fault.THROTTLED] <= 2 * polls


@pytest.mark.parametrize("status", [Status.AUTOSCALING, Status.MAINTENANCE])
def test_autoscaling_or_maintenance_in_progress_waits_to_deadline(
    case: Case, status: Status
) -> None:
    case.running()
    act = case.world.state.autoscale if status is Status.AUTOSCALING else case.world.state.maintain
    act(case.application, 240)
    assert case.deploy("v2").status == "UPDATE_COMPLETE"
    case.wait(5)
    case.world.calls.clear()
    act(case.application, 4000)
    outcome = case.deploy("v3")
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert status in outcome.reason
    assert outcome.longest <= 55 * MINUTES
    assert not case.made("StopApplication")
    case.wait(60)
    assert case.run.code == "v2"


def test_system_rollback_seen_as_failure(case: Case) -> None:
    """The service itself went back to the old version: that is no deploy of the new one."""
    case.running(strategy=IN_PLACE, rollback_enabled=True)
    outcome = case.deploy("v2", THROWS_AT_START)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    case.wait(10)
    assert case.run.code == "v1"


@pytest.mark.parametrize("seconds", [60, 400])
def test_bounded_job_finished_is_success(case: Case, seconds: float) -> None:
    """Before the gate was through, or after: it ran and ended, and nobody starts it again."""
    outcome = case.deploy("v1", replace(FINISHES, finishes_after=seconds), bounded=True)
    assert outcome.status == "CREATE_COMPLETE"
    case.wait(60)
    assert case.application.status is Status.READY
    assert len(case.made("StartApplication")) == 1
    assert not case.messages


def test_a_job_that_ends_is_sick_unless_bounded(case: Case) -> None:
    case.running()
    outcome = case.deploy("v2", replace(FINISHES, finishes_after=60))
    assert (outcome.status, case.run.code) == ("UPDATE_ROLLBACK_COMPLETE", "v1")


def test_delete_while_updating(case: Case) -> None:
    case.running()
    before = case.run
    case.world.state.autoscale(case.application, 120)
    outcome = case.delete()
    assert (outcome.status, case.application.status) == ("DELETE_COMPLETE", Status.READY)
    assert case.ready[-1].state.position >= before.state(case.world.now).position


@pytest.mark.parametrize("strategy", [WITH_SNAPSHOT, FORCE_STOP])
def test_delete_stop_fails_force_only_if_allowed(case: Case, strategy: str) -> None:
    """Nothing allows it: how much may be lost is said for updates, a delete comes back to state."""
    case.running(minutes=30, strategy=strategy)
    case.turn(CANNOT_BE_SAVED, minutes=200)
    case.world.calls.clear()
    outcome = case.delete()
    assert not [call for call in case.made("StopApplication") if call.parameters["Force"]]
    assert outcome.status == "DELETE_FAILED"
    assert "sensors" in outcome.reason


def test_a_connector_that_loses_the_position_is_refused_before_anything_stops(case: Case) -> None:
    """Flink 2.2 reads Kinesis with a class that does not restore the old one's state."""
    case.running()
    run = case.run
    outcome = case.deploy("v2", runtime="FLINK-2_2")
    assert outcome.reason.startswith("Application sensors was not stopped: source clicks would be ")
    assert "-c cdk-managed-flink:replacePositions=clicks" in outcome.reason
    assert (case.changes, case.run) == ([], run)
    asked = case.deploy("v2", runtime="FLINK-2_2", replace_positions=("clicks",))
    assert (asked.status, case.run.code) == ("UPDATE_COMPLETE", "v2")


@pytest.mark.parametrize("lag", [0, 200, 600])
def test_a_version_that_the_service_rolled_back_is_no_success_however_late_its_lists(
    lag: float,
) -> None:
    """DescribeApplication shows the code that runs, whatever the list of operations has."""
    case = Case(Quirks(operations_lag=lag))
    case.running(strategy=IN_PLACE, rollback_enabled=True)
    outcome = case.deploy("v2", THROWS_AT_START)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    case.wait(10)
    assert case.run.code == "v1"
    assert case.world.violations == []
