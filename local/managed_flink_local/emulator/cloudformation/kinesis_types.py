"""A stream's consumer for enhanced fan-out, and its resource policy."""

from __future__ import annotations

import json
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]

CONSUMER, POLICY = "AWS::Kinesis::StreamConsumer", "AWS::Kinesis::ResourcePolicy"


def install() -> None:
    """Add the types."""
    kinesis = ministack.service("kinesis")

    def answer(type_: str, response: tuple[int, Props, bytes]) -> Props:
        found: Props = json.loads(response[2] or b"{}")
        if response[0] >= 400:
            raise ValueError(f"{type_}: {found.get('message')}")
        return found

    def create_consumer(logical_id: str, props: Props, stack_name: str) -> Created:
        request = {key: props[key] for key in ("StreamARN", "ConsumerName")}
        made = answer(CONSUMER, kinesis._register_consumer(request))["Consumer"]
        kept = ("ConsumerARN", "ConsumerName", "ConsumerStatus", "ConsumerCreationTimestamp")
        return made["ConsumerARN"], {**{key: str(made[key]) for key in kept}, **request}

    def update_consumer(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        return create_consumer(physical_id, new, stack_name)

    def delete_consumer(physical_id: str, props: Props) -> None:
        kinesis._deregister_consumer({"ConsumerARN": physical_id})

    def put_policy(logical_id: str, props: Props, stack_name: str) -> Created:
        document = props["ResourcePolicy"]
        text = document if isinstance(document, str) else json.dumps(document)
        request = {"ResourceARN": props["ResourceArn"], "Policy": text}
        answer(POLICY, kinesis._put_resource_policy(request))
        return props["ResourceArn"], {}

    def update_policy(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        return put_policy(physical_id, new, stack_name)

    def delete_policy(physical_id: str, props: Props) -> None:
        kinesis._delete_resource_policy({"ResourceARN": physical_id})

    handlers = ministack.resource_handlers()
    handlers[CONSUMER] = {
        "create": create_consumer,
        "update": update_consumer,
        "delete": delete_consumer,
    }
    handlers[POLICY] = {"create": put_policy, "update": update_policy, "delete": delete_policy}
