"""VpcPlace: where Firehose puts its network interfaces to reach a domain or a collection."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose

from cdk_managed_flink.application.interfaces import grant_interfaces
from cdk_managed_flink.application.network import allow_ingress
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream


@dataclass(frozen=True, kw_only=True, eq=False)
class VpcPlace:
    """A way into a VPC.

    Attributes:
        vpc: The VPC.
        subnets: Ids of the subnets.
        security_groups: Existing groups that the target lets in on port 443. Without any, a group
            is made and ``target`` lets it in.
        target: The group of a target whose rules are the app's own.
    """

    vpc: ec2.IVpc
    subnets: Sequence[str]
    security_groups: Sequence[ec2.ISecurityGroup] = ()
    target: ec2.ISecurityGroup | None = None

    def configure(
        self, stream: DeliveryStream
    ) -> firehose.CfnDeliveryStream.VpcConfigurationProperty:
        """The L1's configuration; opens the way and grants what Firehose's guide lists for it."""
        groups = list(self.security_groups)
        if not groups:
            group = ec2.SecurityGroup(
                stream, "SecurityGroup", vpc=self.vpc, description=f"Firehose: {stream.node.path}"
            )
            groups.append(group)
            if self.target is not None:
                allow_ingress(self.target, group, ec2.Port.tcp(443), "Firehose delivers")
                stream.prerequisites.extend([self.target, group])  # the rule is a child of either
        ids = [group.security_group_id for group in groups]
        grant_interfaces(
            stream.role,
            subnets=self.subnets,
            groups=ids,
            describe_actions=[
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            manage_actions=["ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"],
        )
        iam.Grant.add_to_principal(
            grantee=stream.role,
            actions=["ec2:DescribeVpcAttribute"],
            resource_arns=[self.vpc.vpc_arn],
        )
        return firehose.CfnDeliveryStream.VpcConfigurationProperty(
            role_arn=stream.role.role_arn, subnet_ids=list(self.subnets), security_group_ids=ids
        )
