"""Operations of a stack that do not go as planned, as CloudFormation goes on from them."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import Any

import pytest

from tests.emulator.cloud import Cloud
from tests.emulator.functions import function

pytestmark = pytest.mark.emulator

# Tells the queue of each request; answers it as its properties say, or leaves that to the test.
HANDLER = """
import json, urllib.request, boto3

def handler(event, context):
    props = event["ResourceProperties"]
    boto3.client("sqs").send_message(QueueUrl=props["Queue"], MessageBody=json.dumps(
        {"Request": event["RequestType"], "Version": props["Version"],
         "ResponseURL": event["ResponseURL"]}))
    if props.get("Silent"):
        return
    failing = event["RequestType"] in props.get("Failing", "")
    answer = {"Status": "FAILED" if failing else "SUCCESS", "Reason": "as told",
              "PhysicalResourceId": "probe",
              **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}}
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], body, method="PUT"))
"""
TOPIC: dict[str, Any] = {"Type": "AWS::SNS::Topic", "Properties": {}}
BROKEN: dict[str, Any] = {"Type": "AWS::SNS::Topic", "Properties": {"Colour": "red"}}


class Probe:
    """A stack with a custom resource, and the queue of what its function was asked."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.stack = cloud, cloud.name("probe")
        self.queue = cloud.client("sqs").create_queue(QueueName=self.stack)["QueueUrl"]

    def resources(self, version: str, **props: str) -> dict[str, Any]:
        token = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}}
        properties = {**token, "Queue": self.queue, "Version": version, **props}
        resource = {"Type": "Custom::Probe", "Properties": properties}
        return {**function("Function", HANDLER, "sqs:SendMessage"), "Probe": resource}

    def requests(self, count: int) -> list[dict[str, str]]:
        return [json.loads(text) for text in self.cloud.messages(self.queue, count)]


@pytest.fixture
def probe(cloud: Cloud) -> Probe:
    return Probe(cloud)


def test_a_failure_without_rollback_is_mended_by_the_old_template(cloud: Cloud) -> None:
    stack = cloud.name("paused")
    old = {"Topic": TOPIC}
    cloud.execute(stack, old, "CREATE")
    new = {"Topic": TOPIC, "Second": TOPIC, "Third": {**BROKEN, "DependsOn": "Second"}}
    assert cloud.execute(stack, new, DisableRollback=True) == "UPDATE_FAILED"
    assert cloud.stack_statuses(stack)[-1] == "UPDATE_FAILED"
    second = cloud.physical_id(stack, "Second")
    assert cloud.execute(stack, old) == "UPDATE_COMPLETE"
    assert second not in [t["TopicArn"] for t in cloud.client("sns").list_topics()["Topics"]]


def test_a_failure_without_rollback_is_rolled_back_on_request(cloud: Cloud) -> None:
    stack = cloud.name("paused")
    cloud.execute(stack, {"Topic": TOPIC}, "CREATE")
    cloud.execute(stack, {"Topic": TOPIC, "Third": BROKEN}, DisableRollback=True)
    cloud.formation.rollback_stack(StackName=stack)
    assert cloud.settled(stack) == "UPDATE_ROLLBACK_COMPLETE"


def test_a_cancelled_update_rolls_back_while_its_request_is_still_open(probe: Probe) -> None:
    cloud, stack = probe.cloud, probe.stack
    assert cloud.deploy(stack, probe.resources("1")) == "CREATE_COMPLETE"
    probe.requests(1)
    cloud.begin(stack, probe.resources("2", Silent="true"))
    [waiting] = probe.requests(1)
    cloud.formation.cancel_update_stack(StackName=stack)
    assert cloud.settled(stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.failures(stack)["Probe"] == "Resource update cancelled"
    [rolled_back] = probe.requests(1)
    assert (rolled_back["Request"], rolled_back["Version"]) == ("Update", "1")
    late = urllib.request.Request(waiting["ResponseURL"], b'{"Status": "SUCCESS"}', method="PUT")
    trusted = ssl.create_default_context(cafile=cloud.emulator.ca_bundle)
    with urllib.request.urlopen(late, context=trusted) as response:
        assert response.status == 200
    assert cloud.status(stack) == "UPDATE_ROLLBACK_COMPLETE"


def test_a_rollback_that_failed_goes_on_without_what_is_skipped(probe: Probe) -> None:
    cloud, stack = probe.cloud, probe.stack
    cloud.deploy(stack, probe.resources("1", Failing="Update"))
    status = cloud.deploy(stack, probe.resources("2", Failing="Update"))
    assert status == "UPDATE_ROLLBACK_FAILED"
    assert [r["Version"] for r in probe.requests(3)] == ["1", "2", "1"]
    cloud.formation.continue_update_rollback(StackName=stack, ResourcesToSkip=["Probe"])
    assert cloud.settled(stack) == "UPDATE_ROLLBACK_COMPLETE"


def test_a_failed_create_that_was_not_rolled_back_is_deleted_but_for_what_is_retained(
    probe: Probe,
) -> None:
    cloud, stack = probe.cloud, probe.stack
    kept = {"Kept": {**TOPIC, "DeletionPolicy": "RetainExceptOnCreate"}}
    resources = {**probe.resources("1", Failing="Create"), **kept}
    resources["Probe"]["DependsOn"] = "Kept"
    assert cloud.execute(stack, resources, "CREATE", DisableRollback=True) == "CREATE_FAILED"
    topic = cloud.physical_id(stack, "Kept")
    cloud.delete(stack)
    assert [r["Request"] for r in probe.requests(2)] == ["Create", "Delete"]
    assert topic in [t["TopicArn"] for t in cloud.client("sns").list_topics()["Topics"]]


def test_a_failed_create_is_deleted(probe: Probe) -> None:
    cloud, stack = probe.cloud, probe.stack
    assert cloud.deploy(stack, probe.resources("1", Failing="Create")) == "ROLLBACK_COMPLETE"
    cloud.delete(stack)
    assert cloud.status(stack) == ""
    assert cloud.deploy(stack, probe.resources("1")) == "CREATE_COMPLETE"
