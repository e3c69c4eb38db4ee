"""Statements in the policy of a key or of a topic, in as few calls as CDK has."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam


def allow_principal(
    resource: iam.IResourceWithPolicyV2,
    principal: iam.IPrincipal,
    actions: Sequence[str],
    *,
    arn: str = "*",
    conditions: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Allow a principal these actions, in the resource's own policy if that can be changed."""
    # What add_to_resource_policy answers would be two further calls.
    iam.Grant.add_statement_to_resource_policy(
        statement=iam.PolicyStatement(
            principals=[principal], actions=list(actions), resources=[arn], conditions=conditions
        ),
        resource=resource,
        grantee=principal,
        actions=[],
        resource_arns=[],
    )
