"""Properties that the emulator drops by itself, read back over the services' own APIs."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.emulator.cloud import Cloud
from tests.waiting import until

pytestmark = pytest.mark.emulator

REGION = "us-east-1"


def resources(key: object) -> dict[str, Any]:
    return {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": []}}},
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "Tags": [{"Key": "a", "Value": "b & c"}],
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "ServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": key,
                            },
                            "BucketKeyEnabled": True,
                        }
                    ]
                },
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "Id": "abort",
                            "Status": "Enabled",
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                            "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 30}],
                        }
                    ]
                },
            },
        },
        "Stream": {
            "Type": "AWS::Kinesis::Stream",
            "Properties": {
                "RetentionPeriodHours": 48,
                "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
                "StreamEncryption": {"EncryptionType": "KMS", "KeyId": key},
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
                "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
                "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
                "Replicas": [
                    {
                        "Region": REGION,
                        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                        "SSESpecification": {"KMSMasterKeyId": key},
                    }
                ],
            },
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": key}},
    }


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> str:
    name = cloud.name("restored")
    assert cloud.deploy(name, resources({"Fn::GetAtt": ["Key", "Arn"]})) == "CREATE_COMPLETE"
    return name


def test_bucket(cloud: Cloud, stack: str) -> None:
    s3, bucket = cloud.client("s3"), cloud.physical_id(stack, "Bucket")
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
    assert lifecycle["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert lifecycle["Transitions"] == [{"Days": 30, "StorageClass": "GLACIER"}]
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "b & c"}]


def test_stream(cloud: Cloud, stack: str) -> None:
    found = cloud.client("kinesis").describe_stream_summary(
        StreamName=cloud.physical_id(stack, "Stream")
    )["StreamDescriptionSummary"]
    assert found["EncryptionType"] == "KMS"
    assert found["RetentionPeriodHours"] == 48
    assert found["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}


def test_table(cloud: Cloud, stack: str) -> None:
    dynamodb, table = cloud.client("dynamodb"), cloud.physical_id(stack, "Table")
    assert dynamodb.describe_table(TableName=table)["Table"]["SSEDescription"]["SSEType"] == "KMS"
    living = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert living == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_topic(cloud: Cloud, stack: str) -> None:
    topic = cloud.physical_id(stack, "Topic")
    attributes = cloud.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["KmsMasterKeyId"].startswith("arn:aws:kms:")


def test_a_stack_that_comes_back_does_not_write_over_what_was_retained(cloud: Cloud) -> None:
    name = cloud.name("back")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    properties: dict[str, dict[str, Any]] = {
        "AWS::Kinesis::Stream": {},
        "AWS::IAM::Role": {"AssumeRolePolicyDocument": {"Statement": [trust]}},
    }
    retained = {
        kind.rpartition(":")[2]: {"Type": kind, "DeletionPolicy": "Retain", "Properties": props}
        for kind, props in properties.items()
    }
    cloud.deploy(name, retained)
    first = [cloud.physical_id(name, key) for key in retained]
    cloud.delete(name)
    assert cloud.deploy(name, retained) == "CREATE_COMPLETE"
    second = [cloud.physical_id(name, key) for key in retained]
    assert set(first).isdisjoint(second)


def test_an_alarm_over_metric_math_raises_the_composite(cloud: Cloud) -> None:
    name = cloud.name("alarm")
    dimensions = [{"Name": "Application", "Value": name}]
    metric = {"Namespace": "Test", "MetricName": "restarts", "Dimensions": dimensions}
    status = cloud.deploy(
        name,
        {
            "Restarts": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "AlarmName": name,
                    "ComparisonOperator": "GreaterThanThreshold",
                    "EvaluationPeriods": 1,
                    "Threshold": 0,
                    "TreatMissingData": "notBreaching",
                    "Metrics": [
                        {"Id": "rate", "Expression": "DIFF(total)", "ReturnData": True},
                        {
                            "Id": "total",
                            "ReturnData": False,
                            "MetricStat": {"Metric": metric, "Period": 3, "Stat": "Maximum"},
                        },
                    ],
                },
            },
            "Page": {
                "Type": "AWS::CloudWatch::CompositeAlarm",
                "Properties": {
                    "AlarmName": f"{name}-page",
                    "AlarmRule": {"Fn::Sub": 'ALARM("${Restarts}")'},
                },
            },
        },
    )
    assert status == "CREATE_COMPLETE"
    cloudwatch = cloud.client("cloudwatch")
    restarts = itertools.count(1)

    def state() -> str:
        data = {"MetricName": "restarts", "Dimensions": dimensions, "Value": next(restarts)}
        cloudwatch.put_metric_data(Namespace="Test", MetricData=[data])
        page = cloudwatch.describe_alarms(
            AlarmNames=[f"{name}-page"], AlarmTypes=["CompositeAlarm"]
        )
        return str(page["CompositeAlarms"][0]["StateValue"])

    assert until(state, lambda found: found == "ALARM", poll=0.5) == "ALARM"
