"""The customer managed key of an application's own state: who has to be allowed what.

Source: "Key management in Amazon Managed Service for Apache Flink", developer guide. The execution
role needs nothing; the service's two principals and whoever calls the API (the operator) do.
"""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application.data_key_grants import via_service
from cdk_managed_flink.application.role import SERVICE_PRINCIPAL, application_arn

_INFRASTRUCTURE_PRINCIPAL = "infrastructure.kinesisanalytics.amazonaws.com"
_ARN_CONTEXT = "kms:EncryptionContext:aws:kinesisanalytics:arn"
_DECRYPT_GRANTS_ONLY = {
    "StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"},
    "ForAllValues:StringEquals": {"kms:GrantOperations": "Decrypt"},
}


def allow_service(scope: Construct, key: kms.IKey, *, name: str) -> bool:
    """Let the service use the key for this application's state, and for no other's.

    Returns:
        Whether the key's policy could be changed; that of an imported key can't.
    """
    stack = Stack.of(scope)
    arn = application_arn(scope, name)
    source = {
        "StringEquals": {"aws:SourceAccount": stack.account},
        "ArnEquals": {"aws:SourceArn": arn},
    }
    context = {"StringEquals": {_ARN_CONTEXT: arn}}
    service = iam.ServicePrincipal(SERVICE_PRINCIPAL)
    infrastructure = iam.ServicePrincipal(_INFRASTRUCTURE_PRINCIPAL)
    statements = [
        _statement(service, ["kms:DescribeKey"], source),
        _statement(
            service,
            ["kms:GenerateDataKey"],
            {
                "StringEquals": {**source["StringEquals"], **context["StringEquals"]},
                "ArnEquals": source["ArnEquals"],
            },
        ),
        _statement(service, ["kms:Decrypt"], context),
        _statement(infrastructure, ["kms:DescribeKey"], None),
        _statement(infrastructure, ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"], context),
        _statement(
            infrastructure,
            ["kms:CreateGrant"],
            {
                "StringEquals": {
                    **_DECRYPT_GRANTS_ONLY["StringEquals"],
                    **context["StringEquals"],
                },
                "ForAllValues:StringEquals": _DECRYPT_GRANTS_ONLY["ForAllValues:StringEquals"],
            },
        ),
    ]
    return all(key.add_to_resource_policy(statement).statement_added for statement in statements)


def grant_operate(key: kms.IKey, grantee: iam.IGrantable, *, scope: Construct, name: str) -> None:
    """Allow an operator to start, stop, update and snapshot the application with this key."""
    stack = Stack.of(scope)
    via = {"kms:ViaService": via_service("kinesisanalytics", stack.region)}
    context = {_ARN_CONTEXT: application_arn(scope, name)}
    allowed: list[tuple[list[str], dict[str, dict[str, Any]]]] = [
        (["kms:DescribeKey"], {"StringEquals": via}),
        (
            ["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"],
            {"StringEquals": {**via, **context}},
        ),
        (
            ["kms:CreateGrant"],
            {
                "StringEquals": {
                    **via,
                    **context,
                    **_DECRYPT_GRANTS_ONLY["StringEquals"],
                },
                "ForAllValues:StringEquals": _DECRYPT_GRANTS_ONLY["ForAllValues:StringEquals"],
            },
        ),
    ]
    for actions, conditions in allowed:
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=actions,
            resource_arns=[key.key_arn],
            conditions=conditions,
        )


def _statement(
    principal: iam.IPrincipal, actions: list[str], conditions: dict[str, dict[str, str]] | None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[principal], actions=actions, resources=["*"], conditions=conditions
    )
