"""The application, its stores, alarms and topic, property by property."""

import re
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


def test_every_member_is_said_where_nothing_was_set(minimal: dict[str, Any]) -> None:
    """Whatever the service's defaults are or become: a template says all that it runs with."""
    application = only(minimal, "AWS::KinesisAnalyticsV2::Application")["Properties"]
    assert set(application) == {
        "ApplicationConfiguration",
        "ApplicationMode",
        "ApplicationName",
        "RuntimeEnvironment",
        "ServiceExecutionRole",
    }
    configuration = application["ApplicationConfiguration"]
    assert configuration.keys() == {
        "ApplicationCodeConfiguration",
        "ApplicationEncryptionConfiguration",
        "ApplicationSnapshotConfiguration",
        "ApplicationSystemRollbackConfiguration",
        "EnvironmentProperties",
        "FlinkApplicationConfiguration",
    }
    assert configuration["FlinkApplicationConfiguration"] == {
        "CheckpointConfiguration": {
            "ConfigurationType": "CUSTOM",
            "CheckpointingEnabled": True,
            "CheckpointInterval": 60000,
            "MinPauseBetweenCheckpoints": 5000,
        },
        "MonitoringConfiguration": {
            "ConfigurationType": "CUSTOM",
            "LogLevel": "INFO",
            "MetricsLevel": "APPLICATION",
        },
        "ParallelismConfiguration": {
            "ConfigurationType": "CUSTOM",
            "Parallelism": 1,
            "ParallelismPerKPU": 1,
            "AutoScalingEnabled": False,
        },
    }


def test_code_is_an_object_whose_key_is_its_content(minimal: dict[str, Any]) -> None:
    application = only(minimal, "AWS::KinesisAnalyticsV2::Application")["Properties"]
    code = application["ApplicationConfiguration"]["ApplicationCodeConfiguration"]
    assert code["CodeContentType"] == "ZIPFILE"
    location = code["CodeContent"]["S3ContentLocation"]
    assert re.fullmatch(r"[0-9a-f]{64}\.zip", location["FileKey"])
    assert "ObjectVersion" not in location


@pytest.mark.parametrize(
    ("runtime", "restarts", "uptime"),
    [
        (Runtime.FLINK_1_20, "fullRestarts", "uptime"),
        (Runtime.FLINK_2_2, "numRestarts", "runningTime"),
    ],
)
def test_the_gate_reads_the_runtimes_metrics(
    build: Build, runtime: Runtime, restarts: str, uptime: str
) -> None:
    prove = only(template_of(cdk.Stack.of(build(runtime=runtime))), "Custom::FlinkProve")
    assert prove["Properties"]["Metrics"] == {
        "Namespace": "AWS/KinesisAnalytics",
        "Uptime": uptime,
        "Restarts": restarts,
        "FailedCheckpoints": "numberOfFailedCheckpoints",
        "RecordsIn": "numRecordsIn",
    }
    assert prove["Properties"]["AllowNonRestoredState"] == "false"


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
    assert {a["Properties"]["TreatMissingData"] for a in alarms.values()} == {"notBreaching"}
    assert not [a for a in alarms.values() if "AlarmActions" in a["Properties"]]
    composite = only(everything, "AWS::CloudWatch::CompositeAlarm")["Properties"]
    (topic,) = of_type(everything, "AWS::SNS::Topic")
    assert composite["AlarmActions"] == composite["OKActions"] == [{"Ref": topic}]
    for logical_id in alarms:
        assert logical_id in str(composite["AlarmRule"])


def test_alarms_have_the_recommended_thresholds(everything: dict[str, Any]) -> None:
    found = {
        name.removeprefix("ClicksAlarms")[:-8]: (
            alarm["Properties"]["Threshold"],
            alarm["Properties"]["EvaluationPeriods"],
            alarm["Properties"].get("Statistic"),
            alarm["Properties"].get("Period"),
        )
        for name, alarm in of_type(everything, "AWS::CloudWatch::Alarm").items()
    }
    assert found == {
        "Restarts": (0, 1, None, None),
        "FailedCheckpoints": (0, 1, None, None),
        "Cpu": (80, 3, "Maximum", 60),
        "Heap": (90, 3, "Maximum", 60),
        "Memory": (85, 3, "Maximum", 60),
        "clicksIteratorAge": (60000, 3, "Maximum", 60),
        "clicksReadThrottles": (0, 3, "Sum", 60),
        "pagesWriteThrottles": (0, 3, "Sum", 60),
        "pagesSystemErrors": (0, 3, "Sum", 60),
    }
    dimensions = [
        (dimension["Name"], dimension["Value"])
        for alarm in of_type(everything, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", [])
        if alarm["Properties"]["Namespace"] == "AWS/KinesisAnalytics"
    ]
    assert dimensions == [("Application", "clicks-of-the-shop")] * 3


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


def test_table_is_on_demand_recoverable_and_keeps_items_where_nothing_was_set(
    minimal: dict[str, Any],
) -> None:
    table = only(minimal, "AWS::DynamoDB::GlobalTable")["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [{"AttributeName": "page", "KeyType": "HASH"}]
    assert "TimeToLiveSpecification" not in table
    (replica,) = table["Replicas"]
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


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
    assert "ClicksStateKey" in str(group["KmsKeyId"])


def test_binding_is_typed_and_its_resource_is_an_l2(build: Build) -> None:
    sink = S3Sink()
    pipeline = build(sinks={"lake": sink, "pages": S3Sink()})
    bucket = pipeline.binding(sink).resource
    assert cdk.Stack.of(pipeline).resolve(bucket.bucket_name)["Ref"].startswith("ClicksSinkslake")
