"""A retained application and the stack that comes back to it."""

from __future__ import annotations

from typing import Any

import pytest

from managed_flink_local.environment import ACCOUNT, REGION
from tests.emulator.cloud import Cloud, arn, trust
from tests.emulator.idle_application import RUNTIME, configuration, role, upload

pytestmark = pytest.mark.emulator

BROKEN = {"Type": "AWS::SNS::Topic", "DependsOn": "LoggingOption", "Properties": {"Colour": "red"}}


@pytest.fixture(scope="module", autouse=True)
def _code(cloud: Cloud) -> None:
    upload(cloud)


class Retained:
    """A stack of an application with its log, and the same after it was destroyed."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.stack, self.name = cloud, cloud.name("stack"), cloud.name("app")
        self.role = role(cloud, self.name, trust(arn(self.name)))
        assert cloud.execute(self.stack, self.resources("old"), "CREATE") == "CREATE_COMPLETE"
        cloud.delete(self.stack)

    def resources(self, value: str, policy: str = "RetainExceptOnCreate") -> dict[str, Any]:
        groups = [{"PropertyGroupId": "job", "PropertyMap": {"key": value}}]
        properties = {
            "ApplicationName": self.name,
            "RuntimeEnvironment": RUNTIME,
            "ServiceExecutionRole": self.role,
            "ApplicationConfiguration": {
                **configuration(),
                "EnvironmentProperties": {"PropertyGroups": groups},
            },
        }
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:${{Group}}"
        option = {"LogStreamARN": {"Fn::Sub": f"{group}:log-stream:${{Stream}}"}}
        return {
            "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
            "Stream": {
                "Type": "AWS::Logs::LogStream",
                "Properties": {"LogGroupName": {"Ref": "Group"}, "LogStreamName": value},
            },
            "Application": {
                "Type": "AWS::KinesisAnalyticsV2::Application",
                "DeletionPolicy": policy,
                "Properties": properties,
            },
            "LoggingOption": {
                "Type": "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption",
                "Properties": {
                    "ApplicationName": {"Ref": "Application"},
                    "CloudWatchLoggingOption": option,
                },
            },
        }

    def detail(self) -> dict[str, Any]:
        found = self.cloud.flink.describe_application(ApplicationName=self.name)
        detail: dict[str, Any] = found["ApplicationDetail"]
        return detail

    def value(self) -> str:
        described = self.detail()["ApplicationConfigurationDescription"]
        [group] = described["EnvironmentPropertyDescriptions"]["PropertyGroupDescriptions"]
        return str(group["PropertyMap"]["key"])

    def streams(self) -> list[str]:
        options = self.detail()["CloudWatchLoggingOptionDescriptions"]
        return [option["LogStreamARN"].rpartition(":")[2] for option in options]


@pytest.fixture
def retained(cloud: Cloud) -> Retained:
    return Retained(cloud)


def come_back(retained: Retained, resources: dict[str, Any]) -> str:
    cloud = retained.cloud
    return cloud.execute(retained.stack, resources, "CREATE", ImportExistingResources=True)


def test_a_destroyed_stack_leaves_the_application_without_its_log(retained: Retained) -> None:
    assert retained.detail()["ApplicationStatus"] == "READY"
    assert retained.streams() == []


def test_an_import_takes_the_application_as_it_is(retained: Retained) -> None:
    before = retained.detail()["ApplicationVersionId"]
    assert come_back(retained, retained.resources("new")) == "CREATE_COMPLETE"
    assert retained.cloud.physical_id(retained.stack, "Application") == retained.name
    assert retained.value() == "old", "the template's properties are not applied"
    assert retained.streams() == ["new"], "what is not imported is created"
    assert retained.detail()["ApplicationVersionId"] == before + 1, "by the logging option"
    # What is in the template by now is what the stack believes the application to be.
    newer = retained.resources("newer")
    assert retained.cloud.execute(retained.stack, newer) == "UPDATE_COMPLETE"
    assert retained.value() == "newer"


def test_a_stack_that_fails_to_come_back_leaves_the_application_as_it_was(
    retained: Retained,
) -> None:
    broken = {**retained.resources("new"), "Broken": BROKEN}
    assert come_back(retained, broken) == "ROLLBACK_COMPLETE"
    assert retained.value() == "old"
    assert retained.streams() == []
    retained.cloud.delete(retained.stack)
    assert come_back(retained, retained.resources("new")) == "CREATE_COMPLETE"


def test_fails_when_an_application_that_is_there_is_not_imported(retained: Retained) -> None:
    cloud, resources = retained.cloud, retained.resources("new")
    assert cloud.execute(retained.stack, resources, "CREATE") == "ROLLBACK_COMPLETE"
    assert "already exists" in cloud.failures(retained.stack)["Application"]
    assert retained.value() == "old"


def test_fails_when_an_imported_application_would_not_be_retained(retained: Retained) -> None:
    cloud, resources = retained.cloud, retained.resources("new", "Delete")
    name = cloud.change(retained.stack, resources, "CREATE", ImportExistingResources=True)
    refused = cloud.formation.describe_change_set(StackName=retained.stack, ChangeSetName=name)
    assert refused["Status"] == "FAILED"
    assert "must have the DeletionPolicy attribute set to 'Retain'" in refused["StatusReason"]


def test_an_application_is_imported_into_a_stack_that_lives(retained: Retained) -> None:
    cloud, resources = retained.cloud, retained.resources("new")
    rest = {key: resources[key] for key in ("Group", "Stream")}
    assert cloud.execute(retained.stack, rest, "CREATE") == "CREATE_COMPLETE"
    status = cloud.execute(retained.stack, resources, ImportExistingResources=True)
    assert (status, retained.streams()) == ("UPDATE_COMPLETE", ["new"])
