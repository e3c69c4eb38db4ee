"""Findings of cdk-nag that stay: acknowledged one by one, next to their cause, with the reason."""

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources as cr
from constructs import IConstruct

from cdk_managed_flink.application.answers import once
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.tokens import is_token

# The functions of the framework that it calls itself, by their ids.
_CALLED = ("framework-isComplete", "framework-onTimeout")


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Acknowledge one finding of one rule below ``scope``."""
    _record(scope, (f"AwsSolutions-{rule}", reason))


def acknowledge_wildcard(scope: IConstruct, resource: str, reason: str) -> None:
    """Acknowledge that a policy below ``scope`` names ``resource``, which ends in a wildcard."""
    acknowledge_wildcards(scope, (resource, reason))


def acknowledge_wildcards(scope: IConstruct, *found: tuple[str, str]) -> None:
    """The same for several resources, each with its reason."""
    _record(scope, *_wildcards(scope, *found))


def acknowledge_provider(provider: cr.Provider, functions: Sequence[lambda_.Function]) -> None:
    """Acknowledge what CDK's own provider framework makes and offers no way to mend.

    Args:
        provider: The framework's construct.
        functions: The functions that it calls.
    """
    framework = "CDK's provider framework makes it and offers no setting for it: "
    node = provider.node
    found = [node.try_find_child(id_) for id_ in _CALLED]
    called = [child for child in found if isinstance(child, lambda_.Function)]
    any_version = framework + "it may invoke any version of exactly these functions."
    _record(
        provider,
        (
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AWSLambdaBasicExecutionRole]",
            framework + "its functions write their own logs.",
        ),
        ("AwsSolutions-L1", framework + "the runtime of its functions follows the CDK release."),
        ("AwsSolutions-SF2", framework + "the state machine only waits, and logs its steps."),
        *_wildcards(
            provider,
            ("*", framework + "log delivery for the state machine takes no resource."),
            *((f"{function.function_arn}:*", any_version) for function in (*functions, *called)),
        ),
    )


def acknowledge_unknown_property(resource: IConstruct, reason: str) -> None:
    """Acknowledge that CDK's own schema lacks a property of this resource."""
    _record(resource, ("CloudFormation-Validate::F3002", reason))


@once
def _validations(scope: IConstruct) -> Validations:
    return Validations.of(scope)


def _record(scope: IConstruct, *found: tuple[str, str]) -> None:
    _validations(scope).acknowledge(
        *(Acknowledgment(id=id_, reason=reason) for id_, reason in found)
    )


def _wildcards(scope: IConstruct, *found: tuple[str, str]) -> list[tuple[str, str]]:
    resources: Any = [resource for resource, _ in found]
    if any(map(is_token, resources)):
        resources = place_of(scope).stack.resolve(resources)
    return [
        (f"AwsSolutions-IAM5[Resource::{_shown(resource)}]", reason)
        for resource, (_, reason) in zip(resources, found, strict=True)
    ]


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
