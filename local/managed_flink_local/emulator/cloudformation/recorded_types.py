"""Types that the emulator lacks and that do nothing to records: kept as they are asked for.

Nothing is routed, filtered, logged, scaled or compacted, which the table of properties says of
each.
"""

from __future__ import annotations

import secrets
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]

# Of TEST-NET-1: nobody's.
_ADDRESS = "192.0.2.1"
# By type: what its ids begin with, and the attributes that a template may ask for.
_RECORDED: dict[str, tuple[str, tuple[str, ...]]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ("target", ("Id",)),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("policy", ("Arn",)),
    "AWS::EC2::EIP": ("eipalloc", ("AllocationId", "PublicIp")),
    "AWS::EC2::FlowLog": ("fl", ("Id",)),
    "AWS::EC2::NatGateway": ("nat", ("NatGatewayId",)),
    "AWS::EC2::SecurityGroupEgress": ("sgr", ("Id",)),
    "AWS::EC2::SecurityGroupIngress": ("sgr", ("Id",)),
    "AWS::Glue::TableOptimizer": ("optimizer", ()),
}


def install() -> None:
    """Add the types."""
    handlers = ministack.resource_handlers()
    for type_, (prefix, attributes) in _RECORDED.items():
        if type_ in handlers:
            raise RuntimeError(f"the emulator has {type_} of its own")
        handlers[type_] = _handlers(prefix, attributes)


def _handlers(prefix: str, attributes: tuple[str, ...]) -> dict[str, Any]:
    def create(logical_id: str, props: Props, stack_name: str) -> Created:
        return _made(f"{prefix}-{secrets.token_hex(9)[:17]}")

    def update(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
        return _made(physical_id)

    def delete(physical_id: str, props: Props) -> None:
        pass

    def _made(physical_id: str) -> Created:
        values = {name: _ADDRESS if name == "PublicIp" else physical_id for name in attributes}
        return physical_id, values

    return {"create": create, "update": update, "delete": delete}
