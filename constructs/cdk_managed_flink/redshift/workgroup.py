"""What a workgroup of Redshift Serverless takes: capacity, and subnets."""

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

_FEWEST_ZONES = 3


def check_capacity(where: Construct, base: int, most: int) -> None:
    """Refuse capacities that Redshift does not have.

    Raises:
        ValueError: Out of range, or no multiple.
    """
    if is_token(base) or is_token(most):
        return
    if base != 4 and (base % 8 or not 8 <= base <= 1024):
        raise invalid(
            where,
            "base_capacity",
            base,
            "4, or a multiple of 8 up to 1024",
            "It is counted in Redshift processing units.",
        )
    if most % 8 or most < base:
        raise invalid(
            where,
            "max_capacity",
            most,
            f"a multiple of 8, at least base_capacity ({base})",
            "It limits what the warehouse costs in an hour.",
        )


def selected_subnets(
    where: Construct, vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None, *, public: bool
) -> list[str]:
    """Ids of the subnets, with a warning where they are in too few zones."""
    if subnets is None:
        kinds = ec2.SubnetType
        private = kinds.PRIVATE_WITH_EGRESS if vpc.private_subnets else kinds.PRIVATE_ISOLATED
        subnets = ec2.SubnetSelection(subnet_type=kinds.PUBLIC if public else private)
    found = vpc.select_subnets(
        availability_zones=subnets.availability_zones,
        one_per_az=subnets.one_per_az,
        subnet_filters=subnets.subnet_filters,
        subnet_group_name=subnets.subnet_group_name,
        subnet_type=subnets.subnet_type,
        subnets=subnets.subnets,
    )
    zones = len(set(found.availability_zones))
    if zones < _FEWEST_ZONES:
        Annotations.of(where).add_warning_v2(
            "cdk-managed-flink:warehouse-zones",
            f"The subnets of {where.node.path} are in {zones} zones: in most Regions Redshift "
            f"Serverless asks for {_FEWEST_ZONES}. A stack that names its Region "
            "(env=Environment(...)) gets a VPC in more than two.",
        )
    return list(found.subnet_ids)
