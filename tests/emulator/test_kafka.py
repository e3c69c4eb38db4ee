"""MSK's resource types: a real broker behind them, real topics."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from tests.emulator.cloud import Cloud

pytestmark = pytest.mark.emulator


def cluster(**sasl: bool) -> dict[str, Any]:
    authentication = {"Sasl": {name: {"Enabled": on} for name, on in sasl.items()}}
    return {
        "Type": "AWS::MSK::Cluster",
        "Properties": {
            "ClusterName": "payments",
            "NumberOfBrokerNodes": 2,
            "KafkaVersion": "3.9.x.kraft",
            "BrokerNodeGroupInfo": {
                "ClientSubnets": ["subnet-1"],
                "InstanceType": "kafka.m7g",
            },
            "ClientAuthentication": authentication,
        },
    }


def topic(partitions: int) -> dict[str, Any]:
    configs = base64.b64encode(json.dumps({"retention.ms": "3600000"}).encode()).decode()
    return {
        "Type": "AWS::MSK::Topic",
        "Properties": {
            "ClusterArn": {"Ref": "Cluster"},
            "TopicName": "payments",
            "PartitionCount": partitions,
            "ReplicationFactor": 2,
            "Configs": configs,
        },
    }


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[str]:
    name = cloud.name("msk")
    yield name
    cloud.delete(name)


def servers(cloud: Cloud) -> dict[str, str]:
    kafka = cloud.client("kafka")
    (found,) = kafka.list_clusters()["ClusterInfoList"]
    answer = kafka.get_bootstrap_brokers(ClusterArn=found["ClusterArn"])
    return {key: value for key, value in answer.items() if isinstance(value, str) and value}


def partitions(at: str) -> dict[str, int]:
    found = AdminClient({"bootstrap.servers": at, "log_level": 2}).list_topics(timeout=10).topics
    return {name: len(topic.partitions) for name, topic in found.items()}


def test_a_topic_is_made_grown_and_deleted_and_brokers_are_those_of_the_mode_that_is_on(
    cloud: Cloud, stack: str
) -> None:
    made = {"Cluster": cluster(Iam=True, Scram=False), "Topic": topic(3)}
    assert cloud.deploy(stack, made) == "CREATE_COMPLETE"
    found = servers(cloud)
    assert found.keys() == {"BootstrapBrokerStringSaslIam"}
    at = found["BootstrapBrokerStringSaslIam"]
    assert partitions(at) == {"payments": 3}
    grown = {"Cluster": cluster(Iam=True, Scram=True), "Topic": topic(5)}
    assert cloud.deploy(stack, grown) == "UPDATE_COMPLETE"
    assert partitions(at) == {"payments": 5}
    assert servers(cloud).keys() == {
        "BootstrapBrokerStringSaslIam",
        "BootstrapBrokerStringSaslScram",
    }
    assert cloud.deploy(stack, {"Cluster": cluster(Iam=True)}) == "UPDATE_COMPLETE"
    assert partitions(at) == {}


def test_fails_when_the_broker_refuses_the_topic(cloud: Cloud, stack: str) -> None:
    refused = topic(3)
    configs = base64.b64encode(json.dumps({"retention.ms": "for ever"}).encode()).decode()
    refused["Properties"]["Configs"] = configs
    status = cloud.deploy(stack, {"Cluster": cluster(Iam=True), "Topic": refused})
    assert status == "ROLLBACK_COMPLETE"
    events = cloud.formation.describe_stack_events(StackName=stack)["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("the broker refuses it" in reason for reason in reasons), reasons
