"""Versions of an application, and the way back to one."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.emulator.cloud import Cloud
from tests.emulator.idle_application import IdleApplication

pytestmark = pytest.mark.emulator


@pytest.fixture
def application(idle_cloud: Cloud) -> IdleApplication:
    return IdleApplication(idle_cloud)


def fault_of(application: IdleApplication, version: int) -> str:
    found = application.flink.describe_application_version(
        ApplicationName=application.name, ApplicationVersionId=version
    )["ApplicationVersionDetail"]
    assert found["ApplicationVersionId"] == version
    described = found["ApplicationConfigurationDescription"]
    [group] = described["EnvironmentPropertyDescriptions"]["PropertyGroupDescriptions"]
    return str(group["PropertyMap"].get("snapshot", ""))


def versions(application: IdleApplication) -> list[tuple[int, str]]:
    found = application.flink.list_application_versions(ApplicationName=application.name)
    return [
        (v["ApplicationVersionId"], v["ApplicationStatus"])
        for v in found["ApplicationVersionSummaries"]
    ]


def last_operation(application: IdleApplication) -> tuple[str, str]:
    return application.cloud.operations(application.name)[0]


def test_earlier_configurations_are_kept(application: IdleApplication) -> None:
    application.update()
    application.update(snapshot="fails")
    assert (fault_of(application, 2), fault_of(application, 3)) == ("", "fails")
    assert versions(application) == [(3, "READY"), (2, "READY"), (1, "READY")]
    with pytest.raises(ClientError, match="has no version 4"):
        fault_of(application, 4)


def test_a_rollback_runs_the_version_before_from_the_newest_snapshot(
    application: IdleApplication,
) -> None:
    application.update()
    application.start()
    application.flink.create_application_snapshot(
        ApplicationName=application.name, SnapshotName="mine"
    )
    application.update(snapshot="fails")
    assert application.rollback() == "RUNNING"
    assert versions(application) == [
        (4, "RUNNING"),
        (3, "ROLLED_BACK"),
        (2, "RUNNING"),
        (1, "READY"),
    ]
    assert fault_of(application, 4) == ""
    assert last_operation(application) == ("RollbackApplication", "SUCCESSFUL")
    operation = application.flink.list_application_operations(ApplicationName=application.name)
    details = application.flink.describe_application_operation(
        ApplicationName=application.name,
        OperationId=operation["ApplicationOperationInfoList"][0]["OperationId"],
    )["ApplicationOperationInfoDetails"]
    assert details["ApplicationVersionChangeDetails"] == {
        "ApplicationVersionUpdatedFrom": 3,
        "ApplicationVersionUpdatedTo": 4,
    }
    started = application.starts()[-1]
    assert started["version"] == 4
    assert "UPDATEAPPLICATION-" in started["savepoint"]


def test_a_rollback_takes_an_update_over_that_hangs(application: IdleApplication) -> None:
    application.start()
    application.flink.create_application_snapshot(
        ApplicationName=application.name, SnapshotName="mine"
    )
    application.update(snapshot="hangs")
    groups = [{"PropertyGroupId": "idle", "PropertyMap": {"snapshot": "fails"}}]
    application.flink.update_application(
        ApplicationName=application.name,
        CurrentApplicationVersionId=application.version,
        ApplicationConfigurationUpdate={"EnvironmentPropertyUpdates": {"PropertyGroups": groups}},
    )
    assert application.status == "UPDATING"
    assert application.rollback() == "RUNNING"
    assert application.cloud.operations(application.name)[:2] == [
        ("RollbackApplication", "SUCCESSFUL"),
        ("UpdateApplication", "CANCELLED"),
    ]


def test_a_rollback_passes_over_a_version_that_never_ran(application: IdleApplication) -> None:
    application.start()
    application.stop()
    application.update(start="fails")
    assert application.start() == "READY"
    application.update(snapshot="fails")
    application.start()
    assert application.rollback() == "RUNNING"
    assert versions(application)[0] == (4, "RUNNING")
    with pytest.raises(KeyError, match="EnvironmentPropertyDescriptions"):
        fault_of(application, 4)


def test_a_rollback_that_fails_leaves_the_application_ready(application: IdleApplication) -> None:
    application.start()
    application.update()
    application.cloud.client("iam").delete_role(RoleName=application.name)
    assert application.rollback() == "READY"
    assert last_operation(application) == ("RollbackApplication", "FAILED")
    assert "there is no such role" in application.cloud.last_failure(application.name)


@pytest.mark.parametrize(("snapshot", "lacking"), [(False, "snapshot"), (True, "version")])
def test_fails_when_there_is_nothing_to_roll_back_to(
    application: IdleApplication, snapshot: bool, lacking: str
) -> None:
    application.start()
    if snapshot:
        application.flink.create_application_snapshot(
            ApplicationName=application.name, SnapshotName="mine"
        )
        application.settled()
    else:
        application.stop(force=True)
        application.update()
        application.start()
    with pytest.raises(ClientError, match=rf"InvalidRequestException.* has no {lacking}"):
        application.rollback()


def test_fails_when_a_ready_application_is_rolled_back(application: IdleApplication) -> None:
    with pytest.raises(ClientError, match=r"InvalidRequestException.*in 'READY' state"):
        application.rollback()


def test_fails_when_a_request_means_another_version(application: IdleApplication) -> None:
    stale = application.detail()
    application.update()
    for request in (
        {"CurrentApplicationVersionId": stale["ApplicationVersionId"]},
        {"ConditionalToken": stale["ConditionalToken"]},
    ):
        with pytest.raises(ClientError, match="ConcurrentModificationException"):
            application.flink.update_application(ApplicationName=application.name, **request)
    with pytest.raises(ClientError, match="ConcurrentModificationException"):
        application.flink.rollback_application(
            ApplicationName=application.name, CurrentApplicationVersionId=1
        )
    with pytest.raises(ClientError, match="Either CurrentApplicationVersionId"):
        application.flink.update_application(ApplicationName=application.name)
    token = application.detail()["ConditionalToken"]
    application.flink.update_application(ApplicationName=application.name, ConditionalToken=token)
    assert application.version == 3


def test_an_update_may_name_the_state_it_starts_with(application: IdleApplication) -> None:
    application.start()
    application.flink.create_application_snapshot(
        ApplicationName=application.name, SnapshotName="mine"
    )
    restores = [
        {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", "SnapshotName": "mine"},
        {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"},
    ]
    for restore in restores:
        application.change(
            RunConfigurationUpdate={
                "ApplicationRestoreConfiguration": restore,
                "FlinkRunConfiguration": {"AllowNonRestoredState": True},
            }
        )
    application.update()
    first, second, third = application.starts()[-3:]
    assert "/mine" in first["savepoint"]
    assert second["savepoint"] is None
    assert "UPDATEAPPLICATION-" in third["savepoint"]
    assert [s["allow"] for s in (first, second, third)] == [True, True, False]


def test_fails_when_an_update_of_a_ready_application_names_a_state(
    application: IdleApplication,
) -> None:
    with pytest.raises(ClientError, match=r"InvalidRequestException.*RUNNING status"):
        application.change(
            RunConfigurationUpdate={"FlinkRunConfiguration": {"AllowNonRestoredState": True}}
        )
