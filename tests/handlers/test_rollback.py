"""What the handlers do while CloudFormation undoes an update."""

from __future__ import annotations

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.handlers.framework import Framework, by_name, restores
from tests.handlers.service_double import Job, ServiceDouble


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


def test_rollback_without_the_stacks_events_leaves_what_runs_alone(
    double: ServiceDouble, running: Framework
) -> None:
    """Nothing tells whether the update reached it; to stop a healthy old version costs state."""
    running.update("b", "a", Job())
    double.calls.clear()
    double.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    double.faults["DescribeStackEvents"] = ["AccessDenied"] * 100
    assert running.prepare("Update", "a", "b")["Snapshot"] == ""
    assert double.changes == []
    assert double.status == "RUNNING"
