"""The way from an application in a VPC to the AWS services that its bindings call."""

from aws_cdk import Annotations, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_managed_flink.application.application import FlinkApplication

_GATEWAYS = {
    "s3": ec2.GatewayVpcEndpointAwsService.S3,
    "dynamodb": ec2.GatewayVpcEndpointAwsService.DYNAMODB,
}


def reach(application: FlinkApplication) -> None:
    """Make the endpoints, or say which ones or what else the application needs in its VPC."""
    network = application.network
    if network is None or not application.calls:
        return
    if network.endpoints:
        for service in sorted(application.calls):
            _endpoint(application, network.vpc, service)
        return
    Annotations.of(application).add_info(
        f"{application.node.path} runs in a VPC and calls {', '.join(sorted(application.calls))}: "
        "its subnets need a NAT gateway, or VPC endpoints of these services. "
        "Network(vpc=..., endpoints=True) makes the endpoints."
    )


def _endpoint(application: FlinkApplication, vpc: ec2.IVpc, service: str) -> None:
    """One endpoint for the stack and VPC: a second with private DNS would be refused."""
    place = _place(Stack.of(application), vpc)
    found = place.node.try_find_child(service)
    if service in _GATEWAYS:
        if found is None:
            ec2.GatewayVpcEndpoint(place, service, vpc=vpc, service=_GATEWAYS[service])
        return
    if found is None:
        found = ec2.InterfaceVpcEndpoint(
            place,
            service,
            vpc=vpc,
            service=ec2.InterfaceVpcEndpointAwsService(service),
            private_dns_enabled=True,
            open=False,
        )
    assert isinstance(found, ec2.InterfaceVpcEndpoint)
    found.connections.allow_from(application, ec2.Port.tcp(443), "Calls of the Flink application")


def _place(stack: Stack, vpc: ec2.IVpc) -> Construct:
    id_ = f"ManagedFlinkEndpoints{vpc.node.addr[-8:]}"
    found = stack.node.try_find_child(id_)
    if found is None:
        return Construct(stack, id_)
    assert isinstance(found, Construct)
    return found
