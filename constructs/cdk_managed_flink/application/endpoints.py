"""VPC endpoints of the AWS services that an application in a VPC calls."""

from collections.abc import Sequence
from functools import cache

from aws_cdk import Annotations, Stack, Stage
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IConstruct

from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import allow_ingress
from cdk_managed_flink.application.place import place_of


@cache
def _gateways() -> dict[str, ec2.GatewayVpcEndpointAwsService]:
    services = ec2.GatewayVpcEndpointAwsService
    return {"s3": services.S3, "dynamodb": services.DYNAMODB}


def ensure_endpoints(application: FlinkApplication) -> None:
    """Create the endpoints, or note what the application needs in its VPC.

    The job starts after its endpoints exist and stops before they are removed.

    Raises:
        ValueError: A service without a known endpoint.
    """
    network = application.network
    if network is None:
        return
    application.prerequisites.extend(network.selected(application).subnets)  # with their routes
    if network.endpoints:
        stage = Stage.of(application)
        nodes = stage.node.find_all() if stage else []
        there = [node for node in nodes if isinstance(node, ec2.CfnVPCEndpoint)]
        for service in sorted(application.service_endpoints):
            _reach(application, network.vpc, service, there)
    elif application.service_endpoints:
        Annotations.of(application).add_info(
            f"{application.node.path} runs in a VPC and calls "
            f"{', '.join(sorted(application.service_endpoints))}: its subnets need a NAT gateway, "
            "or VPC endpoints of these services. Network(vpc=..., endpoints=True) makes them."
        )


def _reach(
    application: FlinkApplication, vpc: ec2.IVpc, service: str, there: Sequence[ec2.CfnVPCEndpoint]
) -> None:
    endpoint = _found(application, vpc, service, there) or _made(application, vpc, service)
    application.prerequisites.append(endpoint)
    if not isinstance(endpoint, ec2.InterfaceVpcEndpoint):
        return
    for group in endpoint.connections.security_groups:
        for own in application.connections.security_groups:
            allow_ingress(group, own, ec2.Port.tcp(443), "Calls of the Flink application")
            application.prerequisites.extend([group, own])  # the rule is a child of either


def _found(
    application: FlinkApplication, vpc: ec2.IVpc, service: str, there: Sequence[ec2.CfnVPCEndpoint]
) -> IConstruct | None:
    """One that the app has already, whoever made it: the VPC would refuse a second.

    The environments are compared because VPCs share a placeholder until they are looked up.
    """
    kind = "Gateway" if service in _gateways() else "Interface"
    name = (_gateways().get(service) or ec2.InterfaceVpcEndpointAwsService(service)).name
    here = place_of(application).stack
    for endpoint in there:
        stack = place_of(endpoint).stack
        if (
            endpoint.vpc_id == vpc.vpc_id
            and stack.environment == here.environment
            and (endpoint.vpc_endpoint_type or "Gateway") == kind
            and (kind == "Gateway" or endpoint.private_dns_enabled)
            and stack.resolve(endpoint.service_name) == stack.resolve(name)
        ):
            owner = endpoint.node.scope
            return owner if isinstance(owner, ec2.VpcEndpoint) else endpoint
    return None


def _made(application: FlinkApplication, vpc: ec2.IVpc, service: str) -> ec2.VpcEndpoint:
    place = _place(place_of(application).stack, vpc)
    if service not in _gateways():
        return ec2.InterfaceVpcEndpoint(
            place,
            service,
            vpc=vpc,
            service=ec2.InterfaceVpcEndpointAwsService(service),
            private_dns_enabled=True,
            open=False,
        )
    try:
        return ec2.GatewayVpcEndpoint(place, service, vpc=vpc, service=_gateways()[service])
    except RuntimeError as error:
        raise invalid(
            application,
            "network.vpc",
            vpc.node.path,
            "a VPC that knows the route tables of its subnets",
            f"A gateway endpoint of {service} goes into them: take it by Vpc.from_lookup(...), or "
            "pass private_subnet_route_table_ids= to Vpc.from_vpc_attributes(...).",
        ) from error


def _place(stack: Stack, vpc: ec2.IVpc) -> Construct:
    id_ = f"ManagedFlinkEndpoints{vpc.node.addr[-8:]}"
    found = stack.node.try_find_child(id_)
    if found is None:
        return Construct(stack, id_)
    assert isinstance(found, Construct)
    return found
