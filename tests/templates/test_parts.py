"""The application, its stores, alarms and topic, property by property."""

import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template
from configurations import Build, of_type, only, template_of
from policies import text

from cdk_managed_flink import (
    AlarmThresholds,
    FlinkPipeline,
    Runtime,
    S3Sink,
    SnapshotAge,
    SnapshotMode,
    SnapshotSchedule,
    Threshold,
)

pytestmark = pytest.mark.slow


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
        "stuck",
        "newestSnapshotAge",
    }
    assert len(alarms) == 11
    missing = {a["Properties"]["TreatMissingData"]: name for name, a in alarms.items()}
    assert missing.keys() == {"notBreaching", "breaching"}
    assert [a["Properties"]["TreatMissingData"] for a in alarms.values()].count("breaching") == 1
    assert missing["breaching"].startswith("ClicksAlarmsSnapshotAge")
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
        "Stuck": (0, 1, "Maximum", 300),
        "SnapshotAge": (8100, 3, "Maximum", 300),
    }
    dimensions = [
        (dimension["Name"], dimension["Value"])
        for alarm in of_type(everything, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", [])
        if alarm["Properties"]["Namespace"] in ("AWS/KinesisAnalytics", "ManagedFlink")
    ]
    assert dimensions == [("Application", "clicks-of-the-shop")] * 5


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


def metric_alarms(pipeline: FlinkPipeline) -> dict[str, dict[str, Any]]:
    """Properties of the alarms on one metric, by its name."""
    alarms = of_type(template_of(cdk.Stack.of(pipeline)), "AWS::CloudWatch::Alarm").values()
    return {
        alarm["Properties"]["MetricName"]: alarm["Properties"]
        for alarm in alarms
        if "MetricName" in alarm["Properties"]
    }


def test_the_age_of_snapshots_is_judged_by_their_schedule(build: Build) -> None:
    found = metric_alarms(
        build(
            snapshots=SnapshotSchedule(every=cdk.Duration.minutes(10)),
            reconcile_interval=cdk.Duration.minutes(2),
        )
    )
    age = found["newestSnapshotAge"]
    assert (age["Threshold"], age["EvaluationPeriods"], age["Period"]) == (2100, 3, 120)
    assert found["stuck"]["Period"] == 120


def test_what_the_reconciler_reports_can_be_judged_otherwise(build: Build) -> None:
    thresholds = AlarmThresholds(
        snapshot_age=SnapshotAge(intervals=4, grace=cdk.Duration.minutes(0), periods=1),
        stuck=Threshold(value=0, periods=2),
    )
    found = metric_alarms(build(alarms=thresholds))
    assert found["newestSnapshotAge"]["Threshold"] == 4 * 3600
    assert found["newestSnapshotAge"]["EvaluationPeriods"] == 1
    assert found["stuck"]["EvaluationPeriods"] == 2


def test_what_the_reconciler_reports_can_be_switched_off(build: Build) -> None:
    off = metric_alarms(build(alarms=AlarmThresholds(snapshot_age=None, stuck=None)))
    assert not off.keys() & {"stuck", "newestSnapshotAge"}


def test_without_a_schedule_no_age_is_too_old(build: Build) -> None:
    found = metric_alarms(build(snapshots=SnapshotSchedule.none()))
    assert "newestSnapshotAge" not in found
    assert "stuck" in found


@pytest.mark.parametrize(
    ("mode", "take"),
    [
        (SnapshotMode.APPLICATION_SNAPSHOTS_LEGACY, "create-application-snapshot"),
        (SnapshotMode.ENHANCED_SNAPSHOTS, "create-snapshot"),
    ],
)
def test_alarms_say_the_next_command(build: Build, mode: SnapshotMode, take: str) -> None:
    name = "x" * 128
    found = metric_alarms(build(snapshot_mode=mode, application_name=name))
    why = "aws logs tail <ManagedFlinkLifecycleLogGroup031DB0F5> --since 1h"
    assert text(found["stuck"]["AlarmDescription"]).endswith(why)
    said = text(found["newestSnapshotAge"]["AlarmDescription"])
    assert said.endswith(why)
    assert f"aws kinesisanalyticsv2 {take} --application-name {name} --snapshot-name" in said
    assert len(said) < 900  # the service takes 1,024, and the log group's real name is longer


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
