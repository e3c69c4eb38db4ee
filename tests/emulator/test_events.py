"""Events of stacks, and what a function does with one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.cloud import Cloud
from tests.emulator.functions import function
from tests.waiting import until

pytestmark = pytest.mark.emulator

# Publishes its event, encrypted, and a metric.
HANDLER = """
import boto3, json

def handler(event, context):
    boto3.client("sns").publish(TopicArn=event["Topic"], Message=event["Trigger"])
    boto3.client("cloudwatch").put_metric_data(Namespace="Heard", MetricData=[
        {"MetricName": "heard", "Value": 7, "Dimensions": [{"Name": "By", "Value": event["By"]}]}])
"""


def queue_fed_by(sender: str) -> dict[str, Any]:
    send = {
        "Effect": "Allow",
        "Principal": {"Service": sender},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    return {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "QueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Queue"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [send]},
            },
        },
    }


def listener(stack: str) -> dict[str, Any]:
    """A function that hears of its own stack's end, and says so."""
    heard = {"Trigger": "stack", "Topic": "${Topic}", "By": stack}
    return {
        **function("Listener", HANDLER, "sns:Publish", "cloudwatch:PutMetricData"),
        **queue_fed_by("sns.amazonaws.com"),
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": []}}},
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"KmsMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
        },
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                "RawMessageDelivery": True,
            },
        },
        "Ended": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.cloudformation"],
                    "detail-type": ["CloudFormation Stack Status Change"],
                    "detail": {
                        "stack-id": [{"Ref": "AWS::StackId"}],
                        "status-details": {"status": ["CREATE_COMPLETE"]},
                    },
                },
                "Targets": [
                    {
                        "Id": "Listener",
                        "Arn": {"Fn::GetAtt": ["Listener", "Arn"]},
                        "Input": {"Fn::Sub": json.dumps(heard)},
                    }
                ],
            },
        },
    }


PERMISSION = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Fn::GetAtt": ["Listener", "Arn"]},
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["Ended", "Arn"]},
    },
}


def test_a_function_hears_of_its_stacks_end_and_alarms(cloud: Cloud) -> None:
    stack = cloud.name("listener")
    resources = {**listener(stack), "Permission": PERMISSION}
    assert cloud.deploy(stack, resources) == "CREATE_COMPLETE"
    assert cloud.messages(cloud.physical_id(stack, "Queue"), 1) == ["stack"]
    now = datetime.now(UTC)

    def heard() -> list[float]:
        found = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="Heard",
            MetricName="heard",
            Dimensions=[{"Name": "By", "Value": stack}],
            StartTime=now - timedelta(minutes=1),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["Maximum"],
        )
        return [point["Maximum"] for point in found["Datapoints"]]

    assert until(heard, poll=0.1) == [7.0]


def test_a_rule_without_a_permission_invokes_nothing(cloud: Cloud) -> None:
    stack = cloud.name("unheard")
    assert cloud.deploy(stack, listener(stack)) == "CREATE_COMPLETE"
    rule, name = cloud.physical_id(stack, "Ended"), cloud.physical_id(stack, "Listener")
    refused = f"rule/{rule} may not invoke arn:aws:lambda:us-east-1:000000000000:function:{name}"
    until(lambda: refused in cloud.emulator.emulator_log.read_text(), poll=0.1)


def test_every_status_of_a_stack_is_an_event(cloud: Cloud) -> None:
    """In the order of the stack's own events, which are there to be read by then."""
    observer, stack = cloud.name("observer"), cloud.name("observed")
    pattern = {
        "source": ["aws.cloudformation"],
        "detail": {"stack-id": [{"wildcard": f"*stack/{stack}/*"}]},
    }
    target = {"Id": "Queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}
    rule = {"EventPattern": pattern, "Targets": [target]}
    cloud.deploy(
        observer,
        {
            **queue_fed_by("events.amazonaws.com"),
            "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
        },
    )
    topic: dict[str, Any] = {"Type": "AWS::SNS::Topic", "Properties": {}}
    broken = {**topic, "Properties": {"Colour": "red"}}
    cloud.deploy(stack, {"Topic": topic})
    cloud.deploy(stack, {"Topic": topic, "Other": topic})
    cloud.deploy(stack, {"Topic": topic, "Third": broken})
    expected = [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    assert cloud.stack_statuses(stack) == expected
    cloud.delete(stack)
    expected += ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    events = [
        json.loads(text)
        for text in cloud.messages(cloud.physical_id(observer, "Queue"), len(expected))
    ]
    assert sorted(e["detail"]["status-details"]["status"] for e in events) == sorted(expected)
    rolling_back = next(
        e for e in events if "ROLLBACK_IN_PROGRESS" in e["detail"]["status-details"]["status"]
    )
    assert rolling_back["source"] == "aws.cloudformation"
    assert rolling_back["detail-type"] == "CloudFormation Stack Status Change"
    assert "[Third]" in rolling_back["detail"]["status-details"]["status-reason"]
    assert rolling_back["resources"] == [rolling_back["detail"]["stack-id"]]
