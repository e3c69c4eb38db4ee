"""What the service refuses and remembers, as far as no job has to run for it.

The runtime is one that this machine has no Flink for.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.emulator.cloud import Cloud, arn, trust
from tests.emulator.idle_application import create, role, upload

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module", autouse=True)
def _code(cloud: Cloud) -> None:
    upload(cloud)


@pytest.fixture
def application(cloud: Cloud) -> str:
    name = cloud.name("app")
    create(cloud, name, role(cloud, name, trust(arn(name))))
    return name


@pytest.mark.parametrize(
    ("source", "service", "reason"),
    [
        ("another", "kinesisanalytics.amazonaws.com", "refuses aws:SourceArn"),
        ("", "lambda.amazonaws.com", "does not name kinesisanalytics.amazonaws.com"),
    ],
)
def test_fails_when_the_role_does_not_trust_this_application(
    cloud: Cloud, source: str, service: str, reason: str
) -> None:
    name = cloud.name("app")
    role_arn = role(cloud, name, trust(arn(source or name), service))
    with pytest.raises(ClientError, match=reason):
        create(cloud, name, role_arn)


def test_fails_when_the_code_is_not_there(cloud: Cloud) -> None:
    name = cloud.name("app")
    role_arn = role(cloud, name, trust(arn(name)))
    with pytest.raises(ClientError, match=r"unable to get the specified fileKey: missing\.zip"):
        create(cloud, name, role_arn, key="missing.zip")


def test_operations_are_listed_newest_first(cloud: Cloud, application: str) -> None:
    cloud.flink.update_application(
        ApplicationName=application,
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate={
            "EnvironmentPropertyUpdates": {
                "PropertyGroups": [{"PropertyGroupId": "a", "PropertyMap": {"b": "c"}}]
            }
        },
    )
    assert cloud.operations(application) == [
        ("UpdateApplication", "SUCCESSFUL"),
        ("CreateApplication", "SUCCESSFUL"),
    ]
    listed = cloud.flink.list_application_operations(
        ApplicationName=application, Operation="UpdateApplication"
    )["ApplicationOperationInfoList"]
    details = cloud.flink.describe_application_operation(
        ApplicationName=application, OperationId=listed[0]["OperationId"]
    )["ApplicationOperationInfoDetails"]
    assert details["ApplicationVersionChangeDetails"] == {
        "ApplicationVersionUpdatedFrom": 1,
        "ApplicationVersionUpdatedTo": 2,
    }


def test_lists_applications(cloud: Cloud, application: str) -> None:
    summaries = cloud.flink.list_applications()["ApplicationSummaries"]
    assert application in [s["ApplicationName"] for s in summaries]


def test_fails_when_the_snapshot_to_restore_is_not_there(cloud: Cloud, application: str) -> None:
    restore = {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", "SnapshotName": "mine"}
    with pytest.raises(ClientError, match=r"snapshot name mine provided .* does not exist"):
        cloud.flink.start_application(
            ApplicationName=application,
            RunConfiguration={"ApplicationRestoreConfiguration": restore},
        )


@pytest.mark.parametrize("force", [False, True])
def test_fails_when_a_ready_application_is_stopped(
    cloud: Cloud, application: str, force: bool
) -> None:
    with pytest.raises(ClientError, match="cannot be Stopped in 'READY' state"):
        cloud.flink.stop_application(ApplicationName=application, Force=force)


def test_fails_when_a_ready_application_is_to_be_snapshotted(
    cloud: Cloud, application: str
) -> None:
    with pytest.raises(ClientError, match="only allowed when application is in RUNNING"):
        cloud.flink.create_application_snapshot(ApplicationName=application, SnapshotName="s")
