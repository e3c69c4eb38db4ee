"""What a person decides: how a version is replaced, what it starts from, and whether it runs."""

from __future__ import annotations

import pytest

from cdk_managed_flink import DesiredState, RestoreFrom, UpdateStrategy
from tests.local.lifecycle.probe import versions
from tests.local.lifecycle.stage import Stage

pytestmark = pytest.mark.local


@pytest.mark.long
def test_new_version_goes_on_where_the_old_one_stopped(stage: Stage) -> None:
    version = stage.version(versions.healthy)
    deployed = stage.deploy(version)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    assert stage.counted().right, stage.counts
    assert stage.counts.by_version[version.label] > 0


@pytest.mark.long
@pytest.mark.parametrize("strategy", [UpdateStrategy.IN_PLACE, UpdateStrategy.FORCE_STOP])
def test_new_version_by_another_strategy(stage: Stage, strategy: UpdateStrategy) -> None:
    """What the old version wrote after the restore point is written once more, and no more."""
    old, version = stage.current, stage.version(versions.healthy, update_strategy=strategy)
    deployed = stage.deploy(version)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    stage.counted()
    stage.set_apart(old, after=stage.last_before(version))
    assert stage.counted().right, stage.counts
    assert stage.counts.by_version[version.label] > 0


def test_restore_by_name_goes_back_and_does_the_rest_again(stage: Stage) -> None:
    old = stage.current
    stage.sender.send(50)
    assert stage.counted().right, stage.counts
    position = len(stage.sender.sent)
    stage.service.create_application_snapshot(
        ApplicationName=stage.application, SnapshotName="by-a-person"
    )
    stage.await_snapshot("by-a-person")
    stage.sender.send(50)
    assert stage.counted().right, stage.counts
    version = stage.version(versions.healthy, restore_from=RestoreFrom.snapshot("by-a-person"))
    deployed = stage.deploy(version)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    assert stage.pipeline.started_from() == "by-a-person"
    stage.set_apart(old, after=position)
    assert stage.counted().right, stage.counts
    assert stage.last_before(version) == position


def test_stopped_by_hand_stays_stopped_until_it_is_asked_for(stage: Stage) -> None:
    stage.service.stop_application(ApplicationName=stage.application)
    stage.await_status("READY")
    quiet = stage.version(versions.healthy)
    deployed = stage.deploy(quiet)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    assert stage.pipeline.status() == "READY"
    version = stage.version(versions.healthy, desired_state=DesiredState.ALWAYS_RUNNING)
    deployed = stage.deploy(version)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    assert stage.counted().right, stage.counts
    assert quiet.label not in stage.counts.by_version
    assert stage.counts.by_version[version.label] > 0


@pytest.mark.long
def test_desired_state_stops_and_starts_it(stage: Stage) -> None:
    stopped = stage.version(versions.healthy, desired_state=DesiredState.STOPPED)
    deployed = stage.deploy(stopped)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    assert stage.pipeline.status() == "READY"
    version = stage.version(versions.healthy)
    deployed = stage.deploy(version)
    assert deployed.status == "UPDATE_COMPLETE", deployed.reason
    assert stage.counted().right, stage.counts
    assert stopped.label not in stage.counts.by_version
