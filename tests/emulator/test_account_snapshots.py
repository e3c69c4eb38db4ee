"""Enhanced snapshots: the account's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from managed_flink_local.environment import ACCOUNT, REGION
from tests.emulator.cloud import Cloud, flink_client
from tests.emulator.idle_application import IdleApplication
from tests.waiting import until

pytestmark = pytest.mark.emulator

ENHANCED, LEGACY = "ENHANCED_SNAPSHOTS", "APPLICATION_SNAPSHOTS_LEGACY"
PREFIX = f"arn:aws:kinesisanalytics:{REGION}:{ACCOUNT}:"


def mode_of(application: IdleApplication) -> str:
    described = application.detail()["ApplicationConfigurationDescription"]
    return str(described["ApplicationSnapshotConfigurationDescription"]["SnapshotMode"])


def change_mode(application: IdleApplication, mode: str) -> str:
    update = {"SnapshotsEnabledUpdate": True, "SnapshotModeUpdate": mode}
    return application.change(
        ApplicationConfigurationUpdate={"ApplicationSnapshotConfigurationUpdate": update}
    )


def take(application: IdleApplication, name: str) -> dict[str, Any]:
    """Create a snapshot; returns it as described once it is READY or FAILED."""
    taken = application.flink.create_snapshot(ApplicationName=application.name, SnapshotName=name)
    assert taken["SnapshotStatus"] == "CREATING"
    assert taken["SnapshotArn"] == f"{PREFIX}snapshot/{name}"
    return until_done(application, name)


def until_done(application: IdleApplication, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any]:
        return dict(application.flink.describe_snapshot(SnapshotName=name)["SnapshotInfoDetails"])

    done = ("READY", "FAILED")
    return until(look, lambda found: found["SnapshotStatus"] in done, poll=0.02)


def listed(application: IdleApplication, **filters: Any) -> list[str]:  # noqa: ANN401
    found = application.flink.list_snapshots(**filters)["SnapshotInfoList"]
    return [s["SnapshotName"] for s in found]


@pytest.fixture
def application(idle_cloud: Cloud) -> IdleApplication:
    started = IdleApplication(idle_cloud, ENHANCED)
    assert started.start() == "RUNNING"
    return started


def test_the_mode_is_legacy_unless_asked_for_and_goes_one_way(idle_cloud: Cloud) -> None:
    application = IdleApplication(idle_cloud)
    assert mode_of(application) == LEGACY
    change_mode(application, ENHANCED)
    assert mode_of(application) == ENHANCED
    application.update()
    assert mode_of(application) == ENHANCED
    with pytest.raises(ClientError, match=r"InvalidArgumentException.*cannot be changed from"):
        change_mode(application, LEGACY)


def test_only_a_rollback_returns_to_the_legacy_mode(idle_cloud: Cloud) -> None:
    application = IdleApplication(idle_cloud)
    application.start()
    change_mode(application, ENHANCED)
    assert application.rollback() == "RUNNING"
    assert mode_of(application) == LEGACY


def test_fails_when_the_runtime_is_too_old_for_it(idle_cloud: Cloud) -> None:
    with pytest.raises(ClientError, match=r"InvalidArgumentException.*needs Flink 1\.20"):
        IdleApplication(idle_cloud, ENHANCED, "FLINK-1_19")
    application = IdleApplication(idle_cloud, runtime="FLINK-1_19")
    with pytest.raises(ClientError, match=r"InvalidArgumentException.*needs Flink 1\.20"):
        change_mode(application, ENHANCED)


def test_a_snapshot_is_described(application: IdleApplication) -> None:
    name = f"{application.name}-mine"
    details = take(application, name)
    assert details["SnapshotStatus"] == "READY"
    assert details["SnapshotSizeInBytes"] == 100
    assert details["SnapshotInitiator"] == "USER"
    source = details["SnapshotSourceDescription"]["SourceApplicationDescription"]
    assert source["ApplicationName"] == application.name
    assert source["ApplicationVersionId"] == 1
    operations = application.flink.list_snapshot_operations(SnapshotName=name)
    [operation] = operations["SnapshotOperationInfoList"]
    assert operation["SnapshotOperation"] == "CreateSnapshot"
    found = application.flink.describe_snapshot_operation(
        SnapshotName=name, SnapshotOperationId=operation["SnapshotOperationId"]
    )["SnapshotOperationInfoDetails"]
    assert found["SnapshotOperationStatus"] == "SUCCESSFUL"
    assert found["SnapshotArn"] == details["SnapshotArn"]


def test_the_services_own_are_reserved_names_of_the_account(application: IdleApplication) -> None:
    application.update()
    application.stop()
    names = listed(application, SourceApplicationName=application.name)
    assert len(names) == 2
    assert all(name.startswith(f"SYSTEMSNAPSHOT-{application.name}-") for name in names)
    assert set(names) <= set(listed(application, SnapshotInitiator="SYSTEM"))
    operation = application.flink.list_snapshot_operations(SnapshotName=names[0])
    [only] = operation["SnapshotOperationInfoList"]
    assert only["SnapshotOperation"] == "SystemCreateSnapshot"
    legacy = application.flink.list_application_snapshots(ApplicationName=application.name)
    assert legacy["SnapshotSummaries"] == []
    application.start()
    assert names[0] in application.starts()[-1]["savepoint"], "the newest"


def test_lists_newest_first_in_pages_by_one_filter(application: IdleApplication) -> None:
    names = [f"{application.name}-{number}" for number in range(3)]
    for name in names:
        take(application, name)
    mine = {"SourceApplicationName": application.name}
    assert listed(application, **mine) == names[::-1]
    first = application.flink.list_snapshots(**mine, Limit=2)
    assert [s["SnapshotName"] for s in first["SnapshotInfoList"]] == [names[2], names[1]]
    assert listed(application, **mine, NextToken=first["NextToken"]) == [names[0]]
    with pytest.raises(ClientError, match=r"InvalidArgumentException.*Only one filter"):
        listed(application, **mine, SnapshotStatus="READY")


def test_a_name_is_taken_in_the_account_even_by_what_failed(application: IdleApplication) -> None:
    other = IdleApplication(application.cloud, ENHANCED)
    application.stop(force=True)
    application.update(snapshot="fails")
    application.start()
    other.start()
    name = f"{application.name}-mine"
    failed = take(application, name)
    assert (failed["SnapshotStatus"], failed["SnapshotSizeInBytes"]) == ("FAILED", 0)
    [operation] = application.flink.list_snapshot_operations(SnapshotName=name)[
        "SnapshotOperationInfoList"
    ]
    found = application.flink.describe_snapshot_operation(
        SnapshotName=name, SnapshotOperationId=operation["SnapshotOperationId"]
    )["SnapshotOperationInfoDetails"]
    error = found["SnapshotOperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert error == "the checkpoint expired before completing"
    with pytest.raises(ClientError, match=r"ResourceInUseException.*already exists"):
        take(other, name)
    delete(application, failed)
    assert take(other, name)["SnapshotStatus"] == "READY"


def delete(application: IdleApplication, snapshot: dict[str, Any]) -> None:
    name = snapshot["SnapshotName"]
    application.flink.delete_snapshot(
        SnapshotName=name, SnapshotCreationTimestamp=snapshot["SnapshotCreationTimestamp"]
    )
    until(lambda: listed(application), lambda names: name not in names, poll=0.02)


def test_fails_when_another_snapshot_of_that_name_is_to_be_deleted(
    application: IdleApplication,
) -> None:
    snapshot = take(application, f"{application.name}-mine")
    with pytest.raises(ClientError, match="different SnapshotCreationTimestamp"):
        application.flink.delete_snapshot(
            SnapshotName=snapshot["SnapshotName"], SnapshotCreationTimestamp=1
        )
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        application.flink.delete_snapshot(SnapshotName="none", SnapshotCreationTimestamp=1)


def test_fails_when_a_snapshot_is_being_created(application: IdleApplication) -> None:
    application.update(snapshot="hangs")
    name = f"{application.name}-mine"
    application.flink.create_snapshot(ApplicationName=application.name, SnapshotName=name)
    with pytest.raises(ClientError, match=r"ResourceInUseException.*is being created"):
        take(application, f"{name}-too")
    created = application.flink.describe_snapshot(SnapshotName=name)["SnapshotInfoDetails"]
    with pytest.raises(ClientError, match=r"ResourceInUseException.*CREATING"):
        delete(application, created)
    application.stop(force=True)
    assert until_done(application, name)["SnapshotStatus"] == "FAILED"


@pytest.mark.parametrize("name", ["SystemSnapshot-mine", "a b", "x" * 101])
def test_fails_when_a_name_is_reserved_or_wrong(application: IdleApplication, name: str) -> None:
    with pytest.raises((ClientError, ValueError), match="SnapshotName"):
        take(application, name)


def test_fails_when_the_application_has_the_other_kind_or_does_not_run(
    application: IdleApplication,
) -> None:
    legacy = IdleApplication(application.cloud)
    legacy.start()
    with pytest.raises(ClientError, match="InvalidApplicationConfigurationException"):
        take(legacy, "mine")
    with pytest.raises(ClientError, match="UnsupportedOperationException"):
        application.flink.create_application_snapshot(
            ApplicationName=application.name, SnapshotName="mine"
        )
    application.stop()
    with pytest.raises(ClientError, match=r"InvalidApplicationConfigurationException.*READY"):
        take(application, "mine")


def test_another_application_starts_from_what_outlived_its_own(
    application: IdleApplication,
) -> None:
    snapshot = take(application, f"{application.name}-mine")
    created = application.detail()["CreateTimestamp"]
    application.flink.delete_application(ApplicationName=application.name, CreateTimestamp=created)
    other = IdleApplication(application.cloud, ENHANCED)
    custom = {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT"}
    assert other.start(**custom, SnapshotArn=snapshot["SnapshotArn"]) == "RUNNING"
    savepoint = other.starts()[-1]["savepoint"]
    assert savepoint.endswith(f"/snapshots/{snapshot['SnapshotName']}")
    run = other.detail()["ApplicationConfigurationDescription"]["RunConfigurationDescription"]
    restored = run["ApplicationRestoreConfigurationDescription"]
    assert restored["SnapshotArn"] == snapshot["SnapshotArn"]


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ({"SnapshotName": "mine"}, "needs SnapshotArn, and only it"),
        ({}, "needs SnapshotArn, and only it"),
        ({"SnapshotArn": f"{PREFIX}snapshot/none"}, "does not exist"),
    ],
)
def test_fails_when_the_snapshot_to_restore_is_named_wrongly(
    idle_cloud: Cloud, named: dict[str, str], reason: str
) -> None:
    application = IdleApplication(idle_cloud, ENHANCED)
    with pytest.raises(ClientError, match=f"InvalidArgumentException.*{reason}"):
        application.start(ApplicationRestoreType="RESTORE_FROM_CUSTOM_SNAPSHOT", **named)


def test_a_template_that_does_not_name_the_mode_leaves_it(idle_cloud: Cloud) -> None:
    application, stack = IdleApplication(idle_cloud), idle_cloud.name("stack")
    described = application.detail()
    code = described["ApplicationConfigurationDescription"][
        "ApplicationCodeConfigurationDescription"
    ]["CodeContentDescription"]["S3ApplicationCodeLocationDescription"]

    def resources(**snapshots: object) -> dict[str, Any]:
        return {
            "Application": {
                "Type": "AWS::KinesisAnalyticsV2::Application",
                "Properties": {
                    "ApplicationName": stack,
                    "RuntimeEnvironment": "FLINK-1_20",
                    "ServiceExecutionRole": application.role,
                    "ApplicationConfiguration": {
                        "ApplicationCodeConfiguration": {
                            "CodeContentType": "ZIPFILE",
                            "CodeContent": {"S3ContentLocation": code},
                        },
                        "ApplicationSnapshotConfiguration": snapshots,
                    },
                },
            }
        }

    trusted = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "kinesisanalytics.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )
    idle_cloud.client("iam").update_assume_role_policy(
        RoleName=application.name, PolicyDocument=trusted
    )
    enhanced = resources(SnapshotsEnabled=True, SnapshotMode=ENHANCED)
    assert idle_cloud.deploy(stack, enhanced) == "CREATE_COMPLETE"
    application.name = stack
    assert idle_cloud.deploy(stack, resources(SnapshotsEnabled=False)) == "UPDATE_COMPLETE"
    assert mode_of(application) == ENHANCED
    back = resources(SnapshotsEnabled=True, SnapshotMode=LEGACY)
    assert idle_cloud.deploy(stack, back) == "UPDATE_ROLLBACK_COMPLETE"
    assert "cannot be changed from" in idle_cloud.failures(stack)["Application"]


def test_a_policy_names_the_snapshot_or_the_application(application: IdleApplication) -> None:
    iam, name = application.cloud.client("iam"), application.name
    allowed = {
        "kinesisanalytics:CreateSnapshot": f"{PREFIX}application/{name}",
        "kinesisanalytics:DescribeSnapshot": f"{PREFIX}snapshot/{name}-*",
        "kinesisanalytics:DeleteSnapshot": f"{PREFIX}snapshot/{name}-*",
        "kinesisanalytics:ListSnapshots": "*",
    }
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": resource}
        for action, resource in allowed.items()
    ]
    iam.create_user(UserName=name)
    iam.put_user_policy(
        UserName=name,
        PolicyName="snapshots",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own = take(application, f"{name}-mine")
    others = IdleApplication(application.cloud, ENHANCED)
    others.start()
    theirs = take(others, f"{others.name}-theirs")
    application.flink = others.flink = flink_client(
        application.cloud.emulator, key["AccessKeyId"], key["SecretAccessKey"]
    )
    assert take(application, f"{name}-again")["SnapshotStatus"] == "READY"
    delete(application, own)
    for refused in (
        lambda: take(others, f"{name}-third"),
        lambda: until_done(others, f"{others.name}-theirs"),
        lambda: delete(others, theirs),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()
