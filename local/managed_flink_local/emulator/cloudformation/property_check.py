"""Refuses a property whose effect is unknown, and records those that have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from managed_flink_local.emulator.cloudformation.property_table import PROPERTIES
from managed_flink_local.emulator.cloudformation.type_properties import TypeProperties
from managed_flink_local.emulator.not_applied import NotApplied

# Types of CloudFormation itself: nothing of theirs is a service's.
_OWN = ("Custom::", "AWS::CloudFormation::")


def check(
    resource_type: str,
    logical_id: str,
    props: Mapping[str, Any],
    not_applied: NotApplied,
    table: Mapping[str, TypeProperties] = PROPERTIES,
) -> None:
    """See that every property of a resource is one whose effect is known.

    Raises:
        ValueError: one is not; the message says where it belongs.
    """
    if resource_type.startswith(_OWN):
        return
    entry = table.get(resource_type)
    if entry is None:
        raise ValueError(
            f"{resource_type} is not in this environment's property table, so nobody has looked "
            "at what the emulator does with it: add it to "
            "local/managed_flink_local/emulator/cloudformation/property_table.py"
        )
    if unknown := sorted(set(props) - entry.accepted):
        raise ValueError(
            f"{resource_type}: {', '.join(unknown)} would have no known effect on this machine. "
            f"Known: {', '.join(sorted(entry.accepted))}. See what the emulator does with it and "
            "add it to local/managed_flink_local/emulator/cloudformation/property_table.py"
        )
    for path, reason in entry.without_effect.items():
        if _holds(props, path.split(".")):
            not_applied.record(resource_type, logical_id, path, reason)


def _holds(value: Any, path: list[str]) -> bool:  # noqa: ANN401 - a template's value
    """Whether the path leads to something that is asked for; False asks for nothing."""
    if not path:
        return value not in (None, False, "false", [], {})
    if isinstance(value, list):
        return any(_holds(item, path) for item in value)
    return isinstance(value, Mapping) and path[0] in value and _holds(value[path[0]], path[1:])
