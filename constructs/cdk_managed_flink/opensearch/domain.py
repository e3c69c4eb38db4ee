"""OpenSearchDomain: a domain whose doors are shut but for its own roles and users."""

from collections.abc import Sequence

from aws_cdk import CfnUpdatePolicy, CustomResource, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_opensearchservice as opensearch
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.opensearch.access import (
    access_policy,
    check_administrators,
    check_place,
    master_user,
)
from cdk_managed_flink.opensearch.capacity import DomainCapacity
from cdk_managed_flink.opensearch.claims import IndexClaims
from cdk_managed_flink.opensearch.domain_logs import DomainLogs
from cdk_managed_flink.opensearch.names import derived_name
from cdk_managed_flink.opensearch.security import DomainSecurity
from cdk_managed_flink.opensearch.users import user_secret
from cdk_managed_flink.opensearch.vpc_attachment import VpcPlace

_L1 = opensearch.CfnDomain
# Limit of the service (DomainName).
_LONGEST_NAME = 28
_TLS = "Policy-Min-TLS-1-2-PFS-2023-10"


class OpenSearchDomain(Construct):
    """A domain with fine-grained access control, encrypted at rest, in transit and among nodes.

    Its master user is the role of functions that the construct makes: they map each writer to a
    role of its own, for its own indexes, by the domain's API. Who else administers the domain is
    ``administrators``.

    A domain in a VPC takes the account's service-linked role, once per account:
    ``aws iam create-service-linked-role --aws-service-name es.amazonaws.com``.

    Args:
        vpc: Where the domain is. Default: none, which takes ``public_endpoint``.
        subnets: Default: the private subnets with a way out, else the isolated ones, one a zone.
        public_endpoint: Says that the domain may answer on the internet, to signed requests.
        engine_version: Default ``OpenSearch_2.19``. A newer one upgrades the domain in place.
        capacity: Default ``DomainCapacity()``: two data nodes in two zones.
        encryption_key: Customer managed key of indexes and of users' passwords. Default: keys that
            AWS manages.
        internal_users: Whether users with passwords exist, which ``OpenSearchSink.connector``
            needs: it signs nothing. The domain's access policy then lets unsigned requests through
            to the password check, so it takes a VPC. It can't be changed later.
        administrators: IAM roles with all rights in the domain.
        removal_policy: Default ``RETAIN_ON_UPDATE_OR_DELETE``; ``DESTROY`` takes the context flag.

    Attributes:
        resource: The L1, an ``opensearchservice.CfnDomain``: the escape hatch.
        domain_name: A literal: its own access policy has to name it.
        domain_arn: Its ARN, known before it exists.
        master_secret: User name and password of the master user; ``None`` without internal users.
        connections: Rules of the domain's security group, port 443; ``None`` outside of a VPC.
        indexes: Which sinks write which indexes.

    Raises:
        ValueError: Neither a VPC nor ``public_endpoint``, both, internal users without a VPC, or
            fewer zones in the VPC than asked for.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
        public_endpoint: bool = False,
        engine_version: str = "OpenSearch_2.19",
        capacity: DomainCapacity | None = None,
        encryption_key: kms.IKey | None = None,
        internal_users: bool = False,
        administrators: Sequence[iam.IRole] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id)
        check_place(self, vpc, public_endpoint=public_endpoint, internal_users=internal_users)
        check_administrators(self, administrators)
        capacity = capacity or DomainCapacity()
        self.indexes = IndexClaims()
        self.internal_users = internal_users
        self.encryption_key = encryption_key
        self._removal = effective_removal(self, removal_policy)
        self._vpc = vpc
        self._subnets = self._select(vpc, subnets, capacity.zones)
        stack = place_of(self).stack
        self.domain_name = derived_name(self, longest=_LONGEST_NAME)
        self.domain_arn = stack.format_arn(
            service="es", resource="domain", resource_name=self.domain_name
        )
        self.security = DomainSecurity(
            self, "Security", domain_arn=self.domain_arn, vpc=vpc, subnets=self._subnets
        )
        self.master_secret = self._make_master_secret() if internal_users else None
        self.connections = self._make_connections()
        domain_logs = DomainLogs(
            self,
            "Logs",
            domain_arn=self.domain_arn,
            policy_name=self.domain_name,
            removal=self._removal,
        )
        self.resource = _L1(
            self,
            "Resource",
            domain_name=self.domain_name,
            engine_version=engine_version,
            access_policies=access_policy(self, self.domain_arn, unsigned=internal_users),
            advanced_security_options=master_user(self.master_secret, self.security.role),
            cluster_config=capacity.cluster(),
            ebs_options=_L1.EBSOptionsProperty(
                ebs_enabled=True, volume_type="gp3", volume_size=capacity.volume_gib
            ),
            encryption_at_rest_options=_L1.EncryptionAtRestOptionsProperty(
                enabled=True, kms_key_id=None if encryption_key is None else encryption_key.key_id
            ),
            node_to_node_encryption_options=_L1.NodeToNodeEncryptionOptionsProperty(enabled=True),
            domain_endpoint_options=_L1.DomainEndpointOptionsProperty(
                enforce_https=True, tls_security_policy=_TLS
            ),
            log_publishing_options=domain_logs.options(),
            vpc_options=self._vpc_options(),
        )
        self.resource.node.add_dependency(domain_logs)
        self.resource.cfn_options.update_policy = CfnUpdatePolicy(enable_version_upgrade=True)
        self.resource.apply_removal_policy(self._removal)
        self._acknowledge(capacity)
        if administrators:
            self.set_up(
                self,
                "Administrators",
                kind="OpenSearchAdministrators",
                properties={"Roles": [role.role_arn for role in administrators]},
            )

    @property
    def host(self) -> str:
        """Host name of the endpoint."""
        return self.resource.attr_domain_endpoint

    @property
    def network(self) -> Network | None:
        return None if self._vpc is None else Network(vpc=self._vpc)

    def way(self, owner: Construct) -> VpcPlace | None:
        """Where Firehose puts its interfaces; ``None`` with a public endpoint."""
        if self._vpc is None or self.connections is None:
            return None
        group = self.connections.security_groups[0]
        return VpcPlace(vpc=self._vpc, subnets=self._subnet_ids(), target=group)

    def set_up(
        self, scope: Construct, id: str, *, kind: str, properties: dict[str, object]
    ) -> CustomResource:
        """Have something made in the domain by its own API; see ``DomainSecurity``."""
        master = {}
        if self.master_secret is not None:
            master["MasterSecret"] = self.master_secret.secret_arn
        resource = self.security.make(
            scope, id, kind=kind, properties={"Endpoint": self.host, **master, **properties}
        )
        if self.connections is not None:  # the rule that lets the functions in
            resource.node.add_dependency(self.connections.security_groups[0])
        return resource

    def _select(
        self, vpc: ec2.IVpc | None, subnets: ec2.SubnetSelection | None, zones: int
    ) -> list[ec2.ISubnet]:
        """One subnet in each of so many zones, as the service wants it."""
        if vpc is None:
            return []
        selected = Network(vpc=vpc, subnets=subnets).selected(self).subnets
        by_zone = {subnet.availability_zone: subnet for subnet in reversed(selected)}
        if len(by_zone) < zones:
            raise invalid(
                self,
                "subnets",
                f"subnets in {len(by_zone)} zones",
                f"subnets in at least {zones}, by capacity.zones",
                "Give the VPC a zone more: Vpc(max_azs=...).",
            )
        return [by_zone[zone] for zone in sorted(by_zone)][:zones]

    def _subnet_ids(self) -> list[str]:
        return [subnet.subnet_id for subnet in self._subnets]

    def _make_connections(self) -> ec2.Connections | None:
        if self._vpc is None:
            return None
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self._vpc,
            description=f"OpenSearch domain {self.node.path}",
            allow_all_outbound=False,
        )
        group.apply_removal_policy(self._removal)  # a domain that stays still has it
        connections = ec2.Connections(security_groups=[group], default_port=ec2.Port.tcp(443))
        functions = self.security.connections
        assert functions is not None  # they are in the same VPC
        connections.allow_default_port_from(functions, "Sets up security")
        return connections

    def _make_master_secret(self) -> secretsmanager.Secret:
        secret = user_secret(
            self,
            "MasterUser",
            username="flink-master",
            key=self.encryption_key,
            unrotated="The password is the domain's master password: a rotation would have to "
            "change the domain as well. A job uses a user of its own.",
        )
        secret.apply_removal_policy(self._removal)
        self.security.grant_secret(secret)
        return secret

    def _vpc_options(self) -> opensearch.CfnDomain.VPCOptionsProperty | None:
        if self.connections is None:
            return None
        groups = [group.security_group_id for group in self.connections.security_groups]
        return _L1.VPCOptionsProperty(subnet_ids=self._subnet_ids(), security_group_ids=groups)

    def _acknowledge(self, capacity: DomainCapacity) -> None:
        resource = self.resource
        acknowledge(
            resource,
            "OS3",
            "Addresses are no identity: requests are signed, or carry a user and a password.",
        )
        if self._vpc is None:
            acknowledge(resource, "OS1", "public_endpoint=True says that it is wanted so.")
        if not capacity.master_nodes:
            acknowledge(
                resource,
                "OS4",
                "DomainCapacity(master_nodes=3) makes them; a small domain does without.",
            )
        if self.internal_users:
            acknowledge(
                resource,
                "OS5",
                "Users with passwords send unsigned requests: the VPC and fine-grained access "
                "control keep others out.",
            )
