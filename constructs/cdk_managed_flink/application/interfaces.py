"""Rights of a service's role to make network interfaces, as narrow as IAM has them."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.place import place_of


def grant_interfaces(
    role: iam.IRole,
    *,
    grantee: iam.IGrantable | None = None,
    subnets: Sequence[str],
    groups: Sequence[str],
    describe_actions: Sequence[str],
    manage_actions: Sequence[str],
) -> None:
    """Let the role make interfaces in these subnets with these groups.

    Args:
        role: The service's role.
        grantee: Who is granted in its place, to the same end. Default: the role.
        subnets: Ids of the subnets.
        groups: Ids of the security groups.
        describe_actions: Actions that take no resource.
        manage_actions: Actions on existing interfaces.
    """
    stack = place_of(role).stack

    def arn(kind: str, name: str, *, account: str | None = None) -> str:
        return stack.format_arn(service="ec2", resource=kind, resource_name=name, account=account)

    interfaces = arn("network-interface", "*")
    # The subnets of a VPC that another account shares belong to that account.
    shared = [
        *(arn("subnet", subnet, account="*") for subnet in subnets),
        *(arn("security-group", group, account="*") for group in groups),
    ]
    for actions, resources in (
        (describe_actions, ["*"]),
        (["ec2:CreateNetworkInterface"], [interfaces, *shared]),
        (manage_actions, [interfaces]),
    ):
        iam.Grant.add_to_principal(
            grantee=grantee or role, actions=list(actions), resource_arns=resources
        )
    acknowledge_wildcard(role, "*", "EC2's Describe actions take no resource.")
    acknowledge_wildcard(role, interfaces, "The service names the interfaces that it makes.")
    for each in shared:
        acknowledge_wildcard(role, each, "In a shared VPC they belong to another account.")
