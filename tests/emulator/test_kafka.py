"""MSK's resource types: a real broker behind them, real topics."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource

from tests.emulator.cloud import Cloud

pytestmark = pytest.mark.emulator


def cluster(**sasl: bool) -> dict[str, Any]:
    return cluster_of({"Sasl": {name: {"Enabled": on} for name, on in sasl.items()}})


def cluster_of(authentication: dict[str, Any], transit: str = "TLS") -> dict[str, Any]:
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
            "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": transit}},
        },
    }


def topic(partitions: int, **settings: str) -> dict[str, Any]:
    configs = base64.b64encode(json.dumps(settings).encode()).decode()
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


def partitions(at: str, **login: str) -> dict[str, int]:
    options: dict[str, str | int | float | bool] = {
        "bootstrap.servers": at,
        "log_level": 2,
        **login,
    }
    found = AdminClient(options).list_topics(timeout=5).topics
    return {name: len(topic.partitions) for name, topic in found.items() if name[0] != "_"}


def login(cloud: Cloud, password: str) -> dict[str, str]:
    return {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(cloud.emulator.ca_bundle),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "flink",
        "sasl.password": password,
    }


def retention(at: str) -> tuple[str, bool]:
    """Of the topic, and whether that is the broker's default."""
    admin = AdminClient({"bootstrap.servers": at, "log_level": 2})
    resource = ConfigResource(ConfigResource.Type.TOPIC, "payments")
    found = admin.describe_configs([resource])[resource].result()["retention.ms"]
    return str(found.value), bool(found.is_default)


def test_a_topic_is_made_grown_and_deleted_and_brokers_are_those_of_the_mode_that_is_on(
    cloud: Cloud, stack: str
) -> None:
    made = {
        "Cluster": cluster(Iam=True, Scram=False),
        "Topic": topic(3, **{"retention.ms": "3600000"}),
    }
    assert cloud.deploy(stack, made) == "CREATE_COMPLETE"
    found = servers(cloud)
    assert found.keys() == {"BootstrapBrokerStringSaslIam"}
    at = found["BootstrapBrokerStringSaslIam"]
    assert partitions(at) == {"payments": 3}
    assert retention(at) == ("3600000", False)
    grown = {"Cluster": cluster(Iam=True, Scram=True), "Topic": topic(5)}
    assert cloud.deploy(stack, grown) == "UPDATE_COMPLETE"
    assert partitions(at) == {"payments": 5}
    assert retention(at)[1], "a setting that the template drops is the broker's again"
    assert servers(cloud).keys() == {
        "BootstrapBrokerStringSaslIam",
        "BootstrapBrokerStringSaslScram",
    }
    assert cloud.deploy(stack, {"Cluster": cluster(Iam=True)}) == "UPDATE_COMPLETE"
    assert partitions(at) == {}


def test_fails_when_the_broker_refuses_the_topic(cloud: Cloud, stack: str) -> None:
    refused = topic(3, **{"retention.ms": "for ever"})
    status = cloud.deploy(stack, {"Cluster": cluster(Iam=True), "Topic": refused})
    assert status == "ROLLBACK_COMPLETE"
    events = cloud.formation.describe_stack_events(StackName=stack)["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("the broker refuses the topic" in reason for reason in reasons), reasons


def test_only_a_user_of_the_cluster_comes_in_by_password(cloud: Cloud, stack: str) -> None:
    user = {"username": "flink", "password": "open sesame"}
    made = {
        "Cluster": cluster(Iam=True, Scram=True),
        "Topic": topic(1),
        "User": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": f"AmazonMSK_{stack}", "SecretString": json.dumps(user)},
        },
        "Users": {
            "Type": "AWS::MSK::BatchScramSecret",
            "Properties": {"ClusterArn": {"Ref": "Cluster"}, "SecretArnList": [{"Ref": "User"}]},
        },
    }
    assert cloud.deploy(stack, made) == "CREATE_COMPLETE"
    at = servers(cloud)["BootstrapBrokerStringSaslScram"]
    assert partitions(at, **login(cloud, "open sesame")) == {"payments": 1}
    with pytest.raises(KafkaException):
        partitions(at, **login(cloud, "open barley"))
    assert cloud.deploy(stack, {**made, "Users": without_users()}) == "UPDATE_COMPLETE"
    with pytest.raises(KafkaException):
        partitions(at, **login(cloud, "open sesame"))


def without_users() -> dict[str, Any]:
    properties = {"ClusterArn": {"Ref": "Cluster"}, "SecretArnList": []}
    return {"Type": "AWS::MSK::BatchScramSecret", "Properties": properties}


def test_a_cluster_takes_its_topics_with_it_and_lets_anybody_in_if_it_is_told_to(
    cloud: Cloud, stack: str
) -> None:
    kept = {"DeletionPolicy": "Retain", **topic(1)}
    open_ = cluster_of({"Unauthenticated": {"Enabled": True}}, "TLS_PLAINTEXT")
    assert cloud.deploy(stack, {"Cluster": open_, "Topic": kept}) == "CREATE_COMPLETE"
    found = servers(cloud)
    assert found.keys() == {"BootstrapBrokerString", "BootstrapBrokerStringTls"}
    encrypted = {
        "security.protocol": "SSL",
        "ssl.ca.location": str(cloud.emulator.ca_bundle),
    }
    assert partitions(found["BootstrapBrokerStringTls"], **encrypted) == {"payments": 1}
    assert partitions(found["BootstrapBrokerString"]) == {"payments": 1}
    cloud.delete(stack)
    assert partitions(found["BootstrapBrokerString"]) == {}
