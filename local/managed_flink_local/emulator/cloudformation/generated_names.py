"""Names of what holds data, and of roles: new for each stack, as CloudFormation's are.

The emulator derives a name from stack and logical id alone, so a stack that comes back would write
over the stream or table that the deleted one had retained, and an application that outlived its
stack would find its old role again.
"""

from __future__ import annotations

import secrets
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

_NAME_PROPERTY = {
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::SecretsManager::Secret": "Name",
}


def draw(resource_type: str, props: dict[str, Any]) -> None:
    """Seed the name that the emulator is about to generate; it keeps the seed for updates."""
    prop = _NAME_PROPERTY.get(resource_type)
    seed = ministack.cloudformation("provisioners")._NAME_SEED
    if prop is not None and not props.get(prop) and not seed.get():
        seed.set(secrets.token_hex(4))
