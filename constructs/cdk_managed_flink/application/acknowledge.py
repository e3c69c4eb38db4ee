"""Findings of cdk-nag that stay: acknowledged one by one, beside their cause, with the reason."""

from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Acknowledge one finding of one rule below ``scope``."""
    Validations.of(scope).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def acknowledge_wildcard(scope: IConstruct, resource: str, reason: str) -> None:
    """Acknowledge that a policy below ``scope`` names ``resource``, which ends in a wildcard."""
    shown = _shown(Stack.of(scope).resolve(resource))
    acknowledge(scope, f"IAM5[Resource::{shown}]", reason)


def acknowledge_unknown_property(resource: IConstruct, reason: str) -> None:
    """Acknowledge that CDK's own schema lacks a property of this resource."""
    finding = Acknowledgment(id="CloudFormation-Validate::F3002", reason=reason)
    Validations.of(resource).acknowledge(finding)


def _shown(value: Any) -> str:  # noqa: ANN401
    """A resolved value as the rules show it: references as ``<LogicalId.Attribute>``."""
    if isinstance(value, str):
        return value
    (function, argument), *_ = value.items()
    if function == "Ref":
        return f"<{argument}>"
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(_shown(part) for part in parts)
    return f"<{argument}>"
