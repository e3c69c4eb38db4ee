"""Wraps the creation and update of every resource of a stack."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.cloudformation import (
    alarm_types,
    application_import,
    cancellation,
    custom_resources,
    failed_stacks,
    generated_names,
    kinesis_types,
    logging_option,
    msk_contents,
    msk_types,
    property_check,
    recorded_types,
    refused_types,
    secret_types,
    stack_status,
)
from managed_flink_local.emulator.cloudformation.restored import RESTORED
from managed_flink_local.emulator.kafka.broker import Broker
from managed_flink_local.emulator.not_applied import NotApplied

logger = logging.getLogger("managed_flink")

Props = dict[str, Any]
Result = tuple[str, dict[str, Any]]


def install(not_applied: NotApplied, broker: Broker) -> None:
    """Add what is missing, restore what is dropped, refuse what is not known."""
    alarm_types.install()
    application_import.install()
    kinesis_types.install()
    logging_option.install()
    msk_types.install(broker)
    msk_contents.install(broker)
    recorded_types.install()
    refused_types.install()
    secret_types.install()
    failures = custom_resources.install()
    cancellation.install()
    failed_stacks.install(failures)
    stack_status.install()
    stacks = ministack.cloudformation("stacks")

    def create(original: Callable[..., Result]) -> Callable[..., Result]:
        def checked(resource_type: str, logical_id: str, props: Props, stack_name: str) -> Result:
            property_check.check(resource_type, logical_id, props, not_applied)
            generated_names.draw(resource_type, props)
            try:
                physical_id, attributes = original(resource_type, logical_id, props, stack_name)
            except Exception:
                if custom_resources.is_custom(resource_type):
                    failures.failed(resource_type, logical_id, props, stack_name)
                raise
            if resource_type in RESTORED:
                RESTORED[resource_type](physical_id, props, {})
            return physical_id, attributes

        return checked

    def update(original: Callable[..., Result]) -> Callable[..., Result]:
        def checked(
            resource_type: str,
            physical_id: str,
            old: Props,
            new: Props,
            stack_name: str,
            logical_id: str | None = None,
            attributes: Props | None = None,
        ) -> Result:
            if old == new:
                return original(
                    resource_type, physical_id, old, new, stack_name, logical_id, attributes
                )
            if refusal := custom_resources.token_error(resource_type, old, new):
                raise ValueError(refusal)
            property_check.check(resource_type, logical_id or physical_id, new, not_applied)
            result = original(
                resource_type, physical_id, old, new, stack_name, logical_id, attributes
            )
            if resource_type in RESTORED:
                RESTORED[resource_type](result[0], new, old if result[0] == physical_id else {})
            return result

        return checked

    ministack.replace(stacks, "_provision_resource", create)
    ministack.replace(stacks, "_update_resource", update)
