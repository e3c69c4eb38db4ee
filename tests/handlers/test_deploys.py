"""Whole deploys, told by the calls that changed something and the snapshots that were used."""

from __future__ import annotations

import json

import pytest

from managed_flink_lifecycle.outcome import DeployFailedError
from tests.handlers.framework import Framework
from tests.handlers.service_double import Job, ServiceDouble


@pytest.fixture
def double() -> ServiceDouble:
    return ServiceDouble()


@pytest.fixture
def framework(double: ServiceDouble) -> Framework:
    return Framework(double)


@pytest.fixture
def running(double: ServiceDouble, framework: Framework) -> Framework:
    """Version `a` was deployed and proved, and runs for an hour."""
    framework.create("a", Job())
    double.advance(3600)
    double.calls.clear()
    return framework


def restores(double: ServiceDouble) -> list[dict[str, str]]:
    return [
        call["RunConfiguration"]["ApplicationRestoreConfiguration"]
        for call in double.made("StartApplication")
    ]


def by_name(name: str) -> dict[str, str]:
    return {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", "SnapshotName": name}


def test_first_deploy_starts_empty_and_is_proved(
    double: ServiceDouble, framework: Framework
) -> None:
    proved = framework.create("a", Job())
    assert restores(double) == [{"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}]
    assert double.status == "RUNNING"
    assert proved["RestoredFrom"] == ""
    assert "snapshot proved-aaaaaaaaaaaa-v1 READY" in proved["Evidence"]


def test_redeploy_stops_gracefully_and_restores_by_name(
    double: ServiceDouble, running: Framework
) -> None:
    proved = running.update("b", "a", Job())
    assert double.changes == ["StopApplication", "StartApplication", "CreateApplicationSnapshot"]
    assert double.made("StopApplication") == [{"ApplicationName": "sensors", "Force": False}]
    taken = next(
        s["SnapshotName"] for s in double.snapshots if s["SnapshotName"].startswith("stop")
    )
    assert restores(double) == [by_name(taken)]
    assert proved["RestoredFrom"] == taken
    flink = double.made("StartApplication")[0]["RunConfiguration"]["FlinkRunConfiguration"]
    assert flink == {"AllowNonRestoredState": False}


def test_sick_version_is_forced_to_stop_and_says_its_own_exception(
    double: ServiceDouble, running: Framework
) -> None:
    sick = Job(fails_every=10, can_snapshot=False)
    with pytest.raises(DeployFailedError) as failure:
        running.update("b", "a", sick)
    reason = str(failure.value)
    assert reason.startswith("java.lang.IllegalStateException: no such column: temperature.")
    assert "Application sensors, version 2" in reason
    assert "its job failed" in reason
    stops = [call["Force"] for call in double.made("StopApplication")]
    assert stops == [False, True]


def test_rollback_restores_the_snapshot_from_before_the_deploy(
    double: ServiceDouble, running: Framework
) -> None:
    with pytest.raises(DeployFailedError):
        running.update("b", "a", Job(fails_every=10))
    before = [s["SnapshotName"] for s in double.snapshots if s["SnapshotName"].startswith("stop")]
    assert len(before) == 1
    assert restores(double) == [by_name(before[0])] * 2
    assert double.status == "RUNNING"
    assert not double.job.fails_every


def test_rollback_after_a_proved_version_does_not_use_that_versions_snapshot(
    double: ServiceDouble, running: Framework
) -> None:
    old_job = double.job
    running.update("b", "a", Job())
    before = restores(double)[0]
    proof = [s for s in double.snapshots if s["SnapshotName"].startswith("proved-bbbb")]
    assert len(proof) == 1
    double.snapshot("taken-by-a-person")  # of the version that is rolled back from
    running.rollback("b", "a", old_job, reached_prove=True)  # another resource failed later
    assert restores(double)[-1] == before
    assert double.made("StopApplication")[-1]["Force"] is True


def test_rollback_answers_even_when_the_old_version_is_sick(
    double: ServiceDouble, running: Framework
) -> None:
    old_job = Job(runs=False, error="AccessDenied: s3")
    running.update("b", "a", Job())
    answer = running.rollback("b", "a", old_job, reached_prove=True)
    assert "AccessDenied: s3" in answer["Evidence"]


def test_rollback_leaves_an_application_alone_that_the_update_never_reached(
    double: ServiceDouble, running: Framework
) -> None:
    running.max_state_loss = "60"
    double.job.can_snapshot = False
    with pytest.raises(DeployFailedError, match="max_state_loss"):
        running.update("b", "a", Job())
    assert double.status == "RUNNING"
    assert [call["Force"] for call in double.made("StopApplication")] == [False]
    assert not double.made("StartApplication")


def test_rollback_starts_again_what_only_prepare_had_stopped(
    double: ServiceDouble, running: Framework
) -> None:
    double.begin_update()
    prepared = running.prepare("Update", "b", "a")
    assert double.status == "READY"
    running.rollback("b", "a", double.job, reached_prove=False)
    assert double.status == "RUNNING"
    assert restores(double) == [by_name(prepared["Snapshot"])]


def test_graceful_stop_that_fails_falls_back_to_a_young_snapshot(
    double: ServiceDouble, running: Framework
) -> None:
    double.snapshot("young", age=600)
    double.job.can_snapshot = False
    proved = running.update("b", "a", Job())
    assert [call["Force"] for call in double.made("StopApplication")] == [False, True]
    assert proved["RestoredFrom"] == "young"


def test_graceful_stop_that_is_refused_falls_back_to_a_young_snapshot(
    double: ServiceDouble, running: Framework
) -> None:
    double.snapshot("young", age=600)
    double.stop_refused = "InvalidApplicationConfigurationException"
    proved = running.update("b", "a", Job())
    assert proved["RestoredFrom"] == "young"


def test_latest_snapshot_too_old_fails_with_the_choice(
    double: ServiceDouble, running: Framework
) -> None:
    running.max_state_loss = "600"
    double.job.can_snapshot = False
    double.begin_update()
    with pytest.raises(DeployFailedError) as failure:
        running.prepare("Update", "b", "a")
    reason = str(failure.value)
    for part in (
        "sensors",
        "snapshot failed",
        "proved-aaaaaaaaaaaa-v1",
        "max_state_loss",
        "1 h 0 min old",
    ):
        assert part in reason


def test_no_snapshot_at_all_is_never_an_empty_start(
    double: ServiceDouble, framework: Framework
) -> None:
    double.run()
    double.job.can_snapshot = False
    double.begin_update()
    with pytest.raises(DeployFailedError, match="no READY snapshot"):
        framework.prepare("Update", "b", "a")
    assert double.status == "RUNNING"


def test_running_without_metrics_fails_at_the_gates_deadline_and_says_what_to_check(
    double: ServiceDouble, running: Framework
) -> None:
    began = double.now
    with pytest.raises(DeployFailedError, match="no datapoint of the up-time metric") as failure:
        running.update("b", "a", Job(has_metrics=False))
    assert "metrics level" in str(failure.value)
    assert (double.now - began).total_seconds() < 2000
    assert double.status == "RUNNING"  # the old version, after the rollback


def test_min_records_are_demanded_and_absent_records_are_only_said(
    double: ServiceDouble, running: Framework
) -> None:
    quiet = Job(records_per_second=0)
    assert "no record came" in running.update("b", "a", quiet)["Evidence"]
    running.gate["MinRecords"] = "1"
    with pytest.raises(DeployFailedError, match="min_records"):
        running.update("c", "b", quiet)


def test_start_that_fails_says_the_services_reason(
    double: ServiceDouble, running: Framework
) -> None:
    with pytest.raises(DeployFailedError, match="main method caused an error"):
        running.update("b", "a", Job(runs=False, error="The main method caused an error: boom"))
    assert double.status == "RUNNING"


def test_gate_switched_off_waits_for_running_only(
    double: ServiceDouble, framework: Framework
) -> None:
    framework.gate["WindowSeconds"] = "0"
    proved = framework.create("a", Job(has_metrics=False))
    assert proved["Evidence"] == "RUNNING; no health gate"
    assert not double.made("CreateApplicationSnapshot")


def test_snapshots_that_fail_are_the_jobs_fault(double: ServiceDouble, running: Framework) -> None:
    with pytest.raises(DeployFailedError, match="3 snapshots of it failed"):
        running.update("b", "a", Job(can_snapshot=False))
    assert [s["SnapshotName"] for s in double.snapshots if s["SnapshotStatus"] == "FAILED"] == [
        "proved-bbbbbbbbbbbb-v2",
        "proved-bbbbbbbbbbbb-v2-2",
        "proved-bbbbbbbbbbbb-v2-3",
    ]


def test_first_deploy_sick_second_deploy_green(double: ServiceDouble, framework: Framework) -> None:
    with pytest.raises(DeployFailedError, match="no such column"):
        framework.create("a", Job(fails_every=10))
    double.stack_status = "ROLLBACK_IN_PROGRESS"
    framework.prove("Delete", "a")
    framework.prepare("Delete", "a")
    fresh = ServiceDouble(now=double.now)
    proved = Framework(fresh).create("b", Job())
    assert "READY" in proved["Evidence"]


def test_create_with_a_retained_application_restores_its_snapshot(
    double: ServiceDouble, framework: Framework
) -> None:
    double.snapshot("from-before", age=86_400)
    double.stack_status = "CREATE_IN_PROGRESS"
    prepared = framework.prepare("Create", "a")
    assert prepared["Snapshot"] == "from-before"
    assert framework.prove("Create", "a", prepared="from-before")["RestoredFrom"] == "from-before"
    assert restores(double) == [by_name("from-before")]


def test_prepared_snapshot_that_is_gone_is_not_replaced_by_an_older_one(
    double: ServiceDouble, framework: Framework
) -> None:
    double.snapshot("older", age=86_400)
    with pytest.raises(DeployFailedError, match="is gone or not READY"):
        framework.prove("Update", "b", "a", prepared="deleted-meanwhile")
    assert not double.made("StartApplication")


@pytest.mark.parametrize("kind", ["Custom::FlinkPrepare", "Custom::FlinkProve"])
def test_unchanged_key_touches_nothing(
    double: ServiceDouble, running: Framework, kind: str
) -> None:
    properties = {**running.properties("a"), "MaxStateLossSeconds": "1"}
    answer = running.send(kind, "Update", properties, "a")
    assert answer["ApplicationVersionId"] == "1"
    assert double.changes == []


def test_reply_lost_on_start_does_not_start_twice(
    double: ServiceDouble, running: Framework
) -> None:
    double.lost_replies = ["StopApplication", "StartApplication", "CreateApplicationSnapshot"]
    running.update("b", "a", Job())
    assert double.changes == ["StopApplication", "StartApplication", "CreateApplicationSnapshot"]


def test_transient_errors_are_not_yet(double: ServiceDouble, running: Framework) -> None:
    for operation in (
        "DescribeApplication",
        "ListApplicationOperations",
        "ListApplicationSnapshots",
        "StartApplication",
        "StopApplication",
        "CreateApplicationSnapshot",
        "FilterLogEvents",
        "GetMetricData",
        "DescribeStacks",
    ):
        double.faults[operation] = ["ThrottlingException", "ResourceInUseException"]
    running.update("b", "a", Job())
    assert double.status == "RUNNING"


def test_autoscaling_is_waited_out_without_force(double: ServiceDouble, running: Framework) -> None:
    """C28: only a forced stop is accepted meanwhile, and is not used; the deadline names it."""
    double.status = "AUTOSCALING"
    with pytest.raises(DeployFailedError, match="AUTOSCALING"):
        running.prepare("Update", "b", "a")
    assert double.changes == []


def test_deadline_of_prove_says_what_it_waited_for(
    double: ServiceDouble, framework: Framework
) -> None:
    double.status = "MAINTENANCE"
    with pytest.raises(DeployFailedError, match="for its status to leave MAINTENANCE"):
        framework.prove("Update", "b", "a")


def test_permission_not_yet_in_force_is_waited_for(
    double: ServiceDouble, framework: Framework
) -> None:
    double.faults["DescribeApplication"] = ["AccessDeniedException"] * 3
    assert framework.create("a", Job())["Evidence"].startswith("RUNNING")


def test_permission_that_stays_missing_is_named(
    double: ServiceDouble, framework: Framework
) -> None:
    double.faults["DescribeApplication"] = ["AccessDeniedException"] * 100
    with pytest.raises(DeployFailedError, match="DescribeApplication was refused"):
        framework.prove("Update", "b", "a")


def test_deploy_that_is_overtaken_by_a_rollback_stops_acting(
    double: ServiceDouble, running: Framework
) -> None:
    double.begin_update()
    event = running.event("Custom::FlinkProve", "Update", running.properties("b"), "a")
    event |= {"StartedAt": double.now.isoformat(), "Rollback": "false"}
    double.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    double.status = "READY"
    with pytest.raises(DeployFailedError, match="being rolled back"):
        running.poll(event)
    assert double.changes == []


def test_delete_stops_gracefully(double: ServiceDouble, running: Framework) -> None:
    double.stack_status = "DELETE_IN_PROGRESS"
    running.prove("Delete", "a")
    assert double.made("StopApplication") == [{"ApplicationName": "sensors", "Force": False}]
    assert double.status == "READY"


def test_delete_forces_what_cannot_be_stopped_gracefully(
    double: ServiceDouble, running: Framework
) -> None:
    double.stack_status = "DELETE_IN_PROGRESS"
    double.job.can_snapshot = False
    running.prove("Delete", "a")
    assert [call["Force"] for call in double.made("StopApplication")] == [False, True]
    assert double.status == "READY"


def test_delete_after_a_failed_create_forces(double: ServiceDouble, running: Framework) -> None:
    double.stack_status = "ROLLBACK_IN_PROGRESS"
    running.prove("Delete", "a")
    assert [call["Force"] for call in double.made("StopApplication")] == [True]


def test_delete_of_an_absent_application_completes(
    double: ServiceDouble, framework: Framework
) -> None:
    double.exists = False
    assert framework.prove("Delete", "a") == {}
    assert framework.prepare("Delete", "a") == {}


def test_stop_that_hangs_is_given_up_for_a_young_snapshot(
    double: ServiceDouble, running: Framework
) -> None:
    double.snapshot("young")
    double.status = "STOPPING"  # and nothing ends it
    began = double.now
    proved = running.update("b", "a", Job())
    assert proved["RestoredFrom"] == "young"
    assert [call["Force"] for call in double.made("StopApplication")] == [True]
    assert (double.now - began).total_seconds() > 1500


def test_sick_version_that_cannot_be_stopped_still_says_its_reason(
    double: ServiceDouble, running: Framework
) -> None:
    double.begin_update()
    prepared = running.prepare("Update", "b", "a")
    double.update_application(Job(fails_every=10))
    double.faults["StopApplication"] = ["InvalidRequestException"]
    with pytest.raises(DeployFailedError, match="no such column") as failure:
        running.prove("Update", "b", "a", prepared["Snapshot"])
    assert "It is still RUNNING" in str(failure.value)


def test_rollback_without_the_stacks_events_still_stops_the_new_version(
    double: ServiceDouble, running: Framework
) -> None:
    old_job = double.job
    running.update("b", "a", Job())
    double.faults["DescribeStackEvents"] = ["AccessDenied"] * 100
    running.rollback("b", "a", old_job, reached_prove=True)
    assert restores(double)[0] == restores(double)[1]
    assert double.status == "RUNNING"


def test_log_lines_are_json_and_hold_no_url(
    double: ServiceDouble, running: Framework, capsys: pytest.CaptureFixture[str]
) -> None:
    running.update("b", "a", Job())
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all("decision" in json.loads(line) for line in lines)
    assert "secret" not in "".join(lines)
