"""The application, its stores, alarms and topic, property by property."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template
from configurations import Build, of_type, only, template_of

from cdk_managed_flink import (
    AlarmThresholds,
    Runtime,
    S3Sink,
    Threshold,
)


def test_every_setting_is_explicit(everything_stack: cdk.Stack) -> None:
    Template.from_stack(everything_stack).has_resource_properties(
        "AWS::KinesisAnalyticsV2::Application",
        {
            "ApplicationName": "clicks-of-the-shop",
            "ApplicationMode": "STREAMING",
            "RuntimeEnvironment": "FLINK-1_20",
            "RunConfiguration": Match.absent(),
            "ApplicationConfiguration": {
                "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": True},
                "ApplicationSystemRollbackConfiguration": {"RollbackEnabled": True},
                "ApplicationEncryptionConfiguration": {
                    "KeyType": "CUSTOMER_MANAGED_KEY",
                    "KeyId": Match.any_value(),
                },
                "FlinkApplicationConfiguration": {
                    "CheckpointConfiguration": {
                        "ConfigurationType": "CUSTOM",
                        "CheckpointingEnabled": True,
                        "CheckpointInterval": 30000,
                        "MinPauseBetweenCheckpoints": 5000,
                    },
                    "MonitoringConfiguration": {
                        "ConfigurationType": "CUSTOM",
                        "LogLevel": "INFO",
                        "MetricsLevel": "TASK",
                    },
                    "ParallelismConfiguration": {
                        "ConfigurationType": "CUSTOM",
                        "Parallelism": 8,
                        "ParallelismPerKPU": 2,
                        "AutoScalingEnabled": True,
                    },
                },
            },
        },
    )


def groups(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    configuration = only(template, "AWS::KinesisAnalyticsV2::Application")["Properties"][
        "ApplicationConfiguration"
    ]
    return {
        group["PropertyGroupId"]: group["PropertyMap"]
        for group in configuration["EnvironmentProperties"]["PropertyGroups"]
    }


def test_property_groups_are_the_tables_options(everything: dict[str, Any]) -> None:
    found = groups(everything)
    assert found["kinesis.analytics.flink.run.options"] == {
        "python": "main.py",
        "jarfile": "lib/connectors.jar",
        "pyFiles": "job/",
    }
    assert found["limits"] == {"max": "5"}
    assert found["clicks"]["connector"] == "kinesis"
    assert found["clicks"]["scan.stream.initpos"] == "LATEST"
    assert found["lake"]["format"] == "json-lines"
    assert found["pages"]["sink.requests.max-inflight"] == "1"


def test_flink_2_spells_the_streams_options_anew(build: Build) -> None:
    template = template_of(cdk.Stack.of(build(runtime=Runtime.FLINK_2_2)))
    found = groups(template)["clicks"]
    assert found["source.init.position"] == "TRIM_HORIZON"
    assert "stream.arn" in found
    assert "stream" not in found


@pytest.mark.parametrize(
    ("runtime", "restarts"),
    [(Runtime.FLINK_1_20, "fullRestarts"), (Runtime.FLINK_2_2, "numRestarts")],
)
def test_alarms_are_spelled_for_the_runtime(build: Build, runtime: Runtime, restarts: str) -> None:
    template = Template.from_stack(cdk.Stack.of(build(runtime=runtime)))
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "Metrics": Match.array_with(
                [
                    Match.object_like({"Expression": "RATE(counter) * 60"}),
                    Match.object_like(
                        {
                            "MetricStat": {
                                "Metric": Match.object_like(
                                    {
                                        "MetricName": restarts,
                                        "Namespace": "AWS/KinesisAnalytics",
                                    }
                                )
                            }
                        }
                    ),
                ]
            ),
        },
    )


def test_alarms_for_all_that_is_bound_and_one_that_pages(everything: dict[str, Any]) -> None:
    alarms = of_type(everything, "AWS::CloudWatch::Alarm")
    metrics = {alarm["Properties"].get("MetricName") for alarm in alarms.values()}
    assert metrics == {
        None,  # restarts and failed checkpoints are expressions
        "containerCPUUtilization",
        "heapMemoryUtilization",
        "containerMemoryUtilization",
        "GetRecords.IteratorAgeMilliseconds",
        "ReadProvisionedThroughputExceeded",
        "WriteThrottleEvents",
        "SystemErrors",
    }
    assert len(alarms) == 9
    assert not [a for a in alarms.values() if "AlarmActions" in a["Properties"]]
    composite = only(everything, "AWS::CloudWatch::CompositeAlarm")["Properties"]
    (topic,) = of_type(everything, "AWS::SNS::Topic")
    assert composite["AlarmActions"] == [{"Ref": topic}]
    for logical_id in alarms:
        assert logical_id in str(composite["AlarmRule"])


def test_alarms_can_be_changed_and_switched_off(build: Build) -> None:
    thresholds = AlarmThresholds(cpu=Threshold(value=50, periods=5), heap=None)
    template = template_of(cdk.Stack.of(build(alarms=thresholds)))
    found = {
        a["Properties"].get("MetricName"): a["Properties"]
        for a in of_type(template, "AWS::CloudWatch::Alarm").values()
    }
    assert found["containerCPUUtilization"]["Threshold"] == 50
    assert found["containerCPUUtilization"]["EvaluationPeriods"] == 5
    assert "heapMemoryUtilization" not in found


def test_bucket_is_closed_versioned_encrypted_and_ages(everything_stack: cdk.Stack) -> None:
    template = Template.from_stack(everything_stack)
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "Lifecycle",
                        "Status": "Enabled",
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 40},
                        "ExpirationInDays": 365,
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                        "Transitions": [{"StorageClass": "STANDARD_IA", "TransitionInDays": 90}],
                    }
                ]
            },
        },
    )
    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Effect": "Deny",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            }
                        )
                    ]
                )
            }
        },
    )


def test_table_has_its_keys_ttl_recovery_and_key(everything: dict[str, Any]) -> None:
    table = only(everything, "AWS::DynamoDB::GlobalTable")["Properties"]
    assert table["KeySchema"] == [
        {"AttributeName": "page", "KeyType": "HASH"},
        {"AttributeName": "day", "KeyType": "RANGE"},
    ]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    (replica,) = table["Replicas"]
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert "KMSMasterKeyId" in replica["SSESpecification"]
    assert table["BillingMode"] == "PROVISIONED"


def test_stream_is_sized_kept_and_encrypted(
    minimal: dict[str, Any], everything: dict[str, Any]
) -> None:
    assert only(minimal, "AWS::Kinesis::Stream")["Properties"]["StreamModeDetails"] == {
        "StreamMode": "ON_DEMAND"
    }
    stream = only(everything, "AWS::Kinesis::Stream")["Properties"]
    assert stream["ShardCount"] == 4
    assert stream["RetentionPeriodHours"] == 168
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"


def test_log_group_is_kept_a_while_and_encrypted(minimal: dict[str, Any]) -> None:
    (group,) = [
        g["Properties"]
        for name, g in of_type(minimal, "AWS::Logs::LogGroup").items()
        if name.startswith("Clicks")
    ]
    assert group["RetentionInDays"] == 90
    assert "KmsKeyId" in group


def test_binding_is_typed_and_its_resource_is_an_l2(build: Build) -> None:
    sink = S3Sink()
    pipeline = build(sinks={"lake": sink, "pages": S3Sink()})
    bucket = pipeline.binding(sink).resource
    assert cdk.Stack.of(pipeline).resolve(bucket.bucket_name)["Ref"].startswith("ClicksSinkslake")
