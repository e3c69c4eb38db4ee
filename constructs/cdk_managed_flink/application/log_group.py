"""The application's log group, and the key that may encrypt it."""

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct


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


def log_group_arn(scope: IConstruct, name: str) -> str:
    """ARN of a log group, or of what follows it after a colon, such as ``name:*``."""
    return Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def allow_logs(scope: Construct, key: kms.IKey) -> None:
    """Let CloudWatch Logs of this Region use the key for log groups of this stack.

    The log group's own ARN would be a cycle, since its name is generated; CloudFormation starts
    such names with the stack's, and the names of nested stacks with that of the outermost.
    """
    stack = outermost = Stack.of(scope)
    while outermost.nested_stack_parent is not None:
        outermost = outermost.nested_stack_parent
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
                    "kms:EncryptionContext:aws:logs:arn": log_group_arn(
                        scope, f"{outermost.stack_name}-*"
                    )
                }
            },
        )
    )
