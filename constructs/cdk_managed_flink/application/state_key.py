"""The customer managed key of an application's own state: who has to be allowed what.

Source: "Key management in Amazon Managed Service for Apache Flink", developer guide. The execution
role needs nothing; the service's two principals and whoever calls the API (the operator) do.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application.data_key_grants import via_service
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.resource_policy import allow_principal
from cdk_managed_flink.application.role import SERVICE_PRINCIPAL

_INFRASTRUCTURE_PRINCIPAL = "infrastructure.kinesisanalytics.amazonaws.com"
_ARN_CONTEXT = "kms:EncryptionContext:aws:kinesisanalytics:arn"
Conditions = Mapping[str, Mapping[str, Any]]
_DECRYPT_GRANTS_ONLY = {
    "StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"},
    "ForAllValues:StringEquals": {"kms:GrantOperations": "Decrypt"},
}


def allow_service(scope: Construct, key: kms.IKey, *, arn: str) -> bool:
    """Let the service use the key for this application's state, and for no other's.

    Returns:
        Whether the key's policy could be changed; that of an imported key can't.
    """
    source = {
        "StringEquals": {"aws:SourceAccount": place_of(scope).account},
        "ArnEquals": {"aws:SourceArn": arn},
    }
    context = {"StringEquals": {_ARN_CONTEXT: arn}}
    service = iam.ServicePrincipal(SERVICE_PRINCIPAL)
    infrastructure = iam.ServicePrincipal(_INFRASTRUCTURE_PRINCIPAL)
    first = iam.PolicyStatement(
        principals=[service], actions=["kms:DescribeKey"], resources=["*"], conditions=source
    )
    if not key.add_to_resource_policy(first).statement_added:
        return False
    allowed: list[tuple[iam.IPrincipal, list[str], Conditions | None]] = [
        (
            service,
            ["kms:GenerateDataKey"],
            {
                "StringEquals": {**source["StringEquals"], **context["StringEquals"]},
                "ArnEquals": source["ArnEquals"],
            },
        ),
        (service, ["kms:Decrypt"], context),
        (infrastructure, ["kms:DescribeKey"], None),
        (infrastructure, ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"], context),
        (
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
    for principal, actions, conditions in allowed:
        allow_principal(key, principal, actions, conditions=conditions)
    return True


def operating(region: str, arn: str) -> list[tuple[list[str], Conditions]]:
    """What an operator may do with the key, to start, stop, update and snapshot the application."""
    via = {"kms:ViaService": via_service("kinesisanalytics", region)}
    context = {_ARN_CONTEXT: arn}
    return [
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
