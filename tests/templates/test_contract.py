"""What CloudFormation must find again under the same id, or a deploy loses it."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match
from configurations import Build, of_type, only, template_of

from cdk_managed_flink import DynamoDbSink, S3Sink
from cdk_managed_flink.application.removal import ALLOW_DATA_DELETION

PINNED = {
    "ClicksApplication88E619AF",
    "ClicksApplicationLogGroup4E34E119",
    "ClicksDataKey54E84B48",
    "ClicksLifecyclePrepareAC237135",
    "ClicksLifecycleProve8BD9991E",
    "ClicksLifecycleReconcilerSchedule0546498D",
    "ClicksLifecycleReconcilerStackStatus7854C846",
    "ClicksSinkslake50CBC828",
    "ClicksSinkspages46CE5A75",
    "ClicksSourcesclicksED2B77E0",
    "ClicksStateKey47DA64CF",
    "ManagedFlinkLifecycleIsComplete92102DC0",
    "ManagedFlinkLifecycleLogGroup031DB0F5",
    "ManagedFlinkLifecycleOnEvent25136570",
    "ManagedFlinkLifecycleProviderframeworkisComplete73E1C825",
    "ManagedFlinkLifecycleProviderframeworkonEvent6BB0034B",
    "ManagedFlinkLifecycleProviderframeworkonTimeoutD7943EB5",
    "ManagedFlinkLifecycleTendEF8EE6F7",
}


def test_logical_ids_are_kept(minimal: dict[str, Any]) -> None:
    kept = {
        logical_id
        for logical_id, resource in minimal["Resources"].items()
        if resource["Type"]
        in {
            "AWS::DynamoDB::GlobalTable",
            "AWS::Events::Rule",
            "AWS::KMS::Key",
            "AWS::Kinesis::Stream",
            "AWS::KinesisAnalyticsV2::Application",
            "AWS::Lambda::Function",
            "AWS::Logs::LogGroup",
            "AWS::S3::Bucket",
            "Custom::FlinkPrepare",
            "Custom::FlinkProve",
        }
    }
    assert kept == PINNED


def test_service_token_is_the_frameworks_pinned_function(template: dict[str, Any]) -> None:
    for type_ in ("Custom::FlinkPrepare", "Custom::FlinkProve"):
        assert only(template, type_)["Properties"]["ServiceToken"] == {
            "Fn::GetAtt": ["ManagedFlinkLifecycleProviderframeworkonEvent6BB0034B", "Arn"]
        }


# Not names of resources: of metrics, of CDK's inline policies, and what custom resources are told.
NO_PHYSICAL_NAMES = {
    ("AWS::CloudWatch::Alarm", "MetricName"),
    ("AWS::IAM::Policy", "PolicyName"),
    ("AWS::KinesisAnalyticsV2::Application", "ApplicationName"),
    ("Custom::FlinkPrepare", "ApplicationName"),
    ("Custom::FlinkProve", "ApplicationName"),
}


def test_the_applications_name_is_the_only_physical_name(template: dict[str, Any]) -> None:
    written_out = {
        (resource["Type"], name)
        for resource in template["Resources"].values()
        for name, value in resource.get("Properties", {}).items()
        if name.endswith("Name") and isinstance(value, str)
    }
    assert written_out == NO_PHYSICAL_NAMES


HOLDS_DATA = (
    "AWS::DynamoDB::GlobalTable",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::KinesisAnalyticsV2::Application",
    "AWS::Logs::LogGroup",
    "AWS::Logs::LogStream",
    "AWS::S3::Bucket",
)
# What holds no data of the user's: the lifecycle's own log, and the key of the alarms' topic.
HOLDS_NONE = ("ManagedFlinkLifecycleLogGroup", "ClicksNotificationsKey")


def policies(template: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Type, deletion policy and replacement policy of all that holds data."""
    return {
        (type_, resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        for type_ in HOLDS_DATA
        for name, resource in of_type(template, type_).items()
        if not name.startswith(HOLDS_NONE)
    }


@pytest.mark.parametrize("name", ["minimal", "everything"])
def test_all_that_holds_data_is_retained_but_not_after_a_failed_create(
    name: str, request: pytest.FixtureRequest
) -> None:
    template: dict[str, Any] = request.getfixturevalue(name)
    assert policies(template) == {(type_, "RetainExceptOnCreate", "Retain") for type_ in HOLDS_DATA}


def test_destroy_alone_deletes_nothing(build: Build) -> None:
    stack = cdk.Stack.of(build(removal_policy=cdk.RemovalPolicy.DESTROY))
    message = Match.string_like_regexp(f"data is retained: .* {ALLOW_DATA_DELETION}=true as well")
    Annotations.from_stack(stack).has_warning("*", message)
    template = template_of(stack)
    assert policies(template) == {(type_, "RetainExceptOnCreate", "Retain") for type_ in HOLDS_DATA}
    assert of_type(template, "Custom::S3AutoDeleteObjects") == {}


def test_the_flag_alone_deletes_nothing(build: Build) -> None:
    template = template_of(cdk.Stack.of(build(flags={ALLOW_DATA_DELETION: "true"})))
    assert policies(template) == {(type_, "RetainExceptOnCreate", "Retain") for type_ in HOLDS_DATA}


def test_destroy_and_the_flag_delete_all(build: Build) -> None:
    both = build(removal_policy=cdk.RemovalPolicy.DESTROY, flags={ALLOW_DATA_DELETION: "true"})
    template = template_of(cdk.Stack.of(both))
    assert policies(template) == {(type_, "Delete", "Delete") for type_ in HOLDS_DATA}
    assert of_type(template, "Custom::S3AutoDeleteObjects")


def test_one_store_may_be_treated_otherwise_than_the_rest(build: Build) -> None:
    sinks = {
        "lake": S3Sink(removal_policy=cdk.RemovalPolicy.RETAIN),
        "pages": DynamoDbSink(partition_key="page"),
    }
    template = template_of(cdk.Stack.of(build(sinks=sinks)))
    assert only(template, "AWS::S3::Bucket")["DeletionPolicy"] == "Retain"
    table = only(template, "AWS::DynamoDB::GlobalTable")
    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
