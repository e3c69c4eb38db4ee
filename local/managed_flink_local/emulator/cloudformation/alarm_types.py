"""Alarms over metric math, and composite alarms."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]

COMPOSITE_ALARM = "AWS::CloudWatch::CompositeAlarm"


def _math_alarm(original: Callable[..., Props]) -> Callable[..., Props]:
    """The emulator's alarm record, also for an alarm that has `Metrics`."""

    def record(name: str, props: Props) -> Props:
        if not props.get("Metrics"):
            return original(name, props)
        # The original wants one metric; it gets a name that is taken out again.
        plain = {k: v for k, v in props.items() if k != "Metrics"}
        alarm = original(name, {**plain, "MetricName": "-", "Namespace": "-"})
        for key in ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period"):
            alarm.pop(key, None)
        alarm["Metrics"] = props["Metrics"]
        return alarm

    return record


def _physical_name(props: Props, stack_name: str, logical_id: str) -> str:
    if props.get("AlarmName"):
        return str(props["AlarmName"])
    provisioners = ministack.cloudformation("provisioners")
    return str(provisioners._physical_name(stack_name, logical_id, max_len=255))


def _put_composite(name: str, props: Props) -> Created:
    request = {key: value for key, value in props.items() if key != "Tags"}
    response = ministack.service("cloudwatch")._put_composite_alarm(
        {}, {**request, "AlarmName": name}, False, True
    )
    if response[0] >= 400:
        raise ValueError(f"{COMPOSITE_ALARM}: {json.loads(response[2]).get('message')}")
    arn = ministack.service("cloudwatch")._composite_alarms[name]["AlarmArn"]
    return name, {"Arn": arn}


def _create_composite(logical_id: str, props: Props, stack_name: str) -> Created:
    return _put_composite(_physical_name(props, stack_name, logical_id), props)


def _update_composite(physical_id: str, old: Props, new: Props, stack_name: str) -> Created:
    if new.get("AlarmName") and new["AlarmName"] != physical_id:
        return _create_composite(physical_id, new, stack_name)
    return _put_composite(physical_id, new)


def _delete_composite(physical_id: str, props: Props) -> None:
    ministack.service("cloudwatch")._composite_alarms.pop(physical_id, None)


def install() -> None:
    """Add the type, and metric math to the alarms."""
    provisioners = ministack.cloudformation("provisioners")
    ministack.replace(provisioners, "_cw_metric_alarm_record", _math_alarm)
    ministack.resource_handlers()[COMPOSITE_ALARM] = {
        "create": _create_composite,
        "update": _update_composite,
        "delete": _delete_composite,
    }
