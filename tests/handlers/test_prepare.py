"""Prepare: the stop before an update, and what it may give up."""

from __future__ import annotations

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.handlers.framework import Framework
from tests.handlers.service_double import Job, ServiceDouble


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


def test_retained_application_that_never_ran_starts_empty(
    double: ServiceDouble, framework: Framework
) -> None:
    double.stack_status = "CREATE_IN_PROGRESS"
    prepared = framework.prepare("Create", "a")
    assert prepared == {"Snapshot": "", "ApplicationVersionId": "1", "Run": "true"}


def test_application_started_by_somebody_after_our_stop_is_stopped_again(
    double: ServiceDouble, running: Framework
) -> None:
    double.begin_update()
    event = running.event(ResourceType.PREPARE, "Update", running.properties("b"), "a")
    event |= {"StartedAt": double.now.isoformat(), "Rollback": "false"}
    assert running.step(event) == {"IsComplete": False}
    double.advance(30)
    latest = {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}
    double.flink.start_application(
        ApplicationName="sensors",
        RunConfiguration={"ApplicationRestoreConfiguration": latest},
    )
    double.advance(30)
    last = running.poll(event)["Snapshot"]
    assert [call["Force"] for call in double.made("StopApplication")] == [False, False]
    assert last == double.snapshots[-1]["SnapshotName"]


def test_autoscaling_is_waited_out_without_force(double: ServiceDouble, running: Framework) -> None:
    """The service would accept only a forced stop, which is not used; the deadline names it."""
    double.status = "AUTOSCALING"
    with pytest.raises(DeployFailedError, match="AUTOSCALING"):
        running.prepare("Update", "b", "a")
    assert double.changes == []


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
