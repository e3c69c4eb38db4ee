"""DomainSecurity: the functions that set up a domain's security by its own API.

CloudFormation stops at the domain's door: its security roles, what they are mapped to and its index
policies are made by requests to the domain. These functions make them, from within its VPC.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.interfaces import grant_interfaces
from cdk_managed_flink.functions.handler_functions import HandlerFunctions

_POLL_INTERVAL = Duration.seconds(10)
_DEADLINE = Duration.minutes(25)
_CLOUDFORMATION_DEADLINE = Duration.minutes(30)


class DomainSecurity(Construct):
    """Functions in the domain's VPC, under a role that is the domain's master user.

    Args:
        domain_arn: ARN of the domain, which need not exist yet.
        vpc: VPC of the domain; ``None`` if it has a public endpoint.
        subnets: Where in the VPC.

    Attributes:
        role: The functions' role.
        connections: For the rule that lets the functions in; ``None`` outside of a VPC.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        domain_arn: str,
        vpc: ec2.IVpc | None,
        subnets: Sequence[ec2.ISubnet] = (),
    ) -> None:
        super().__init__(scope, id)
        handlers = HandlerFunctions(
            self,
            package="managed_flink_resources",
            description="Sets up the security of an OpenSearch domain",
        )
        self.role = handlers.role
        self.connections: ec2.Connections | None = None
        groups: list[ec2.ISecurityGroup] | None = None
        if vpc is not None:
            groups = [
                ec2.SecurityGroup(
                    self, "SecurityGroup", vpc=vpc, description=f"Sets up {scope.node.path}"
                )
            ]
            self.connections = ec2.Connections(security_groups=groups)
            # As "Giving Lambda functions access to resources in a VPC" lists them.
            grant_interfaces(
                self.role,
                subnets=[subnet.subnet_id for subnet in subnets],
                groups=[group.security_group_id for group in groups],
                describe_actions=["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
                manage_actions=[
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:DeleteNetworkInterface",
                    "ec2:UnassignPrivateIpAddresses",
                ],
            )
        self._grant_domain(domain_arn)
        place = {
            "role": self.role.without_policy_updates(),
            "vpc": vpc,
            "vpc_subnets": None if vpc is None else ec2.SubnetSelection(subnets=list(subnets)),
            "security_groups": groups,
        }
        on_event = handlers.function("OnEvent", "on_event", **place)
        is_complete = handlers.function("IsComplete", "is_complete", **place)
        # The service checks a function's right to make interfaces when the function is made.
        for each in (on_event, is_complete):
            each.node.add_dependency(self.role)
        self._service_token = handlers.service_token(
            on_event, is_complete, poll_interval=_POLL_INTERVAL, deadline=_DEADLINE
        )

    def make(
        self, scope: Construct, id: str, *, kind: str, properties: Mapping[str, object]
    ) -> CustomResource:
        """Have a handler in ``managed_flink_resources`` make something in the domain."""
        resource = CustomResource(
            scope,
            id,
            resource_type=f"Custom::Flink{kind}",
            service_token=self._service_token,
            service_timeout=_CLOUDFORMATION_DEADLINE,
            properties={"Kind": kind, **properties},
        )
        resource.node.add_dependency(self)
        return resource

    def grant_secret(self, secret: secretsmanager.Secret) -> None:
        """Let the functions read the master user's password, and use its key to that end."""
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[secret.secret_arn],
        )
        if secret.encryption_key is not None:
            grant_key_through(
                secret.encryption_key,
                self.role,
                service="secretsmanager",
                actions=["kms:Decrypt"],
            )

    def _grant_domain(self, domain_arn: str) -> None:
        paths = [f"{domain_arn}/_plugins/_ism/*", f"{domain_arn}/_plugins/_security/api/*"]
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=["es:ESHttpDelete", "es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"],
            resource_arns=paths,
        )
        for path in paths:
            acknowledge_wildcard(
                self.role, path, "Roles, mappings and policies of these two APIs, of any name."
            )
