"""A consumer for enhanced fan-out, and a stream's policy, made by a template."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.cloud import Cloud
from tests.emulator.functions import root_may

pytestmark = pytest.mark.emulator


def resources(consumer: str | None, action: str | None) -> dict[str, Any]:
    arn = {"Fn::GetAtt": ["Stream", "Arn"]}
    found: dict[str, Any] = {
        "Stream": {
            "Type": "AWS::Kinesis::Stream",
            "DeletionPolicy": "Retain",
            "Properties": {"ShardCount": 1},
        }
    }
    if consumer is not None:
        found["Consumer"] = {
            "Type": "AWS::Kinesis::StreamConsumer",
            "Properties": {"StreamARN": arn, "ConsumerName": consumer},
        }
        found["Arn"] = {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Type": "String",
                "Value": {"Fn::GetAtt": ["Consumer", "ConsumerARN"]},
            },
        }
    if action is not None:
        found["Policy"] = {
            "Type": "AWS::Kinesis::ResourcePolicy",
            "Properties": {"ResourceArn": arn, "ResourcePolicy": root_may(action, arn)},
        }
    return found


def test_a_consumer_is_registered_replaced_and_gone(cloud: Cloud) -> None:
    stack, kinesis = cloud.name("consumer"), cloud.client("kinesis")
    assert cloud.deploy(stack, resources("first", None)) == "CREATE_COMPLETE"
    name = cloud.physical_id(stack, "Stream")
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]

    def consumers() -> list[str]:
        found = kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]
        assert all(entry["ConsumerStatus"] == "ACTIVE" for entry in found)
        return [entry["ConsumerName"] for entry in found]

    assert consumers() == ["first"]
    parameter = cloud.client("ssm").get_parameter(Name=cloud.physical_id(stack, "Arn"))
    assert parameter["Parameter"]["Value"].startswith(f"{arn}/consumer/first:")
    assert cloud.deploy(stack, resources("second", None)) == "UPDATE_COMPLETE"
    assert consumers() == ["second"]
    assert cloud.deploy(stack, resources(None, None)) == "UPDATE_COMPLETE"
    assert consumers() == []


def test_a_policy_is_put_changed_and_gone_and_said_to_have_no_effect(cloud: Cloud) -> None:
    stack, kinesis = cloud.name("policy"), cloud.client("kinesis")
    assert cloud.deploy(stack, resources(None, "kinesis:GetRecords")) == "CREATE_COMPLETE"
    name = cloud.physical_id(stack, "Stream")
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]

    def policy() -> str:
        return str(kinesis.get_resource_policy(ResourceARN=arn)["Policy"])

    assert json.loads(policy())["Statement"][0]["Action"] == "kinesis:GetRecords"
    assert cloud.deploy(stack, resources(None, "kinesis:ListShards")) == "UPDATE_COMPLETE"
    assert json.loads(policy())["Statement"][0]["Action"] == "kinesis:ListShards"
    said = [json.loads(line) for line in cloud.emulator.not_applied.read_text().splitlines()]
    assert {"AWS::Kinesis::ResourcePolicy"} <= {entry["type"] for entry in said}
    assert cloud.deploy(stack, resources(None, None)) == "UPDATE_COMPLETE"
    assert "kinesis:" not in policy()
