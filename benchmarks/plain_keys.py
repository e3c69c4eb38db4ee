"""By hand: what the policy of the key for state and log says."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

ARN_CONTEXT = "kms:EncryptionContext:aws:kinesisanalytics:arn"
DECRYPT_GRANTS_ONLY = {
    "StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"},
    "ForAllValues:StringEquals": {"kms:GrantOperations": "Decrypt"},
}


def allow_application(key: kms.Key, stack: Stack, arn: str) -> None:
    """Let the service use the key for one application."""
    service = iam.ServicePrincipal("kinesisanalytics.amazonaws.com")
    infrastructure = iam.ServicePrincipal("infrastructure.kinesisanalytics.amazonaws.com")
    account = {"aws:SourceAccount": stack.account}
    source = {"ArnEquals": {"aws:SourceArn": arn}}
    context = {ARN_CONTEXT: arn}
    statements: list[tuple[iam.ServicePrincipal, list[str], dict[str, Any] | None]] = [
        (service, ["kms:DescribeKey"], {"StringEquals": account, **source}),
        (service, ["kms:GenerateDataKey"], {"StringEquals": {**account, **context}, **source}),
        (service, ["kms:Decrypt"], {"StringEquals": context}),
        (infrastructure, ["kms:DescribeKey"], None),
        (
            infrastructure,
            ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"],
            {"StringEquals": context},
        ),
        (infrastructure, ["kms:CreateGrant"], decrypt_grants(context)),
    ]
    for principal, actions, conditions in statements:
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal], actions=actions, resources=["*"], conditions=conditions
            )
        )


def allow_log_group(key: kms.Key, stack: Stack) -> None:
    """Let CloudWatch Logs use the key for log groups of this stack."""
    groups = f"logs:{stack.region}:{stack.account}:log-group:{stack.stack_name}-*"
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.{stack.url_suffix}")],
            actions=[
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            resources=["*"],
            conditions={
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:{stack.partition}:{groups}"}
            },
        )
    )


def decrypt_grants(context: dict[str, str]) -> dict[str, dict[str, str]]:
    """Conditions under which a grant may be made: for decryption, in this context only."""
    return {
        "StringEquals": {**DECRYPT_GRANTS_ONLY["StringEquals"], **context},
        "ForAllValues:StringEquals": DECRYPT_GRANTS_ONLY["ForAllValues:StringEquals"],
    }
