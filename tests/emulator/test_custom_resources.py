"""Custom resources, as strict as CloudFormation is with them."""

from __future__ import annotations

import json

import pytest

from tests.emulator.cloud import Cloud
from tests.emulator.functions import function

pytestmark = pytest.mark.emulator

# Answers as it is told and writes down what it was called with.
HANDLER = """
import json, urllib.request, boto3

def handler(event, context):
    props = event["ResourceProperties"]
    boto3.client("sqs").send_message(QueueUrl=props["Queue"], MessageBody=json.dumps(
        [event["RequestType"], event.get("PhysicalResourceId", ""), props["Version"]]))
    failing = event["RequestType"] != "Delete" and props.get("Fail")
    answer = {"Status": "FAILED" if failing else "SUCCESS", "Reason": props.get("Fail", "fine"),
              "PhysicalResourceId": "made-" + props["Version"],
              "Data": {"Text": "x" * int(props.get("Size", "1"))},
              **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}}
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], body, method="PUT"))
"""


class Probe:
    """A stack of two functions and a custom resource that one of them answers for."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.stack = cloud.name("custom")
        self.sqs = cloud.client("sqs")
        self.queue = self.sqs.create_queue(QueueName=self.stack)["QueueUrl"]

    def deploy(self, *, provider: str = "First", **props: str) -> str:
        resource = {
            "Type": "Custom::Probe",
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": [provider, "Arn"]},
                "Queue": self.queue,
                **props,
            },
        }
        functions = {
            key: part
            for name in ("First", "Second")
            for key, part in function(name, HANDLER, "sqs:SendMessage").items()
        }
        return self.cloud.deploy(self.stack, {**functions, "Probe": resource})

    @property
    def reason(self) -> str:
        return self.cloud.failures(self.stack)["Probe"]

    def calls(self) -> list[list[str]]:
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def probe(cloud: Cloud) -> Probe:
    return Probe(cloud)


def test_delete_follows_a_failed_create(probe: Probe) -> None:
    assert probe.deploy(Version="1", Fail="no luck") == "ROLLBACK_COMPLETE"
    assert probe.reason == "no luck"
    assert probe.calls() == [["Create", "", "1"], ["Delete", "made-1", "1"]]


def test_fails_when_a_response_is_too_long(probe: Probe) -> None:
    assert probe.deploy(Version="1", Size="3500") == "CREATE_COMPLETE"
    assert probe.deploy(Version="1", Size="4000") == "UPDATE_ROLLBACK_COMPLETE"
    assert "Response object is too long" in probe.reason
    assert "4096 are allowed" in probe.reason


def test_fails_when_the_service_token_changes(probe: Probe) -> None:
    assert probe.deploy(Version="1") == "CREATE_COMPLETE"
    probe.calls()
    assert probe.deploy(provider="Second", Version="2") == "UPDATE_ROLLBACK_COMPLETE"
    assert probe.reason == "Modifying service token is not allowed."
    assert probe.calls() == []
