"""The model of snapshots held against the documentation: each test names its source.

`API:X` is the documentation string of X in the service's own model, `DOC:x` the page x of the
developer guide (docs.aws.amazon.com/managed-flink/latest/java/x.html).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from tests.lifecycle.application import CUSTOM, Application, Configuration
from tests.lifecycle.jobs import (
    CANNOT_BE_SAVED,
    HEALTHY,
)
from tests.lifecycle.model_calls import (
    NAME,
    READY,
    become,
    listed,
    refused,
    snapshot,
    start,
    stop,
)
from tests.lifecycle.shapes import ShapeError
from tests.lifecycle.snapshots import ENHANCED, LEGACY_QUOTA
from tests.lifecycle.statuses import Status
from tests.lifecycle.world import World

# -- snapshots of an application ----------------------------------------------------------------


def test_a_snapshot_holds_the_state_of_its_moment(world: World, running: Application) -> None:
    """DOC:how-snapshots: a savepoint."""
    at = world.now.timestamp()
    world.user.create_application_snapshot(ApplicationName=NAME, SnapshotName="mine")
    assert listed(world)[0]["SnapshotStatus"] == "CREATING"
    world.clock.advance(30)
    (taken,) = listed(world)
    assert (taken["SnapshotStatus"], taken["ApplicationVersionId"]) == ("READY", 2)
    assert world.state.snapshots[0].state.position == at


@pytest.mark.parametrize("status", [Status.UPDATING, Status.AUTOSCALING, Status.STOPPING])
def test_a_snapshot_needs_running(world: World, running: Application, status: Status) -> None:
    """Terraform's aws_kinesisanalyticsv2_application_snapshot: only of a running application."""
    become(world, running, status)
    asked = {"ApplicationName": NAME, "SnapshotName": "x"}
    assert refused(world.user.create_application_snapshot, **asked) == "InvalidRequestException"


def test_past_the_quota_only_the_service_makes_snapshots(
    world: World, running: Application
) -> None:
    """DOC:how-snapshots, DOC:limits: 1,000; manual ones fail with LimitExceededException."""
    for number in range(LEGACY_QUOTA):
        snapshot_now = world.state.take(running, f"s{number}", "user")
        snapshot_now.status = "READY"
    asked = {"ApplicationName": NAME, "SnapshotName": "one-more"}
    assert refused(world.user.create_application_snapshot, **asked) == "LimitExceededException"
    stop(world)
    assert (running.status, len(world.state.snapshots)) == (READY, LEGACY_QUOTA + 1)


def test_a_list_comes_in_pages_of_fifty_at_most(world: World, running: Application) -> None:
    """API:ListSnapshotsInputLimit: 1 to 50; API:ListApplicationSnapshotsResponse.NextToken."""
    for number in range(120):
        world.state.take(running, f"s{number}", "user")
    call = world.user.list_application_snapshots
    names: set[str] = set()
    token: dict[str, str] = {}
    for expected in (50, 50, 20):
        page = call(ApplicationName=NAME, **token)
        assert len(page["SnapshotSummaries"]) == expected
        names |= {held["SnapshotName"] for held in page["SnapshotSummaries"]}
        token = {"NextToken": page.get("NextToken", "")}
    assert (len(names), token) == (120, {"NextToken": ""})
    with pytest.raises(ShapeError):
        call(ApplicationName=NAME, Limit=51)
    assert refused(call, ApplicationName=NAME, NextToken="x") == "InvalidArgumentException"


def test_delete_needs_the_exact_creation_timestamp(world: World, running: Application) -> None:
    """API:DeleteApplicationSnapshotRequest.SnapshotCreationTimestamp."""
    snapshot(world, "mine")
    (held,) = listed(world)
    created = held["SnapshotCreationTimestamp"]
    call = world.user.delete_application_snapshot
    asked = {"ApplicationName": NAME, "SnapshotName": "mine"}
    wrong = created + timedelta(milliseconds=1)
    assert refused(call, **asked, SnapshotCreationTimestamp=wrong) == "InvalidArgumentException"
    call(**asked, SnapshotCreationTimestamp=created)
    assert listed(world)[0]["SnapshotStatus"] == "DELETING"
    world.clock.advance(30)
    assert listed(world) == []
    assert refused(call, **asked, SnapshotCreationTimestamp=created) == "ResourceNotFoundException"


def test_a_snapshot_under_way_cannot_be_deleted(world: World, running: Application) -> None:
    """API:ResourceInUseException: "the application or snapshot is not available"."""
    world.user.create_application_snapshot(ApplicationName=NAME, SnapshotName="mine")
    created = listed(world)[0]["SnapshotCreationTimestamp"]
    assert (
        refused(
            world.user.delete_application_snapshot,
            ApplicationName=NAME,
            SnapshotName="mine",
            SnapshotCreationTimestamp=created,
        )
        == "ResourceInUseException"
    )


def test_deleting_the_application_deletes_its_snapshots(world: World, running: Application) -> None:
    """Skill, application-lifecycle: all snapshots too; CreateTimestamp must be exact."""
    stop(world)
    call = world.user.delete_application
    wrong = running.created + timedelta(seconds=1)
    assert refused(call, ApplicationName=NAME, CreateTimestamp=wrong) == "InvalidArgumentException"
    call(ApplicationName=NAME, CreateTimestamp=running.created)
    assert running.status is Status.DELETING
    world.clock.advance(30)
    assert (world.state.applications, world.state.snapshots) == ({}, [])


# -- snapshots of an account --------------------------------------------------------------------


def test_enhanced_names_belong_to_the_account(two: World) -> None:
    """API:CreateSnapshotRequest.SnapshotName; DOC:snapshots-how-it-works."""
    answer = two.user.create_snapshot(ApplicationName=NAME, SnapshotName="one")
    assert answer["SnapshotArn"].endswith(":snapshot/one")
    assert answer["SnapshotStatus"] == "CREATING"
    call = two.user.create_snapshot
    assert refused(call, ApplicationName="other", SnapshotName="one") == "ResourceInUseException"


def test_a_failed_enhanced_name_stays_reserved_until_deleted(two: World) -> None:
    """API:CreateSnapshotRequest.SnapshotName: "including a snapshot in the FAILED status"."""
    two.state.change_job(two.application(NAME), CANNOT_BE_SAVED)
    call = two.user.create_snapshot
    call(ApplicationName=NAME, SnapshotName="one")
    two.clock.advance(60)
    (held,) = two.user.list_snapshots(SnapshotStatus="FAILED")["SnapshotInfoList"]
    assert refused(call, ApplicationName="other", SnapshotName="one") == "ResourceInUseException"
    two.user.delete_snapshot(
        SnapshotName="one", SnapshotCreationTimestamp=held["SnapshotCreationTimestamp"]
    )
    two.clock.advance(60)
    call(ApplicationName="other", SnapshotName="one")


def test_system_snapshot_names_are_reserved(two: World) -> None:
    """DOC:snapshots-how-it-works: in any combination of uppercase and lowercase letters."""
    call = two.user.create_snapshot
    assert refused(call, ApplicationName=NAME, SnapshotName="SystemSnapshot-1") == (
        "InvalidArgumentException"
    )


def test_one_enhanced_create_at_a_time(two: World) -> None:
    """API:CreateSnapshot: "only one CreateSnapshot operation in progress at a time"."""
    call = two.user.create_snapshot
    call(ApplicationName=NAME, SnapshotName="one")
    assert refused(call, ApplicationName=NAME, SnapshotName="two") == "ResourceInUseException"
    call(ApplicationName="other", SnapshotName="three")


def test_one_filter_in_a_request_and_newest_first(two: World) -> None:
    """API:ListSnapshots."""
    for number in range(3):
        two.user.create_snapshot(ApplicationName=NAME, SnapshotName=f"s{number}")
        two.clock.advance(60)
    two.user.create_snapshot(ApplicationName="other", SnapshotName="theirs")
    call = two.user.list_snapshots
    found = call(SourceApplicationName=NAME)["SnapshotInfoList"]
    assert [held["SnapshotName"] for held in found] == ["s2", "s1", "s0"]
    assert refused(call, SourceApplicationName=NAME, SnapshotStatus="READY") == (
        "InvalidArgumentException"
    )


def test_an_enhanced_snapshot_tells_its_version_when_described(two: World) -> None:
    """API:SourceApplicationDescription; the list does not tell it."""
    two.user.create_snapshot(ApplicationName=NAME, SnapshotName="one")
    details = two.user.describe_snapshot(SnapshotName="one")["SnapshotInfoDetails"]
    source = details["SnapshotSourceDescription"]["SourceApplicationDescription"]
    assert (source["ApplicationName"], source["ApplicationVersionId"]) == (NAME, 2)


def test_an_enhanced_snapshot_is_restored_by_arn_into_any_application(two: World) -> None:
    """DOC:snapshots-restore: SnapshotArn only, in enhanced mode only."""
    arn = two.user.create_snapshot(ApplicationName=NAME, SnapshotName="one")["SnapshotArn"]
    two.clock.advance(60)
    other = two.application("other")
    two.user.stop_application(ApplicationName="other", Force=True)
    two.clock.advance(60)
    wrong = {"ApplicationRestoreType": CUSTOM, "SnapshotName": "one"}
    asked = {"ApplicationRestoreConfiguration": wrong}
    code = refused(two.user.start_application, ApplicationName="other", RunConfiguration=asked)
    assert code == "InvalidArgumentException"
    start(two, "other", ApplicationRestoreType=CUSTOM, SnapshotArn=arn)
    assert other.runs[-1].restored.origin == two.application(NAME).runs[0].restored.origin


def test_the_legacy_calls_are_refused_in_enhanced_mode(two: World) -> None:
    """API:UnsupportedOperationException; API:CreateSnapshot for the other way round."""
    call = two.user.create_application_snapshot
    assert refused(call, ApplicationName=NAME, SnapshotName="x") == "UnsupportedOperationException"
    two.create("old", Configuration("old"), HEALTHY)
    start(two, "old")
    assert refused(two.user.create_snapshot, ApplicationName="old", SnapshotName="x") == (
        "InvalidApplicationConfigurationException"
    )


def test_the_mode_is_one_way_and_needs_flink_1_20(world: World, made: Application) -> None:
    """API:ApplicationSnapshotConfigurationUpdate; DOC:snapshots-setup."""

    def change(mode: str) -> str:
        update = {"SnapshotsEnabledUpdate": True, "SnapshotModeUpdate": mode}
        call = world.user.update_application
        try:
            call(
                ApplicationName=NAME,
                ConditionalToken=made.token,
                ApplicationConfigurationUpdate={"ApplicationSnapshotConfigurationUpdate": update},
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        world.clock.advance(10)
        return ""

    made.version.configuration = replace(made.configuration, runtime="FLINK-1_19")
    assert change(ENHANCED) == "InvalidArgumentException"
    made.version.configuration = replace(made.configuration, runtime="FLINK-1_20")
    assert change(ENHANCED) == ""
    assert change("APPLICATION_SNAPSHOTS_LEGACY") == "InvalidArgumentException"


def test_enhanced_snapshots_outlive_their_application(two: World) -> None:
    """API:DeleteSnapshot: "not scoped to an application"."""
    two.user.create_snapshot(ApplicationName=NAME, SnapshotName="one")
    two.clock.advance(60)
    created = two.application(NAME).created
    two.user.delete_application(ApplicationName=NAME, CreateTimestamp=created)
    two.clock.advance(60)
    found = two.user.list_snapshots(SourceApplicationName=NAME)["SnapshotInfoList"]
    assert [held["SnapshotName"] for held in found] == ["one"]
