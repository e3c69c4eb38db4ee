"""Where in a VPC an application's network interfaces are, and what they take."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.interfaces import grant_interfaces
from cdk_managed_flink.application.place import place_of

# Limits of the resource type's schema (VpcConfigurations).
_MOST_SUBNETS = 16
_MOST_GROUPS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """The VPC of an application. An application in a VPC has no way out of it of its own.

    What a binding calls has to be reachable from the subnets: through a NAT gateway, or through
    endpoints, which ``endpoints=True`` makes. State, log and metrics need none: the service keeps
    those paths itself ("Configure Managed Service for Apache Flink to access resources in a VPC").

    Attributes:
        vpc: The VPC.
        subnets: Default: the private subnets with a way out, else the isolated ones. Public ones
            are of no use: the interfaces get no public address.
        security_groups: Existing groups of the interfaces, up to 5; their rules are theirs.
            Default: a new one that nothing may open connections to.
        endpoints: Whether to make a VPC endpoint for each AWS service that the bindings call, one
            for the VPC; one that the app has by then is taken. Default no: most VPCs have them or
            a NAT gateway, and each interface endpoint costs about $7 a month and zone.

    Raises:
        ValueError: More groups than the service takes.
    """

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection | None = None
    security_groups: Sequence[ec2.ISecurityGroup] = ()
    endpoints: bool = False

    def __post_init__(self) -> None:
        if len(self.security_groups) > _MOST_GROUPS:
            raise invalid(
                "Network",
                "security_groups",
                f"{len(self.security_groups)} groups",
                f"at most {_MOST_GROUPS}",
                "The service attaches no more to an application: put the rules into fewer.",
            )

    def selected(self, owner: Construct) -> ec2.SelectedSubnets:
        """The subnets of the interfaces.

        Raises:
            ValueError: None was selected, the VPC has none but public ones, or there are more than
                the service takes.
        """
        selection = self.subnets
        if selection is None:
            kinds = ec2.SubnetType
            egress = bool(self.vpc.private_subnets)
            kind = kinds.PRIVATE_WITH_EGRESS if egress else kinds.PRIVATE_ISOLATED
            if not egress and not self.vpc.isolated_subnets:
                raise invalid(
                    owner,
                    "network.vpc",
                    self.vpc.node.path,
                    "a VPC with private or isolated subnets",
                    "The application's interfaces get no public address, so in a public subnet "
                    "they reach nothing outside of the VPC: add private subnets.",
                )
            selection = ec2.SubnetSelection(subnet_type=kind)
        found = self.vpc.select_subnets(
            availability_zones=selection.availability_zones,
            one_per_az=selection.one_per_az,
            subnet_filters=selection.subnet_filters,
            subnet_group_name=selection.subnet_group_name,
            subnet_type=selection.subnet_type,
            subnets=selection.subnets,
        )
        if not 1 <= len(found.subnet_ids) <= _MOST_SUBNETS:
            raise invalid(
                owner,
                "network.subnets",
                f"{len(found.subnet_ids)} subnets",
                f"1 to {_MOST_SUBNETS}",
                "Select one a zone, or leave subnets out.",
            )
        return found


class NetworkInterfaces:
    """An application's interfaces: their subnets, their groups and the rights to make them.

    Attributes:
        network: What was asked for.
        subnets: The selected subnets.
        connections: For rules between the application and what it reaches.
    """

    def __init__(
        self,
        scope: Construct,
        network: Network,
        *,
        role: iam.IRole,
        grantee: iam.IGrantable,
        removal: RemovalPolicy,
    ) -> None:
        self.network = network
        self.subnets = network.selected(scope)
        if self.subnets.has_public:
            Annotations.of(scope).add_warning_v2(
                "cdk-managed-flink:public-subnets",
                "network.subnets holds public subnets: the interfaces get no public address, so "
                "from there the application reaches nothing outside of the VPC.",
            )
        description = f"Flink application {scope.node.path}"
        groups = list(network.security_groups) or [
            group_of(scope, network.vpc, description=description, removal=removal)
        ]
        self._groups = [group.security_group_id for group in groups]
        self.connections = ec2.Connections(security_groups=groups)
        # As "Service role policies for VPC applications" lists them.
        grant_interfaces(
            role,
            grantee=grantee,
            subnets=self.subnets.subnet_ids,
            groups=self._groups,
            describe_actions=[
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            manage_actions=["ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"],
        )

    def configuration(self) -> dict[str, object]:
        """One item of the resource's ``VpcConfigurations``."""
        return {"subnetIds": self.subnets.subnet_ids, "securityGroupIds": self._groups}


def group_of(
    scope: Construct, vpc: ec2.IVpc, *, description: str, removal: RemovalPolicy
) -> ec2.SecurityGroup:
    """A new group, ``SecurityGroup``, that lets nobody in and stays as long as what has it.

    None keeps its own stack's VPC from going.
    """
    group = ec2.SecurityGroup(scope, "SecurityGroup", vpc=vpc, description=description)
    if not isinstance(vpc, ec2.Vpc) or place_of(vpc).stack is not place_of(scope).stack:
        group.apply_removal_policy(removal)
    return group


def allow_ingress(
    group: ec2.ISecurityGroup, own: ec2.ISecurityGroup, port: ec2.Port, description: str
) -> None:
    """Let an application's group in; the rule goes into the stack of the application's group.

    That stack depends on the other group's already.
    """
    group.add_ingress_rule(own, port, description, True)
    # CDK warns of a rule for what may go out anyway.
    if not own.allow_all_outbound:
        own.add_egress_rule(group, port, description)


def merged(owner: Construct, networks: Sequence[tuple[str, Network]]) -> Network | None:
    """The one network that all who ask for one agree on; the first says more than the VPC.

    Args:
        owner: Whose network it is to be.
        networks: Who asks, and for what; the user's own choice comes first.

    Raises:
        ValueError: They ask for two VPCs.
    """
    if not networks:
        return None
    (first, chosen), *others = networks
    for name, other in others:
        if other.vpc.vpc_id != chosen.vpc.vpc_id:
            raise invalid(
                owner,
                "network",
                f"{other.vpc.node.path} for {name} and {chosen.vpc.node.path} for {first}",
                "one VPC, since an application has interfaces in one only",
                "Put what it reads and writes into one VPC, or connect them and pass "
                "network=Network(vpc=...) with sources and sinks that are imported into it.",
            )
    return chosen
