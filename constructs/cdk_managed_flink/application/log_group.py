"""The application's log group, and the key that may encrypt it."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


def application_log_group(
    scope: Construct,
    id: str,
    *,
    key: kms.IKey | None,
    retention: logs.RetentionDays,
    removal: RemovalPolicy,
) -> logs.LogGroup:
    """A log group whose name CloudFormation makes, encrypted with the key if there is one."""
    if key is not None:
        allow_logs(scope, key)
    return logs.LogGroup(scope, id, encryption_key=key, retention=retention, removal_policy=removal)


def allow_logs(scope: Construct, key: kms.IKey) -> None:
    """Let CloudWatch Logs of this Region use the key for log groups of this stack.

    The log group's own ARN would be a cycle, since its name is generated; CloudFormation starts
    such names with the stack's.
    """
    stack = Stack.of(scope)
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.{stack.url_suffix}")],
            actions=[
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:DescribeKey",
            ],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": (
                        f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:"
                        f"log-group:{stack.stack_name}-*"
                    )
                }
            },
        )
    )
