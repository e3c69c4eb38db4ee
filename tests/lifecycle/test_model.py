"""The model held against the documentation, call by call: each test names its source.

`API:X` is the documentation string of X in the service's own model, `DOC:x` the page x of the
developer guide (docs.aws.amazon.com/managed-flink/latest/java/x.html).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lifecycle.application import CUSTOM, LATEST, SKIP, Application, Configuration
from tests.lifecycle.jobs import (
    CANNOT_BE_SAVED,
    CRASH_LOOPS,
    HANGS,
    HEALTHY,
    OTHER_STATE,
    THROWS_AT_START,
)
from tests.lifecycle.model_calls import (
    NAME,
    READY,
    RUNNING,
    become,
    last_operation,
    listed,
    refused,
    snapshot,
    start,
    stop,
    update,
)
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.shapes import ShapeError, declared_errors, service_model
from tests.lifecycle.statuses import TRANSITIONS, Status
from tests.lifecycle.world import World

# -- the shipped model --------------------------------------------------------------------------


def test_the_shipped_model_has_the_enhanced_snapshots() -> None:
    """botocore 1.44.8: 41 operations, 33 before."""
    names = service_model("kinesisanalyticsv2").operation_names
    assert len(names) == 41
    assert {"CreateSnapshot", "DeleteSnapshot", "ListSnapshots"} <= set(names)


def test_parameters_are_held_against_enumerations_patterns_and_maximums(
    world: World, made: Application
) -> None:
    """The model's own constraints, of which botocore checks few."""
    with pytest.raises(ShapeError, match="none of"):
        start(world, ApplicationRestoreType="RESTORE_FROM_NEWEST")
    with pytest.raises(ShapeError, match="lacks"):
        world.user.delete_application_snapshot(ApplicationName=NAME, SnapshotName="x")
    with pytest.raises(ShapeError, match="1 to 100"):
        world.user.create_snapshot(ApplicationName=NAME, SnapshotName="x" * 101)
    with pytest.raises(ShapeError, match="does not match"):
        world.user.create_snapshot(ApplicationName=NAME, SnapshotName="a b")
    assert len(world.violations) == 4


def test_only_declared_errors_are_answered() -> None:
    """ListApplicationSnapshots declares no ResourceNotFoundException, CreateSnapshot neither."""
    assert "ResourceNotFoundException" not in declared_errors(
        "kinesisanalyticsv2", "ListApplicationSnapshots"
    )
    world = World()
    assert refused(world.user.list_application_snapshots, ApplicationName="x") == (
        "InvalidArgumentException"
    )
    assert refused(world.user.describe_application, ApplicationName="x") == (
        "ResourceNotFoundException"
    )


def test_every_status_of_the_enumeration_is_in_the_table() -> None:
    """API:ApplicationStatus."""
    shape: Any = service_model("kinesisanalyticsv2").shape_for("ApplicationStatus")
    assert set(shape.enum) == {status.value for status in TRANSITIONS}


# -- create, start, stop ------------------------------------------------------------------------


def test_create_starts_nothing(made: Application) -> None:
    """API:StartApplication: "you must exclusively call this operation to start"."""
    assert (made.status, made.run, made.operations.held) == (READY, None, [])


def test_the_logging_option_is_a_second_version(made: Application) -> None:
    """The blueprints' construct: the added logging option bumps the application to version 2."""
    assert made.version.number == 2


def test_start_goes_by_starting_to_running(world: World, made: Application) -> None:
    """DOC:how-running-apps."""
    operation = world.user.start_application(ApplicationName=NAME)["OperationId"]
    assert (made.status, last_operation(world)["OperationStatus"]) == (
        Status.STARTING,
        "IN_PROGRESS",
    )
    world.clock.advance(60)
    done = world.user.describe_application_operation(ApplicationName=NAME, OperationId=operation)[
        "ApplicationOperationInfoDetails"
    ]
    assert (made.status, done["OperationStatus"]) == (RUNNING, "SUCCESSFUL")
    assert done["EndTime"] - done["StartTime"] == timedelta(seconds=HEALTHY.start_seconds)


def test_start_is_refused_unless_ready(world: World, running: Application) -> None:
    """DOC:how-running-apps."""
    assert refused(world.user.start_application, ApplicationName=NAME) == "ResourceInUseException"


def test_first_start_is_empty_and_later_ones_take_the_newest(
    world: World, running: Application
) -> None:
    """Skill, application-lifecycle: the default on start is the latest snapshot, if any."""
    first = running.runs[0].restored.origin
    stop(world)
    start(world)
    assert running.runs[1].restored.origin == first
    assert running.runs[1].restored_from == listed(world)[0]["SnapshotName"]


def test_a_start_without_restore_begins_anew(world: World, running: Application) -> None:
    """API:ApplicationRestoreType."""
    stop(world)
    start(world, ApplicationRestoreType=SKIP)
    assert running.runs[1].restored.origin != running.runs[0].restored.origin


def test_a_failing_main_leads_back_to_ready(world: World, made: Application) -> None:
    """DOC:troubleshooting-system-rollback; the error is in DescribeApplicationOperation."""
    world.state.jobs["a"] = THROWS_AT_START
    start(world)
    failed = last_operation(world)
    assert (made.status, failed["OperationStatus"]) == (READY, "FAILED")
    text = failed["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert text.startswith("Amazon Managed Service for Apache Flink failed to transition the ")
    assert len(text) == 512  # the cause, which comes last, is cut off


def test_a_stop_takes_a_snapshot_that_nothing_follows(world: World, running: Application) -> None:
    """API:StopApplication: "takes a snapshot when the application is stopped"."""
    stop(world)
    (taken,) = world.state.snapshots
    assert (running.status, taken.status) == (READY, "READY")
    assert taken.state == running.runs[0].state(world.now)


def test_a_stop_without_snapshots_enabled_keeps_nothing(world: World, made: Application) -> None:
    """DOC:how-snapshots: SnapshotsEnabled false leads to loss."""
    made.version.configuration = replace(made.configuration, snapshots_enabled=False)
    start(world)
    stop(world)
    assert (made.status, world.state.snapshots) == (READY, [])


@pytest.mark.parametrize(
    "status", [Status.STARTING, Status.UPDATING, Status.STOPPING, Status.AUTOSCALING, RUNNING]
)
def test_a_forced_stop_is_taken_and_cancels_what_is_under_way(
    world: World, running: Application, status: Status
) -> None:
    """API:StopApplicationRequest.Force: "STARTING, UPDATING, STOPPING, AUTOSCALING, or RUNNING"."""
    become(world, running, status)
    under_way = running.operations.running
    count = len([held for held in world.state.snapshots if held.status == "READY"])
    world.user.stop_application(ApplicationName=NAME, Force=True)
    assert running.status is Status.FORCE_STOPPING
    world.clock.advance(60)
    assert (running.status, running.run) == (READY, None)
    assert under_way is None or under_way.status == "CANCELLED"
    assert len([held for held in world.state.snapshots if held.status == "READY"]) == count


def test_a_forced_stop_is_refused_in_maintenance(world: World, running: Application) -> None:
    """API:StopApplicationRequest.Force does not list MAINTENANCE."""
    become(world, running, Status.MAINTENANCE)
    stopping = {"ApplicationName": NAME, "Force": True}
    assert refused(world.user.stop_application, **stopping) == "ResourceInUseException"


@pytest.mark.parametrize("status", [Status.STARTING, Status.UPDATING, Status.AUTOSCALING])
def test_a_graceful_stop_needs_running(world: World, running: Application, status: Status) -> None:
    """API:StopApplication: "only if it is in the running status"."""
    become(world, running, status)
    assert refused(world.user.stop_application, ApplicationName=NAME) == "ResourceInUseException"


def test_a_job_in_downtime_cannot_be_stopped_gracefully(world: World, running: Application) -> None:
    """DOC:troubleshooting-symptoms: "currently experiencing downtime"."""
    world.state.change_job(running, CRASH_LOOPS)
    world.clock.advance(60)
    code = refused(world.user.stop_application, ApplicationName=NAME)
    assert (code, running.status) == ("InvalidApplicationConfigurationException", RUNNING)


def test_a_stop_whose_snapshot_fails_leaves_it_running(world: World, running: Application) -> None:
    """DOC:troubleshooting-symptoms."""
    world.state.change_job(running, CANNOT_BE_SAVED)
    stop(world)
    assert (running.status, last_operation(world)["OperationStatus"]) == (RUNNING, "FAILED")
    assert [held["SnapshotStatus"] for held in listed(world)] == ["FAILED"]


def test_a_stop_that_hangs_ends_by_force_only(world: World, running: Application) -> None:
    """DOC:troubleshooting-symptoms: stuck in a transient status."""
    world.state.change_job(running, HANGS)
    stop(world)
    world.clock.advance(1200)
    assert running.status is Status.STOPPING
    stop(world, force=True)
    assert running.status is READY


# -- restore ------------------------------------------------------------------------------------


def test_a_custom_restore_takes_exactly_one_name(world: World, running: Application) -> None:
    """DOC:snapshots-restore: "with both members, or with neither, InvalidArgumentException"."""
    stop(world)
    name = listed(world)[0]["SnapshotName"]
    arn = "arn:aws:kinesisanalytics:us-east-1:111111111111:snapshot/x"
    for wrong in (
        {"ApplicationRestoreType": CUSTOM},
        {"ApplicationRestoreType": CUSTOM, "SnapshotName": name, "SnapshotArn": arn},
        {"ApplicationRestoreType": CUSTOM, "SnapshotArn": arn},
        {"ApplicationRestoreType": LATEST, "SnapshotName": name},
    ):
        configuration = {"ApplicationRestoreConfiguration": wrong}
        asked = {"ApplicationName": NAME, "RunConfiguration": configuration}
        assert refused(world.user.start_application, **asked) == "InvalidArgumentException"
    start(world, ApplicationRestoreType=CUSTOM, SnapshotName=name)
    assert running.runs[-1].restored_from == name


def test_a_missing_snapshot_is_refused(world: World, made: Application) -> None:
    """API:ResourceNotFoundException: "application, snapshot, … can't be found"."""
    restore = {"ApplicationRestoreType": CUSTOM, "SnapshotName": "gone"}
    asked = {"ApplicationRestoreConfiguration": restore}
    code = refused(world.user.start_application, ApplicationName=NAME, RunConfiguration=asked)
    assert (code, made.status) == ("ResourceNotFoundException", READY)


@pytest.mark.parametrize("fails", [True, False])
def test_state_of_another_shape_does_not_fit(fails: bool) -> None:
    """DOC:how-snapshots; Flink 2.x shows it in metrics only (skill, flink-2x-migration)."""
    world = World(Quirks(incompatible_fails=fails))
    found = world.create(NAME, Configuration("a"), HEALTHY)
    world.state.jobs["b"] = OTHER_STATE
    start(world)
    stop(world)
    update(world, "b")
    world.clock.advance(10)
    start(world)
    world.clock.advance(120)
    assert found.status is (READY if fails else RUNNING)
    assert not found.run or found.run.failures


def test_allow_non_restored_state_lets_it_start(world: World, running: Application) -> None:
    """API:FlinkRunConfiguration."""
    world.state.jobs["b"] = OTHER_STATE
    stop(world)
    update(world, "b")
    world.clock.advance(10)
    start(world, allow=True)
    assert (running.status, running.runs[-1].restored.schema) == (RUNNING, "t")


def test_allow_non_restored_state_is_not_sticky(world: World, running: Application) -> None:
    """API:FlinkRunConfiguration: "will be set to false, even if it was previously true"."""
    stop(world)
    start(world, allow=True)
    assert running.allow_non_restored
    update(world, "b")
    assert not running.allow_non_restored


# -- update -------------------------------------------------------------------------------------


def test_an_update_of_ready_leaves_it_ready(world: World, made: Application) -> None:
    """Skill, application-lifecycle."""
    update(world, "b")
    assert (made.status, made.version.number) == (Status.UPDATING, 3)
    world.clock.advance(10)
    assert (made.status, made.run, made.configuration.key) == (READY, None, "b")


def test_an_update_of_running_restarts_it_with_its_state(
    world: World, running: Application
) -> None:
    """DOC:how-snapshots: taken and used when the application is updated."""
    before = running.runs[0]
    update(world, "b")
    world.clock.advance(120)
    after = running.runs[-1]
    assert (running.status, after.code, after.version) == (RUNNING, "b", 3)
    assert (after.restored.origin, after.restored.position) == (
        before.restored.origin,
        before.state(world.now).position,
    )


def test_an_update_that_fails_leads_to_ready(world: World, running: Application) -> None:
    """DOC:troubleshooting-system-rollback: not opted in."""
    world.state.jobs["b"] = THROWS_AT_START
    update(world, "b")
    world.clock.advance(120)
    assert (running.status, last_operation(world)["OperationStatus"]) == (READY, "FAILED")
    changes = last_operation(world)["ApplicationVersionChangeDetails"]
    assert changes == {"ApplicationVersionUpdatedFrom": 2, "ApplicationVersionUpdatedTo": 3}


def test_system_rollback_brings_the_old_version_back(world: World, running: Application) -> None:
    """DOC:how-system-rollbacks."""
    running.version.configuration = replace(running.configuration, rollback_enabled=True)
    world.state.jobs["b"] = THROWS_AT_START
    update(world, "b")
    world.clock.advance(85)
    assert running.status is Status.ROLLING_BACK
    world.clock.advance(120)
    assert (running.status, running.configuration.key) == (RUNNING, "a")
    updating, rollback = running.operations.held[-2:]
    assert updating.details()["OperationFailureDetails"]["RollbackOperationId"] == rollback.identity


def test_an_update_needs_the_present_version_or_token(world: World, made: Application) -> None:
    """API:UpdateApplicationRequest; API:ConcurrentModificationException."""
    role = {"ServiceExecutionRoleUpdate": "arn:aws:iam::111111111111:role/other"}
    call = world.user.update_application
    token = made.token
    assert refused(call, ApplicationName=NAME, **role) == "InvalidArgumentException"
    for stale in ({"CurrentApplicationVersionId": 1}, {"ConditionalToken": "old"}):
        assert refused(call, ApplicationName=NAME, **stale, **role) == (
            "ConcurrentModificationException"
        )
    call(ApplicationName=NAME, ConditionalToken=token, **role)
    world.clock.advance(10)
    assert made.configuration.role.endswith("/other")


def test_an_update_in_a_transient_status_is_refused(world: World, running: Application) -> None:
    """DOC:how-running-apps: during AUTOSCALING the only valid call is Stop with Force."""
    become(world, running, Status.AUTOSCALING)
    with pytest.raises(ClientError, match="ResourceInUseException"):
        update(world, "b")


def test_a_run_configuration_update_needs_running(world: World, made: Application) -> None:
    """aws-cloudformation/cloudformation-coverage-roadmap#1059."""
    with pytest.raises(ClientError, match="InvalidRequestException"):
        update(
            world,
            "b",
            RunConfigurationUpdate={"FlinkRunConfiguration": {"AllowNonRestoredState": True}},
        )


# -- rollback -----------------------------------------------------------------------------------


def test_rollback_takes_the_newest_snapshot_whoever_made_it(
    world: World, running: Application
) -> None:
    """API:RollbackApplication: "loads state data from the last successful snapshot"."""
    update(world, "b")
    world.clock.advance(300)
    snapshot(world, "of-the-bad-version")
    world.user.rollback_application(ApplicationName=NAME, CurrentApplicationVersionId=3)
    assert running.status is Status.ROLLING_BACK
    world.clock.advance(120)
    assert (running.status, running.configuration.key) == (RUNNING, "a")
    assert running.runs[-1].restored_from == "of-the-bad-version"
    assert running.describe()["ApplicationVersionRolledBackFrom"] == 3


def test_rollback_is_refused_without_a_snapshot_and_unless_it_moves(
    world: World, running: Application
) -> None:
    """API:RollbackApplication: "UPDATING, AUTOSCALING, or RUNNING"; "rejects the request"."""
    asked = {"ApplicationName": NAME, "CurrentApplicationVersionId": 2}
    assert refused(world.user.rollback_application, **asked) == "InvalidRequestException"
    stop(world)
    assert refused(world.user.rollback_application, **asked) == "InvalidRequestException"
