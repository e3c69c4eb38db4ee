"""A secret of a stack goes by its ARN, as CloudFormation's Ref does, and never over another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]

SECRET = "AWS::SecretsManager::Secret"


def install() -> None:
    """Wrap the emulator's handlers, which go by the name."""
    secrets = ministack.service("secretsmanager")
    handlers = ministack.resource_handlers()[SECRET]

    def name_of(arn: str) -> str:
        return next((name for name, found in secrets._secrets.items() if found["ARN"] == arn), arn)

    def create(original: Callable[..., Created]) -> Callable[..., Created]:
        def created(logical_id: str, props: Props, stack_name: str) -> Created:
            if props.get("Name") in secrets._secrets:
                raise ValueError(
                    f"The operation failed because the secret {props['Name']} already exists."
                )
            _, attributes = original(logical_id, props, stack_name)
            return attributes["Id"], attributes

        return created

    def update(original: Callable[..., Created]) -> Callable[..., Created]:
        def updated(physical_id: str, *more: object) -> Created:
            _, attributes = original(name_of(physical_id), *more)
            return attributes["Id"], attributes

        return updated

    def delete(original: Callable[..., None]) -> Callable[..., None]:
        def deleted(physical_id: str, props: Props) -> None:
            original(name_of(physical_id), props)

        return deleted

    for action, wrap in (("create", create), ("update", update), ("delete", delete)):
        handlers[action] = wrap(handlers[action])
