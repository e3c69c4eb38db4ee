"""MSK's resource types: every cluster is the one real broker, topics are really made."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.kafka.broker import Broker
from managed_flink_local.emulator.kafka.topics import Topics

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]

CLUSTER, SERVERLESS = "AWS::MSK::Cluster", "AWS::MSK::ServerlessCluster"
CONFIGURATION, TOPIC = "AWS::MSK::Configuration", "AWS::MSK::Topic"
SCRAM_SECRET = "AWS::MSK::BatchScramSecret"


def install(broker: Broker) -> None:
    """Add the types, and let GetBootstrapBrokers name the broker."""
    msk = ministack.service("msk")

    def request(props: Props) -> bytes:
        return json.dumps(msk._camelize(props)).encode()

    def made(response: tuple[int, Props, bytes]) -> Props:
        answer: Props = json.loads(response[2])
        if response[0] >= 400:
            raise ValueError(str(answer.get("Message")))
        return answer

    def create_cluster(logical_id: str, props: Props, stack_name: str) -> Created:
        broker.servers()
        arn = made(msk._create_cluster(request(props)))["clusterArn"]
        return arn, {"Arn": arn, "CurrentVersion": msk._clusters[arn]["CurrentVersion"]}

    def update_cluster(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        cluster = msk._clusters[physical_id]
        kept = ("ClientAuthentication", "BrokerNodeGroupInfo", "EncryptionInfo", "LoggingInfo")
        cluster.update({key: new[key] for key in kept if key in new})
        return physical_id, {"Arn": physical_id, "CurrentVersion": cluster["CurrentVersion"]}

    def delete_cluster(physical_id: str, props: Props) -> None:
        msk._delete_cluster(physical_id)

    def create_configuration(logical_id: str, props: Props, stack_name: str) -> Created:
        encoded = base64.b64encode(props["ServerProperties"].encode()).decode()
        answer = made(msk._create_configuration(request({**props, "ServerProperties": encoded})))
        return answer["arn"], _revision(answer["arn"], 1)

    def update_configuration(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        revisions = msk._config_revisions.setdefault(physical_id, [])
        number = len(revisions) + 1
        encoded = base64.b64encode(new["ServerProperties"].encode()).decode()
        revisions.append({"Revision": number, "ServerProperties": encoded})
        return physical_id, _revision(physical_id, number)

    def delete_configuration(physical_id: str, props: Props) -> None:
        msk._configurations.pop(physical_id, None)
        msk._config_revisions.pop(physical_id, None)

    def create_secrets(logical_id: str, props: Props, stack_name: str) -> Created:
        arn = props["ClusterArn"]
        msk._scram_secrets[arn] = list(props.get("SecretArnList", ()))
        return arn, {}

    def update_secrets(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        return create_secrets(physical_id, new, stack_name)

    def delete_secrets(physical_id: str, props: Props) -> None:
        msk._scram_secrets.pop(physical_id, None)

    def topics() -> Topics:
        return Topics(broker.servers())

    def create_topic(logical_id: str, props: Props, stack_name: str) -> Created:
        topics().create(props["TopicName"], int(props["PartitionCount"]), _configs(props))
        arn = props["ClusterArn"].replace(":cluster/", ":topic/") + f"/{props['TopicName']}"
        return arn, {"TopicArn": arn}

    def update_topic(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        if any(old[key] != new[key] for key in ("ClusterArn", "TopicName")):
            return create_topic(physical_id, new, stack_name)
        topics().change(new["TopicName"], int(new["PartitionCount"]), _configs(new))
        return physical_id, {"TopicArn": physical_id}

    def delete_topic(physical_id: str, props: Props) -> None:
        topics().delete(physical_id.rpartition("/")[2])

    handlers = ministack.resource_handlers()
    for type_, (create, update, delete) in {
        CLUSTER: (create_cluster, update_cluster, delete_cluster),
        SERVERLESS: (create_cluster, update_cluster, delete_cluster),
        CONFIGURATION: (create_configuration, update_configuration, delete_configuration),
        SCRAM_SECRET: (create_secrets, update_secrets, delete_secrets),
        TOPIC: (create_topic, update_topic, delete_topic),
    }.items():
        handlers[type_] = {"create": create, "update": update, "delete": delete}

    def brokers(original: Callable[[str], Props]) -> Callable[[str], Props]:
        def of_the_modes_that_are_on(cluster_name: str) -> Props:
            cluster = next(c for c in msk._clusters.values() if c["ClusterName"] == cluster_name)
            asked = json.loads(json.dumps(msk._camelize(cluster["ClientAuthentication"])))
            sasl = asked.get("sasl", {})
            on = {
                "BootstrapBrokerStringSaslIam": _enabled(sasl.get("iam")),
                "BootstrapBrokerStringSaslScram": _enabled(sasl.get("scram")),
                "BootstrapBrokerStringTls": _enabled(asked.get("tls")),
                "BootstrapBrokerString": _enabled(asked.get("unauthenticated")),
            }
            none = dict.fromkeys(original(cluster_name), "")
            return {**none, **{key: broker.servers() if value else "" for key, value in on.items()}}

        return of_the_modes_that_are_on

    ministack.replace(msk, "_bootstrap_strings", brokers)


def _enabled(asked: Props | None) -> bool:
    return str((asked or {}).get("enabled", "")).lower() == "true"


def _revision(arn: str, number: int) -> Props:
    return {"Arn": arn, "LatestRevision.Revision": str(number)}


def _configs(props: Props) -> dict[str, str]:
    """The topic's configs, which are base64 of a JSON object."""
    encoded = props.get("Configs")
    if not encoded:
        return {}
    return {key: str(value) for key, value in json.loads(base64.b64decode(encoded)).items()}
