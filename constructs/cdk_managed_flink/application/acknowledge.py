"""Findings of cdk-nag that stay: acknowledged one by one, beside their cause, with the reason."""

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources as cr
from constructs import IConstruct


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Acknowledge one finding of one rule below ``scope``."""
    Validations.of(scope).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def acknowledge_wildcard(scope: IConstruct, resource: str, reason: str) -> None:
    """Acknowledge that a policy below ``scope`` names ``resource``, which ends in a wildcard."""
    shown = _shown(Stack.of(scope).resolve(resource))
    acknowledge(scope, f"IAM5[Resource::{shown}]", reason)


def acknowledge_provider(provider: cr.Provider, functions: Sequence[lambda_.Function]) -> None:
    """Acknowledge what CDK's own provider framework makes and offers no way to mend.

    Args:
        provider: The framework's construct.
        functions: The functions that it calls.
    """
    framework = "CDK's provider framework makes it and offers no setting for it: "
    acknowledge(
        provider,
        "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
        "AWSLambdaBasicExecutionRole]",
        framework + "its functions write their own logs.",
    )
    acknowledge(provider, "L1", framework + "the runtime of its functions follows the CDK release.")
    acknowledge(provider, "SF2", framework + "the state machine only waits, and logs its steps.")
    acknowledge_wildcard(
        provider, "*", framework + "log delivery for the state machine takes no resource."
    )
    own = [child for child in provider.node.find_all() if isinstance(child, lambda_.Function)]
    called = [function for function in own if function.node.id != "framework-onEvent"]
    for function in (*functions, *called):
        acknowledge_wildcard(
            provider,
            f"{function.function_arn}:*",
            framework + "it may invoke any version of exactly these functions.",
        )


def acknowledge_unknown_property(resource: IConstruct, reason: str) -> None:
    """Acknowledge that CDK's own schema lacks a property of this resource."""
    finding = Acknowledgment(id="CloudFormation-Validate::F3002", reason=reason)
    Validations.of(resource).acknowledge(finding)


def _shown(value: Any) -> str:  # noqa: ANN401
    """A resolved value as the rules show it: ``<LogicalId.Attribute>``, a selection as JSON."""
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
    if function == "Fn::Select":
        return json.dumps(value, separators=(",", ":"))
    return f"<{argument}>"
