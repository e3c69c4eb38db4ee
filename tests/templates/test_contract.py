"""What CloudFormation must find again under the same id, or a deploy loses it."""

from typing import Any

from configurations import of_type

PINNED = {
    "ClicksApplication88E619AF",
    "ClicksApplicationLogGroup4E34E119",
    "ClicksDataKey54E84B48",
    "ClicksLifecyclePrepareAC237135",
    "ClicksLifecycleProve8BD9991E",
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
}


def test_logical_ids_are_kept(minimal: dict[str, Any]) -> None:
    kept = {
        logical_id
        for logical_id, resource in minimal["Resources"].items()
        if resource["Type"]
        in {
            "AWS::DynamoDB::GlobalTable",
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


def test_the_applications_name_is_the_only_physical_name(
    minimal: dict[str, Any], everything: dict[str, Any], sensors_template: dict[str, Any]
) -> None:
    names = {
        "AWS::DynamoDB::GlobalTable": "TableName",
        "AWS::IAM::Policy": None,
        "AWS::IAM::Role": "RoleName",
        "AWS::Kinesis::Stream": "Name",
        "AWS::Lambda::Function": "FunctionName",
        "AWS::Logs::LogGroup": "LogGroupName",
        "AWS::Logs::LogStream": "LogStreamName",
        "AWS::S3::Bucket": "BucketName",
        "AWS::SNS::Topic": "TopicName",
        "AWS::StepFunctions::StateMachine": "StateMachineName",
        "AWS::CloudWatch::Alarm": "AlarmName",
    }
    for template in (minimal, everything, sensors_template):
        for type_, name in names.items():
            for resource in of_type(template, type_).values():
                assert name not in resource["Properties"] if name else True


def test_all_that_holds_data_is_retained_but_not_after_a_failed_create(
    minimal: dict[str, Any],
) -> None:
    for type_ in (
        "AWS::DynamoDB::GlobalTable",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::KinesisAnalyticsV2::Application",
        "AWS::S3::Bucket",
    ):
        for resource in of_type(minimal, type_).values():
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
            assert resource["UpdateReplacePolicy"] == "Retain"
