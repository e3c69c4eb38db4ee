"""The library's own handler, in a function, finds the brokers of a cluster of the stack."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk_managed_flink.handlers import managed_flink_resources
from tests.emulator.cloud import Cloud
from tests.emulator.functions import function
from tests.emulator.test_kafka import cluster, partitions, servers

pytestmark = pytest.mark.emulator

HANDLERS = Path(managed_flink_resources.__file__).parent
# In the place of the framework that polls: one request, and one poll an hour after it began.
INDEX = """
import json, time, urllib.request
from managed_flink_resources import entry

def handler(event, context):
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    try:
        begun = entry.on_event(event, context)
        begun["Data"]["Began"] = str(int(time.time()) - 3600)
        done = entry.is_complete({**event, **begun}, context)
        answer |= {"Status": "SUCCESS", **begun, "Data": done["Data"]}
    except Exception as error:
        answer |= {"Status": "FAILED", "Reason": str(error), "PhysicalResourceId": "none"}
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], body, method="PUT"))
"""


@pytest.fixture(scope="module")
def code(cloud: Cloud) -> dict[str, str]:
    """The handlers as a function's code."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", INDEX)
        for file in HANDLERS.glob("*.py"):
            archive.write(file, f"managed_flink_resources/{file.name}")
    bucket, s3 = cloud.name("handlers"), cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="handlers.zip", Body=packed.getvalue())
    return {"S3Bucket": bucket, "S3Key": "handlers.zip"}


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[str]:
    name = cloud.name("lookup")
    yield name
    cloud.delete(name)


def resources(code: dict[str, str], authentication: str, *actions: str) -> dict[str, Any]:
    made = function("Function", "", *actions)
    made["Function"]["Properties"]["Code"] = code
    lookup = {
        "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
        "Kind": "BootstrapBrokers",
        "ClusterArn": {"Ref": "Cluster"},
        "Authentication": authentication,
    }
    found = {"Type": "String", "Value": {"Fn::GetAtt": ["Lookup", "Brokers"]}}
    return {
        **made,
        "Cluster": cluster(Iam=True),
        "Lookup": {"Type": "Custom::BootstrapBrokers", "Properties": lookup},
        "Found": {"Type": "AWS::SSM::Parameter", "Properties": found},
    }


def test_the_brokers_of_a_stacks_cluster_are_looked_up_and_answer(
    cloud: Cloud, stack: str, code: dict[str, str]
) -> None:
    made = resources(code, "IAM", "kafka:GetBootstrapBrokers")
    assert cloud.deploy(stack, made) == "CREATE_COMPLETE", cloud.failures(stack)
    parameter = cloud.physical_id(stack, "Found")
    at = cloud.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    assert at == servers(cloud)["BootstrapBrokerStringSaslIam"]
    assert partitions(at) == {}


@pytest.mark.parametrize(
    ("authentication", "action", "reason"),
    [
        ("SCRAM", "kafka:GetBootstrapBrokers", "has no brokers for SCRAM; it has some for IAM"),
        ("IAM", "kafka:DescribeCluster", "not authorized to perform: kafka:GetBootstrapBrokers"),
    ],
)
def test_fails_when_the_cluster_or_the_role_does_not_allow_it(
    cloud: Cloud, stack: str, code: dict[str, str], authentication: str, action: str, reason: str
) -> None:
    assert cloud.deploy(stack, resources(code, authentication, action)) == "ROLLBACK_COMPLETE"
    assert reason in cloud.failures(stack)["Lookup"]
