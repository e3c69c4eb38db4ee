"""The VPC of a stack whose cluster needs one."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct


def isolated_vpc(scope: Construct) -> ec2.Vpc:
    """A VPC with a subnet in each zone and no way out: what is called has an endpoint in it."""
    return ec2.Vpc(
        scope,
        "Vpc",
        max_azs=3,
        subnet_configuration=[
            ec2.SubnetConfiguration(
                name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
            )
        ],
        flow_logs={"Flow": ec2.FlowLogOptions(traffic_type=ec2.FlowLogTrafficType.REJECT)},
    )
