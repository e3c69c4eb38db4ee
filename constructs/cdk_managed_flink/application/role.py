"""The execution role: who may assume it, and what every application needs of it."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge_wildcards
from cdk_managed_flink.application.log_group import log_group_arn
from cdk_managed_flink.application.place import place_of, share_place

SERVICE_PRINCIPAL = "kinesisanalytics.amazonaws.com"


def application_arn(scope: Construct, name: str) -> str:
    """ARN of an application; CloudFormation has no attribute for it."""
    return place_of(scope).arn("kinesisanalytics", f"application/{name}")


def execution_role(scope: Construct, id: str, *, name: str, arn: str) -> iam.Role:
    """A role that only this application of this account can make the service assume.

    Both conditions guard against the confused deputy, as the developer guide recommends
    ("Cross-service confused deputy prevention").
    """
    role = iam.Role(
        scope,
        id,
        assumed_by=iam.ServicePrincipal(
            SERVICE_PRINCIPAL,
            conditions={
                "StringEquals": {"aws:SourceAccount": place_of(scope).account},
                "ArnEquals": {"aws:SourceArn": arn},
            },
        ),
        description=f"Execution role of the Flink application {name}",
    )
    share_place(scope, role)
    return role


def grant_code(grantee: iam.IGrantable, *, bucket_arn: str, key: str) -> iam.Grant:
    """Read exactly the object that holds the code."""
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=["s3:GetObject", "s3:GetObjectVersion"],
        resource_arns=[f"{bucket_arn}/{key}"],
    )


def grant_logs(
    grantee: iam.IGrantable, role: iam.IRole, *, log_group_name: str, log_stream_name: str
) -> None:
    """Find and write the application's own log stream."""
    # DescribeLogGroups takes no narrower resource than the account's log groups.
    allowed = {
        "logs:DescribeLogGroups": log_group_arn(role, "*"),
        "logs:DescribeLogStreams": log_group_arn(role, f"{log_group_name}:*"),
        "logs:PutLogEvents": log_group_arn(role, f"{log_group_name}:log-stream:{log_stream_name}"),
    }
    acknowledge_wildcards(
        role,
        *(
            (arn, f"{action} takes no narrower resource.")
            for action, arn in allowed.items()
            if arn.endswith("*")
        ),
    )
    for action, arn in allowed.items():
        iam.Grant.add_to_principal(grantee=grantee, actions=[action], resource_arns=[arn])
