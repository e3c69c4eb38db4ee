"""By hand: the application's configuration."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets


def configuration(
    code: s3_assets.Asset, state_key: kms.Key, groups: dict[str, dict[str, str]]
) -> dict[str, Any]:
    """What the application is configured with, each member said explicitly."""
    where = {"bucketArn": code.bucket.bucket_arn, "fileKey": code.s3_object_key}
    return {
        "applicationCodeConfiguration": {
            "codeContentType": "ZIPFILE",
            "codeContent": {"s3ContentLocation": where},
        },
        "applicationEncryptionConfiguration": {
            "keyType": "CUSTOMER_MANAGED_KEY",
            "keyId": state_key.key_arn,
        },
        "applicationSnapshotConfiguration": {"snapshotsEnabled": True},
        "applicationSystemRollbackConfiguration": {"rollbackEnabled": True},
        "environmentProperties": {
            "propertyGroups": [
                {"propertyGroupId": group, "propertyMap": properties}
                for group, properties in groups.items()
            ]
        },
        "flinkApplicationConfiguration": {
            "checkpointConfiguration": {
                "configurationType": "CUSTOM",
                "checkpointingEnabled": True,
                "checkpointInterval": 60_000,
                "minPauseBetweenCheckpoints": 5_000,
            },
            "monitoringConfiguration": {
                "configurationType": "CUSTOM",
                "logLevel": "INFO",
                "metricsLevel": "APPLICATION",
            },
            "parallelismConfiguration": {
                "configurationType": "CUSTOM",
                "parallelism": 4,
                "parallelismPerKpu": 1,
                "autoScalingEnabled": False,
            },
        },
    }


def property_groups(
    events: kinesis.Stream, buckets: Mapping[str, s3.Bucket], readings: dynamodb.TableV2 | None
) -> dict[str, dict[str, str]]:
    """What the job reads at run time: the connector options of each table."""
    region = events.stack.region

    def files(bucket: s3.Bucket) -> dict[str, str]:
        path = f"s3://{bucket.bucket_name}/"
        return {"connector": "filesystem", "path": path, "format": "json-lines"}

    groups = {
        "kinesis.analytics.flink.run.options": {
            "python": "main.py",
            "pyFiles": "job/",
            "jarfile": "lib/connectors.jar",
        },
        "events": {
            "connector": "kinesis",
            "stream": events.stream_name,
            "scan.stream.initpos": "TRIM_HORIZON",
            "format": "raw",
            "aws.region": region,
        },
        **{name: files(bucket) for name, bucket in buckets.items()},
    }
    if readings is not None:
        groups["readings"] = {
            "connector": "dynamodb",
            "table-name": readings.table_name,
            "aws.region": region,
            "sink.batch.max-size": "25",
            "sink.requests.max-inflight": "1",
            "sink.flush-buffer.timeout": "1000",
        }
    return groups
