"""The application's log group, and the key that may encrypt it."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.resource_policy import allow_principal


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
    return place_of(scope).arn("logs", f"log-group:{name}")


def allow_logs(scope: Construct, key: kms.IKey) -> None:
    """Let CloudWatch Logs of this Region use the key for log groups of this stack.

    The log group's own ARN would be a cycle, since its name is generated; CloudFormation starts
    such names with the stack's, and the names of nested stacks with that of the outermost.
    """
    place = place_of(scope)
    outermost = place.stack
    while outermost.nested_stack_parent is not None:
        outermost = outermost.nested_stack_parent
    allow_principal(
        key,
        iam.ServicePrincipal(f"logs.{place.region}.{place.url_suffix}"),
        [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:DescribeKey",
        ],
        conditions={
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": log_group_arn(
                    scope, f"{outermost.stack_name}-*"
                )
            }
        },
    )
