"""The way out of a VPC: there before the job starts, made once for a VPC."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from configurations import Build, app, of_type, template_of
from test_order import PREPARE, before, id_of

from cdk_managed_flink import Network

pytestmark = pytest.mark.slow


ENDPOINT = "AWS::EC2::VPCEndpoint"


def kinds(stack: cdk.Stack) -> list[str]:
    """The services of the stack's endpoints."""
    return sorted(
        str(found["Properties"]["ServiceName"]).rsplit(".", 1)[1].strip("']}")
        for found in of_type(template_of(stack), ENDPOINT).values()
    )


def rules(template: dict[str, Any]) -> set[str]:
    return {
        name
        for name, rule in of_type(template, "AWS::EC2::SecurityGroupIngress").items()
        if rule["Properties"]["FromPort"] == 443
    }


def test_the_job_comes_after_its_endpoints_and_their_rules(stack: cdk.Stack, build: Build) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    build(scope=stack, network=Network(vpc=vpc, endpoints=True))
    template = template_of(stack)
    earlier = before(template, id_of(template, PREPARE))
    assert len(of_type(template, ENDPOINT)) == 3
    assert set(of_type(template, ENDPOINT)) | rules(template) <= earlier
    assert rules(template)


def test_the_job_comes_after_the_routes_of_its_subnets(stack: cdk.Stack, build: Build) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    build(scope=stack, network=Network(vpc=vpc))
    template = template_of(stack)
    earlier = before(template, id_of(template, PREPARE))
    for type_ in (
        "AWS::EC2::NatGateway",
        "AWS::EC2::Route",
        "AWS::EC2::SubnetRouteTableAssociation",
    ):
        found = {name for name in of_type(template, type_) if "PublicSubnet2" not in name}
        assert found, type_
        assert found <= earlier, type_


def test_endpoints_that_the_vpc_has_are_taken(stack: cdk.Stack, build: Build) -> None:
    s3 = ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0, gateway_endpoints={"S3": s3})
    streams = ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS
    vpc.add_interface_endpoint("Streams", service=streams, open=False)
    build(scope=stack, network=Network(vpc=vpc, endpoints=True))
    assert kinds(stack) == ["dynamodb", "kinesis-streams", "s3"]
    template = template_of(stack)
    (rule,) = rules(template)
    assert rule.startswith("VpcStreams")
    assert set(of_type(template, ENDPOINT)) | {rule} <= before(template, id_of(template, PREPARE))


def test_an_endpoint_without_private_names_is_none(stack: cdk.Stack, build: Build) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    streams = ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS
    vpc.add_interface_endpoint("Streams", service=streams, private_dns_enabled=False)
    build(scope=stack, network=Network(vpc=vpc, endpoints=True))
    assert kinds(stack) == ["dynamodb", "kinesis-streams", "kinesis-streams", "s3"]


def test_a_second_stack_takes_the_endpoints_of_the_first(build: Build) -> None:
    owner = app()
    vpc = ec2.Vpc(cdk.Stack(owner, "Network"), "Vpc", nat_gateways=0)
    first, second = (cdk.Stack(owner, name) for name in ("First", "Second"))
    for stack in (first, second):
        build(scope=stack, network=Network(vpc=vpc, endpoints=True))
    assert kinds(first) == ["dynamodb", "kinesis-streams", "s3"]
    assert kinds(second) == []
    template = template_of(second)
    (rule,) = rules(template)
    assert rule in before(template, id_of(template, PREPARE))
    assert [found.node.path for found in second.dependencies] == ["Network", "First"]


def test_two_imports_of_one_vpc_are_one_and_two_stages_are_two(build: Build) -> None:
    owner = app()
    stages = (owner, cdk.Stage(owner, "Prod"))
    stacks = [cdk.Stack(stage, name) for stage in stages for name in ("First", "Second")]
    for stack in stacks:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["a"],
            private_subnet_ids=["subnet-1"],
            private_subnet_route_table_ids=["rtb-1"],
        )
        build(scope=stack, network=Network(vpc=vpc, endpoints=True))
    made = [
        len([child for child in stack.node.find_all() if isinstance(child, ec2.CfnVPCEndpoint)])
        for stack in stacks
    ]
    assert made == [3, 0, 3, 0]


def test_fails_when_a_gateway_has_no_route_table_to_go_into(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )
    with pytest.raises(ValueError, match=r"network\.vpc is 'Stack/Vpc'; .*route_table_ids= to Vpc"):
        build(scope=stack, network=Network(vpc=vpc, endpoints=True))
