"""MSK's clusters and their configurations: every cluster is the one real broker."""

from __future__ import annotations

import base64
import json
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.kafka.broker import Broker
from managed_flink_local.emulator.kafka.topics import Topics

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]

CLUSTER, SERVERLESS = "AWS::MSK::Cluster", "AWS::MSK::ServerlessCluster"
CONFIGURATION = "AWS::MSK::Configuration"
# What an update changes in place, of what is described.
_CHANGED = ("ClientAuthentication", "BrokerNodeGroupInfo", "EncryptionInfo", "LoggingInfo")


def install(broker: Broker) -> None:
    """Add the types."""
    msk = ministack.service("msk")

    def create_cluster(logical_id: str, props: Props, stack_name: str) -> Created:
        broker.addresses()
        arn = made(msk._create_cluster(request(props)))["clusterArn"]
        return arn, {"Arn": arn, "CurrentVersion": msk._clusters[arn]["CurrentVersion"]}

    def update_cluster(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        if old["ClusterName"] != new["ClusterName"]:
            return create_cluster(physical_id, new, stack_name)
        cluster = msk._clusters[physical_id]
        cluster.update({key: new.get(key, {}) for key in _CHANGED})
        return physical_id, {"Arn": physical_id, "CurrentVersion": cluster["CurrentVersion"]}

    def delete_cluster(physical_id: str, props: Props) -> None:
        was = physical_id in msk._clusters
        msk._delete_cluster(physical_id)
        # Topics are their cluster's; which of several had one, the broker does not know.
        if was and not msk._clusters:
            Topics(broker.addresses().plain).delete_all()

    def create_configuration(logical_id: str, props: Props, stack_name: str) -> Created:
        encoded = {**props, "ServerProperties": _encoded(props)}
        arn = made(msk._create_configuration(request(encoded)))["arn"]
        return arn, _revision(arn, 1)

    def update_configuration(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        if old["Name"] != new["Name"]:
            return create_configuration(physical_id, new, stack_name)
        configuration, revisions = (
            store[physical_id] for store in (msk._configurations, msk._config_revisions)
        )
        revision = {
            **configuration["LatestRevision"],
            "Description": new.get("Description", ""),
            "Revision": len(revisions) + 1,
        }
        revisions.append({**revision, "ServerProperties": _encoded(new)})
        configuration["LatestRevision"] = revision
        return physical_id, _revision(physical_id, revision["Revision"])

    def delete_configuration(physical_id: str, props: Props) -> None:
        msk._configurations.pop(physical_id, None)
        msk._config_revisions.pop(physical_id, None)

    handlers = ministack.resource_handlers()
    clusters = {"create": create_cluster, "update": update_cluster, "delete": delete_cluster}
    handlers[CLUSTER] = handlers[SERVERLESS] = clusters
    handlers[CONFIGURATION] = {
        "create": create_configuration,
        "update": update_configuration,
        "delete": delete_configuration,
    }


def request(props: Props) -> bytes:
    """A resource's properties as the service's API takes them; tags have names of their own."""
    tags = {"tags": props["Tags"]} if "Tags" in props else {}
    shown = ministack.service("msk")._camelize({k: v for k, v in props.items() if k != "Tags"})
    return json.dumps({**shown, **tags}).encode()


def made(response: tuple[int, Props, bytes]) -> Props:
    """The service's answer.

    Raises:
        ValueError: it refuses.
    """
    answer: Props = json.loads(response[2])
    if response[0] >= 400:
        raise ValueError(str(answer.get("Message") or answer.get("message")))
    return answer


def _encoded(props: Props) -> str:
    return base64.b64encode(props["ServerProperties"].encode()).decode()


def _revision(arn: str, number: int) -> Props:
    return {"Arn": arn, "LatestRevision.Revision": str(number)}
