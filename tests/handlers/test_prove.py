"""Prove: the start by name and the health gate, over whole deploys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.handlers.framework import Framework, by_name, restores
from tests.handlers.service_double import Job, ServiceDouble


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
    running.gate = replace(running.gate, min_records="1")
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
    framework.gate = replace(framework.gate, window_seconds="0")
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


def test_deadline_of_prove_says_what_it_waited_for(
    double: ServiceDouble, framework: Framework
) -> None:
    double.status = "MAINTENANCE"
    with pytest.raises(DeployFailedError, match="for its status to leave MAINTENANCE"):
        framework.prove("Update", "b", "a")


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
