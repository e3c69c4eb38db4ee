"""What does nothing to records is kept and said aloud; what would mean nothing is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.cloud import Cloud

pytestmark = pytest.mark.emulator


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def resource(type_: str, **properties: object) -> dict[str, Any]:
    return {"Type": f"AWS::{type_}", "Properties": properties}


def network() -> dict[str, Any]:
    return {
        "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
        "Subnet": resource("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.1.0/24"),
        "Gateway": resource("EC2::InternetGateway"),
        "Attached": resource(
            "EC2::VPCGatewayAttachment", VpcId=ref("Vpc"), InternetGatewayId=ref("Gateway")
        ),
        "Address": resource("EC2::EIP", Domain="vpc"),
        "Nat": resource(
            "EC2::NatGateway",
            SubnetId=ref("Subnet"),
            AllocationId={"Fn::GetAtt": ["Address", "AllocationId"]},
        ),
        "Table": resource("EC2::RouteTable", VpcId=ref("Vpc")),
        "Out": resource(
            "EC2::Route",
            RouteTableId=ref("Table"),
            DestinationCidrBlock="0.0.0.0/0",
            NatGatewayId={"Fn::GetAtt": ["Nat", "NatGatewayId"]},
        ),
        "Routed": resource(
            "EC2::SubnetRouteTableAssociation", SubnetId=ref("Subnet"), RouteTableId=ref("Table")
        ),
        "Group": resource("EC2::SecurityGroup", GroupDescription="one", VpcId=ref("Vpc")),
        "In": resource(
            "EC2::SecurityGroupIngress",
            GroupId=ref("Group"),
            IpProtocol="tcp",
            FromPort=9098,
            ToPort=9098,
            SourceSecurityGroupId=ref("Group"),
        ),
        "Endpoint": resource(
            "EC2::VPCEndpoint",
            VpcId=ref("Vpc"),
            ServiceName="com.amazonaws.us-east-1.s3",
            VpcEndpointType="Gateway",
            RouteTableIds=[ref("Table")],
        ),
        "Flows": resource(
            "EC2::FlowLog", ResourceId=ref("Vpc"), ResourceType="VPC", TrafficType="REJECT"
        ),
        "Target": resource(
            "ApplicationAutoScaling::ScalableTarget",
            MaxCapacity=1000,
            MinCapacity=1,
            ResourceId="any",
            ScalableDimension="kafka:broker-storage:VolumeSize",
            ServiceNamespace="kafka",
        ),
        "Policy": resource(
            "ApplicationAutoScaling::ScalingPolicy",
            PolicyName="grow",
            PolicyType="TargetTrackingScaling",
            ScalingTargetId=ref("Target"),
        ),
    }


def vpcs(cloud: Cloud) -> list[str]:
    return [vpc["VpcId"] for vpc in cloud.client("ec2").describe_vpcs()["Vpcs"]]


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[str]:
    name = cloud.name("recorded")
    yield name
    cloud.delete(name)


def test_a_network_is_made_and_gone_again_and_each_part_without_effect_is_said(
    cloud: Cloud, stack: str
) -> None:
    made = network()
    assert cloud.deploy(stack, made) == "CREATE_COMPLETE", cloud.failures(stack)
    made["In"]["Properties"]["Description"] = "Kafka"
    assert cloud.deploy(stack, made) == "UPDATE_COMPLETE", cloud.failures(stack)
    said = [json.loads(line) for line in cloud.emulator.not_applied.read_text().splitlines()]
    types = {entry["type"] for entry in said if entry["logical_id"] in made}
    silent = {made[name]["Type"] for name in ("Nat", "Out", "In", "Flows", "Target", "Policy")}
    assert silent <= types
    vpc = cloud.physical_id(stack, "Vpc")
    assert vpc in vpcs(cloud)
    cloud.delete(stack)
    assert cloud.status(stack) in ("", "DELETE_COMPLETE")
    assert vpc not in vpcs(cloud)


@pytest.mark.parametrize(
    ("type_", "reason"),
    [
        ("OpenSearchService::Domain", "there is no OpenSearch on this machine"),
        ("OpenSearchServerless::Collection", "there is no OpenSearch on this machine"),
        ("RedshiftServerless::Workgroup", "there is no Redshift on this machine"),
        ("Redshift::Cluster", "there is no Redshift on this machine"),
        ("Glue::Registry", "there is no schema registry on this machine"),
    ],
)
@pytest.mark.parametrize("by", ["create", "change"])
def test_fails_when_nothing_is_behind_a_type(
    cloud: Cloud, stack: str, type_: str, reason: str, by: str
) -> None:
    made = {"One": resource(type_), "Topic": resource("SNS::Topic", TopicName=stack)}
    deploy: dict[str, Callable[[], str]] = {
        "create": partial(cloud.deploy, stack, made),
        "change": partial(cloud.change, stack, made, "CREATE"),
    }
    with pytest.raises(ClientError) as error:
        deploy[by]()
    assert f"AWS::{type_}" in str(error.value)
    assert reason in str(error.value)
    topics = cloud.client("sns").list_topics()["Topics"]
    assert not [topic for topic in topics if topic["TopicArn"].endswith(stack)]
