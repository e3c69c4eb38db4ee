"""A lake's types: delivery streams really deliver, the catalog really has databases and tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.cloud import Cloud
from tests.waiting import until

pytestmark = pytest.mark.emulator

FIREHOSE = "AWS::KinesisFirehose::DeliveryStream"
NEW_LINE = {
    "Enabled": True,
    "Processors": [
        {
            "Type": "AppendDelimiterToRecord",
            "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
        }
    ],
}


def delivery(**more: object) -> dict[str, Any]:
    destination = {
        "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
        "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
        "Prefix": "found/",
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 5},
        "ProcessingConfiguration": NEW_LINE,
    }
    properties = {"ExtendedS3DestinationConfiguration": destination, **more}
    return {"Type": FIREHOSE, "Properties": properties}


BUCKET = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {}}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "firehose.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    },
}
ROWS = [json.dumps({"n": n}) for n in range(3)]


def delivered(cloud: Cloud, bucket: str) -> list[str]:
    """What is in the bucket, once there are three objects."""
    s3 = cloud.client("s3")

    def look() -> list[str]:
        found = s3.list_objects_v2(Bucket=bucket, Prefix="found/").get("Contents", [])
        return [entry["Key"] for entry in found]

    keys = until(look, lambda found: len(found) >= len(ROWS))
    return sorted(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys)


def test_records_that_are_put_are_delivered_each_on_a_line_of_its_own(cloud: Cloud) -> None:
    stack = cloud.name("put")
    delivered_to = delivery(DeliveryStreamType="DirectPut")
    made = {"Bucket": BUCKET, "Role": ROLE, "Delivery": delivered_to}
    assert cloud.deploy(stack, made) == "CREATE_COMPLETE", cloud.failures(stack)
    cloud.client("firehose").put_record_batch(
        DeliveryStreamName=cloud.physical_id(stack, "Delivery"),
        Records=[{"Data": row.encode()} for row in ROWS],
    )
    assert delivered(cloud, cloud.physical_id(stack, "Bucket")) == [f"{row}\n" for row in ROWS]
    said = [json.loads(line) for line in cloud.emulator.not_applied.read_text().splitlines()]
    hints = "ExtendedS3DestinationConfiguration.BufferingHints"
    assert (FIREHOSE, hints) in {(entry["type"], entry["property"]) for entry in said}


def test_records_of_a_stream_are_delivered(cloud: Cloud) -> None:
    stack = cloud.name("read")
    source = {
        "KinesisStreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
        "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    made = {
        "Bucket": BUCKET,
        "Role": ROLE,
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        "Delivery": delivery(
            DeliveryStreamType="KinesisStreamAsSource", KinesisStreamSourceConfiguration=source
        ),
    }
    assert cloud.deploy(stack, made) == "CREATE_COMPLETE", cloud.failures(stack)
    cloud.client("kinesis").put_records(
        StreamName=cloud.physical_id(stack, "Stream"),
        Records=[{"Data": row.encode(), "PartitionKey": "1"} for row in ROWS],
    )
    assert delivered(cloud, cloud.physical_id(stack, "Bucket")) == [f"{row}\n" for row in ROWS]


def test_fails_when_a_destination_is_not_here(cloud: Cloud) -> None:
    stack = cloud.name("elsewhere")
    endpoint = {"EndpointConfiguration": {"Url": "https://example.com"}}
    made = {
        "Delivery": {
            "Type": FIREHOSE,
            "Properties": {"HttpEndpointDestinationConfiguration": endpoint},
        }
    }
    assert cloud.deploy(stack, made) == "ROLLBACK_COMPLETE"
    reason = cloud.failures(stack)["Delivery"]
    assert "HttpEndpointDestinationConfiguration would have no known effect" in reason


def test_the_catalog_has_what_the_template_says(cloud: Cloud) -> None:
    stack, database = cloud.name("lake"), cloud.name("lake").replace("-", "_")
    columns = [{"Name": "n", "Type": "bigint"}]

    def resources() -> dict[str, Any]:
        storage = {"Columns": list(columns), "Location": "s3://lake/numbers/"}
        table = {"Name": "numbers", "StorageDescriptor": storage}
        return {
            "Database": {
                "Type": "AWS::Glue::Database",
                "Properties": {"CatalogId": "000000000000", "DatabaseInput": {"Name": database}},
            },
            "Table": {
                "Type": "AWS::Glue::Table",
                "Properties": {
                    "CatalogId": "000000000000",
                    "DatabaseName": {"Ref": "Database"},
                    "TableInput": table,
                },
            },
            "Compacted": {
                "Type": "AWS::Glue::TableOptimizer",
                "Properties": {
                    "CatalogId": "000000000000",
                    "DatabaseName": {"Ref": "Database"},
                    "TableName": {"Ref": "Table"},
                    "Type": "compaction",
                    "TableOptimizerConfiguration": {"Enabled": True},
                },
            },
            "Queries": {
                "Type": "AWS::Athena::WorkGroup",
                "Properties": {
                    "Name": stack,
                    "WorkGroupConfiguration": {"EnforceWorkGroupConfiguration": True},
                },
            },
        }

    def found() -> list[str]:
        table = cloud.client("glue").get_table(DatabaseName=database, Name="numbers")["Table"]
        return [column["Name"] for column in table["StorageDescriptor"]["Columns"]]

    assert cloud.deploy(stack, resources()) == "CREATE_COMPLETE", cloud.failures(stack)
    assert found() == ["n"]
    columns.append({"Name": "word", "Type": "string"})
    assert cloud.deploy(stack, resources()) == "UPDATE_COMPLETE", cloud.failures(stack)
    assert found() == ["n", "word"]
    group = cloud.client("athena").get_work_group(WorkGroup=stack)["WorkGroup"]
    assert group["Name"] == stack
    said = [json.loads(line) for line in cloud.emulator.not_applied.read_text().splitlines()]
    silent = {entry["type"] for entry in said}
    assert {"AWS::Glue::TableOptimizer", "AWS::Athena::WorkGroup"} <= silent
