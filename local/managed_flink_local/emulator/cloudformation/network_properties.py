"""Networks and automatic scaling: the properties of types that do nothing to records."""

from __future__ import annotations

from managed_flink_local.emulator.cloudformation.type_properties import (
    TypeProperties,
    properties,
)

_NO_NETWORK = "there is one network on this machine: nothing is routed or filtered"
_NO_SCALING = "nothing is scaled on this machine"

NETWORK: dict[str, TypeProperties] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": properties(
        "",
        **dict.fromkeys(
            (
                "MaxCapacity",
                "MinCapacity",
                "ResourceId",
                "RoleARN",
                "ScalableDimension",
                "ScheduledActions",
                "ServiceNamespace",
                "SuspendedState",
            ),
            _NO_SCALING,
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": properties(
        "",
        **dict.fromkeys(
            (
                "PolicyName",
                "PolicyType",
                "ResourceId",
                "ScalableDimension",
                "ScalingTargetId",
                "ServiceNamespace",
                "StepScalingPolicyConfiguration",
                "TargetTrackingScalingPolicyConfiguration",
            ),
            _NO_SCALING,
        ),
    ),
    "AWS::EC2::EIP": properties("Domain Tags", Domain=_NO_NETWORK),
    "AWS::EC2::FlowLog": properties(
        "Tags",
        **dict.fromkeys(
            (
                "DeliverLogsPermissionArn",
                "LogDestination",
                "LogDestinationType",
                "LogGroupName",
                "MaxAggregationInterval",
                "ResourceId",
                "ResourceType",
                "TrafficType",
            ),
            _NO_NETWORK,
        ),
    ),
    "AWS::EC2::InternetGateway": properties("Tags"),
    "AWS::EC2::NatGateway": properties(
        "Tags", AllocationId=_NO_NETWORK, ConnectivityType=_NO_NETWORK, SubnetId=_NO_NETWORK
    ),
    "AWS::EC2::Route": properties(
        "DestinationCidrBlock GatewayId NatGatewayId RouteTableId",
        DestinationCidrBlock=_NO_NETWORK,
    ),
    "AWS::EC2::RouteTable": properties("Tags VpcId"),
    "AWS::EC2::SecurityGroup": properties(
        "GroupDescription GroupName Tags VpcId",
        SecurityGroupEgress=_NO_NETWORK,
        SecurityGroupIngress=_NO_NETWORK,
    ),
    **{
        f"AWS::EC2::SecurityGroup{direction}": properties(
            "",
            **dict.fromkeys(
                (
                    "CidrIp",
                    "Description",
                    "DestinationSecurityGroupId",
                    "FromPort",
                    "GroupId",
                    "IpProtocol",
                    "SourceSecurityGroupId",
                    "ToPort",
                ),
                _NO_NETWORK,
            ),
        )
        for direction in ("Ingress", "Egress")
    },
    "AWS::EC2::Subnet": properties("AvailabilityZone CidrBlock MapPublicIpOnLaunch Tags VpcId"),
    "AWS::EC2::SubnetRouteTableAssociation": properties("RouteTableId SubnetId"),
    "AWS::EC2::VPC": properties(
        "CidrBlock EnableDnsHostnames EnableDnsSupport InstanceTenancy Tags",
        InstanceTenancy=_NO_NETWORK,
    ),
    "AWS::EC2::VPCEndpoint": properties(
        "PrivateDnsEnabled RouteTableIds SecurityGroupIds ServiceName SubnetIds Tags "
        "VpcEndpointType VpcId",
        PolicyDocument=_NO_NETWORK,
    ),
    "AWS::EC2::VPCGatewayAttachment": properties("InternetGatewayId VpcId"),
}
