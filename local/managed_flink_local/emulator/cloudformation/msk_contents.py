"""What is in MSK's clusters: topics and users, really made on the broker."""

from __future__ import annotations

import base64
import json
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.cloudformation.msk_types import made
from managed_flink_local.emulator.kafka.broker import Broker
from managed_flink_local.emulator.kafka.topics import Topics
from managed_flink_local.emulator.kafka.users import Users

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]

TOPIC, SCRAM_SECRET = "AWS::MSK::Topic", "AWS::MSK::BatchScramSecret"


def install(broker: Broker) -> None:
    """Add the types."""
    handlers = ministack.resource_handlers()
    handlers[TOPIC] = _topics(broker)
    handlers[SCRAM_SECRET] = _users(broker)


def _topics(broker: Broker) -> dict[str, Any]:
    def topics() -> Topics:
        return Topics(broker.addresses().plain)

    def create(logical_id: str, props: Props, stack_name: str) -> Created:
        topics().create(props["TopicName"], int(props["PartitionCount"]), _configs(props))
        arn = props["ClusterArn"].replace(":cluster/", ":topic/") + f"/{props['TopicName']}"
        return arn, {"TopicArn": arn}

    def update(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        if any(old[key] != new[key] for key in ("ClusterArn", "TopicName")):
            return create(physical_id, new, stack_name)
        configs = _configs(new)
        dropped = _configs(old).keys() - configs.keys()
        topics().change(new["TopicName"], int(new["PartitionCount"]), configs, dropped)
        return physical_id, {"TopicArn": physical_id}

    def delete(physical_id: str, props: Props) -> None:
        topics().delete(physical_id.rpartition("/")[2])

    return {"create": create, "update": update, "delete": delete}


def _users(broker: Broker) -> dict[str, Any]:
    """A secret's user may come in with the password that is in it when it is associated."""
    secrets, msk = ministack.service("secretsmanager"), ministack.service("msk")
    names: dict[str, dict[str, str]] = {}

    def users() -> Users:
        return Users(broker.addresses().plain)

    def put(cluster: str, wanted: list[str]) -> Created:
        known = names.setdefault(cluster, {})
        for arn in wanted:
            answer = made(secrets._get_secret_value({"SecretId": arn}))
            login = json.loads(answer["SecretString"])
            users().put(login["username"], login["password"])
            known[arn] = login["username"]
        for gone in known.keys() - set(wanted):
            users().delete(known.pop(gone))
        msk._scram_secrets[cluster] = list(wanted)
        return cluster, {}

    def create(logical_id: str, props: Props, stack_name: str) -> Created:
        return put(props["ClusterArn"], props.get("SecretArnList") or [])

    def update(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        return create(physical_id, new, stack_name)

    def delete(physical_id: str, props: Props) -> None:
        put(physical_id, [])
        msk._scram_secrets.pop(physical_id, None)

    return {"create": create, "update": update, "delete": delete}


def _configs(props: Props) -> dict[str, str]:
    """The topic's configs, which are base64 of a JSON object."""
    encoded = props.get("Configs")
    if not encoded:
        return {}
    return {key: str(value) for key, value in json.loads(base64.b64decode(encoded)).items()}
