"""An application in a VPC: its interfaces, its rights, its endpoints."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from configurations import Build, app, of_type, only, template_of

from cdk_managed_flink import (
    FlinkApplication,
    Network,
    S3Sink,
)
from cdk_managed_flink.application.network import NetworkInterfaces

pytestmark = pytest.mark.slow


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", nat_gateways=0)


def configuration(template: dict[str, Any]) -> dict[str, Any]:
    application = only(template, "AWS::KinesisAnalyticsV2::Application")["Properties"]
    (found,) = application["ApplicationConfiguration"]["VpcConfigurations"]
    return dict(found)


class Elsewhere(S3Sink):
    """A sink that lies in a VPC."""

    def __init__(self, vpc: ec2.IVpc) -> None:
        super().__init__()
        object.__setattr__(self, "_vpc", vpc)

    def network(self) -> Network:
        vpc: ec2.IVpc = self._vpc  # type: ignore[attr-defined]
        return Network(vpc=vpc)


def test_no_network_no_configuration(build: Build) -> None:
    template = template_of(cdk.Stack.of(build()))
    application = only(template, "AWS::KinesisAnalyticsV2::Application")["Properties"]
    assert "VpcConfigurations" not in application["ApplicationConfiguration"]


def test_isolated_subnets_where_there_are_no_others(
    stack: cdk.Stack, vpc: ec2.Vpc, build: Build
) -> None:
    build(scope=stack, network=Network(vpc=vpc))
    template = template_of(stack)
    found = configuration(template)
    assert found["SubnetIds"] == [{"Ref": s} for s in _subnets(template, "Isolated")]
    (group,) = found["SecurityGroupIds"]
    assert "SecurityGroupIngress" not in only(template, "AWS::EC2::SecurityGroup")["Properties"]
    assert group["Fn::GetAtt"][1] == "GroupId"


def test_private_subnets_with_a_way_out_before_isolated_ones(
    stack: cdk.Stack, build: Build
) -> None:
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        nat_gateways=1,
        subnet_configuration=[
            ec2.SubnetConfiguration(name=kind.name.title(), subnet_type=kind)
            for kind in (
                ec2.SubnetType.PUBLIC,
                ec2.SubnetType.PRIVATE_WITH_EGRESS,
                ec2.SubnetType.PRIVATE_ISOLATED,
            )
        ],
    )
    build(scope=stack, network=Network(vpc=vpc))
    template = template_of(stack)
    wanted = [{"Ref": subnet} for subnet in _subnets(template, "Egress")]
    assert configuration(template)["SubnetIds"] == wanted


def test_the_role_may_do_all_that_the_service_asks_for(
    stack: cdk.Stack, vpc: ec2.Vpc, build: Build
) -> None:
    """The application waits for the policy of a role that was passed in."""
    build(scope=stack, network=Network(vpc=vpc))
    template = template_of(stack)
    policy_id = next(id_ for id_ in of_type(template, "AWS::IAM::Policy") if "Application" in id_)
    policy = template["Resources"][policy_id]["Properties"]["PolicyDocument"]["Statement"]
    granted = {
        action: statement["Resource"]
        for statement in policy
        for action in _listed(statement["Action"])
        if action.startswith("ec2:")
    }
    assert granted.keys() == {
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    }
    assert len(granted["ec2:CreateNetworkInterface"]) == 1 + 2 + 1
    application = only(template, "AWS::KinesisAnalyticsV2::Application")
    assert policy_id in application["DependsOn"]


def test_existing_groups_are_taken_as_they_are(
    stack: cdk.Stack, vpc: ec2.Vpc, build: Build
) -> None:
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-0123456789abcdef0")
    build(scope=stack, network=Network(vpc=vpc, security_groups=[group]))
    template = template_of(stack)
    assert configuration(template)["SecurityGroupIds"] == ["sg-0123456789abcdef0"]
    assert of_type(template, "AWS::EC2::SecurityGroup") == {}


def test_the_network_follows_from_what_is_bound(
    stack: cdk.Stack, vpc: ec2.Vpc, build: Build
) -> None:
    pipeline = build(scope=stack, sinks={"lake": Elsewhere(vpc), "pages": S3Sink()})
    assert pipeline.application.network is not None
    assert pipeline.application.network.vpc is vpc


def test_endpoints_of_what_the_bindings_call_once_for_two_pipelines(
    stack: cdk.Stack, vpc: ec2.Vpc, build: Build
) -> None:
    for id_ in ("One", "Two"):
        build(scope=stack, id_=id_, network=Network(vpc=vpc, endpoints=True))
    template = template_of(stack)
    services = [
        str(found["Properties"]["ServiceName"])
        for found in of_type(template, "AWS::EC2::VPCEndpoint").values()
    ]
    assert len(services) == 3
    assert [kind for kind in ("kinesis-streams", ".s3", "dynamodb") if kind in str(services)] == [
        "kinesis-streams",
        ".s3",
        "dynamodb",
    ]
    ingress = of_type(template, "AWS::EC2::SecurityGroupIngress")
    assert {rule["Properties"]["FromPort"] for rule in ingress.values()} == {443}
    assert len(ingress) == 2


def test_without_endpoints_it_is_said_what_the_subnets_need(
    stack: cdk.Stack, vpc: ec2.Vpc, build: Build
) -> None:
    build(scope=stack, network=Network(vpc=vpc))
    told = cdk.assertions.Annotations.from_stack(stack).find_info(
        "*", cdk.assertions.Match.string_like_regexp("calls .*kinesis-streams.*NAT gateway")
    )
    assert len(told) == 1


def test_fails_when_the_vpc_has_public_subnets_only(stack: cdk.Stack, build: Build) -> None:
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", subnet_configuration=[public])
    with pytest.raises(ValueError, match=r"network\.vpc is 'Stack/Vpc'; allowed: .*private"):
        build(scope=stack, network=Network(vpc=vpc))


def test_fails_when_two_vpcs_are_asked_for(stack: cdk.Stack, vpc: ec2.Vpc, build: Build) -> None:
    other = ec2.Vpc(stack, "Other", nat_gateways=0)
    with pytest.raises(ValueError, match=r"Stack/Other for pages and Stack/Vpc for lake"):
        build(scope=stack, sinks={"lake": Elsewhere(vpc), "pages": Elsewhere(other)})


def test_fails_when_there_are_too_many_groups(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    groups = [ec2.SecurityGroup(stack, f"Group{n}", vpc=vpc) for n in range(6)]
    with pytest.raises(ValueError, match="security_groups is '6 groups'; allowed: at most 5"):
        Network(vpc=vpc, security_groups=groups)


@pytest.mark.parametrize("selection", [{"subnets": []}, {"availability_zones": ["nowhere"]}])
def test_fails_when_no_subnet_is_selected(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    build: Build,
    selection: Any,  # noqa: ANN401
) -> None:
    network = Network(vpc=vpc, subnets=ec2.SubnetSelection(**selection))
    with pytest.raises(ValueError, match=r"network\.subnets is '0 subnets'; allowed: 1 to 16"):
        build(scope=stack, network=network)


def test_public_subnets_that_are_asked_for_are_warned_of(
    stack: cdk.Stack, vpc: ec2.Vpc, build: Build
) -> None:
    public = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    build(scope=stack, network=Network(vpc=vpc, subnets=public))
    told = cdk.assertions.Annotations.from_stack(stack).find_warning(
        "*", cdk.assertions.Match.string_like_regexp("reaches nothing outside of the VPC")
    )
    assert len(told) == 1


@pytest.mark.parametrize("owner", ["Other", "Stack"])
def test_a_group_of_its_own_stays_with_the_application_but_holds_no_vpc_back(owner: str) -> None:
    root = app()
    stack = cdk.Stack(root, "Stack")
    place = stack if owner == "Stack" else cdk.Stack(root, owner)
    vpc = ec2.Vpc(place, "Vpc", nat_gateways=0)
    role = iam.Role(
        stack, "Role", assumed_by=iam.ServicePrincipal("kinesisanalytics.amazonaws.com")
    )
    retain = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    NetworkInterfaces(stack, Network(vpc=vpc), role=role, grantee=role, removal=retain)
    group = only(template_of(stack), "AWS::EC2::SecurityGroup")
    assert group.get("DeletionPolicy") == (None if owner == "Stack" else "RetainExceptOnCreate")


def test_fails_when_connections_are_asked_for_without_a_network(
    application: FlinkApplication,
) -> None:
    with pytest.raises(ValueError, match=r"network is None; allowed: Network\(vpc=\.\.\.\)"):
        _ = application.connections


def _subnets(template: dict[str, Any], kind: str) -> list[str]:
    return [name for name in of_type(template, "AWS::EC2::Subnet") if kind in name]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
