"""Warehouse: what every warehouse has, whoever made it."""

from collections.abc import Sequence

import jsii
from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct, IConstruct

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.data_key_grants import via_service
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.secret_grants import granted_arn


@jsii.implements(ec2.IConnectable)
class RedshiftWarehouse(Construct):
    """A warehouse: ``RedshiftServerlessWarehouse``, or an existing workgroup or cluster.

    Attributes:
        name: Name of the workgroup or cluster.
        database: Where tables are made.
        secret: User and password that SQL runs under; ``None`` with temporary credentials.
        namespace_arn: ARN of its namespace, the target of integrations; ``None`` if not known.
        endpoint: Its address, for clients outside of the Data API; ``None`` if not known.
        port: On which it listens.
        publicly_accessible: Whether it has a public address.
        enhanced_vpc_routing: Whether all of its traffic goes through the VPC.
    """

    name: str
    database: str
    secret: secretsmanager.ISecret | None = None
    namespace_arn: str | None = None
    endpoint: str | None = None
    port: int = 5439
    publicly_accessible: bool = False
    enhanced_vpc_routing: bool = False
    _security_groups: Sequence[ec2.ISecurityGroup] = ()

    @property
    def connections(self) -> ec2.Connections:
        """For rules between the warehouse and what it reaches, or is reached by."""
        return ec2.Connections(
            security_groups=list(self._security_groups), default_port=ec2.Port.tcp(self.port)
        )

    def connection(self) -> dict[str, str]:
        """How the Data API gets the database and the user, as its own arguments."""
        raise NotImplementedError

    def place(self) -> tuple[str, ...]:
        """What distinguishes its database from others, whoever imports it."""
        stack = place_of(self).stack
        kind = next(iter(self.connection()))
        return (stack.account, stack.region, kind, self.name, self.database)

    def load_role(self, scope: Construct, id: str) -> iam.IRole:
        """The role that the warehouse assumes to read what is loaded; grants go to it.

        Raises:
            ValueError: It is an existing warehouse, and none was passed in.
        """
        raise NotImplementedError

    def grantee(self, role: iam.IRole) -> iam.IGrantable:
        """To whom rights of a role go that ``load_role`` has answered."""
        return role

    def authorize(self, bucket: s3.IBucket) -> None:
        """Let the bucket announce new objects to the warehouse, or name who has to."""
        raise NotImplementedError

    def warn_if_vpc_routed(self, service: str) -> None:
        """Note that its subnets must reach the services it reads from, where they must."""
        if self.enhanced_vpc_routing:
            Annotations.of(self).add_info(
                f"{self.node.path} reads {service} from within its VPC (enhanced VPC routing): its "
                "subnets need a NAT gateway, or a VPC endpoint of the service that lets its "
                "security group in."
            )

    def warn_without_groups(self, missing: str) -> None:
        """Warn of rules that are missing because it was imported without its security groups."""
        if not self._security_groups:
            Annotations.of(self).add_warning_v2(
                "cdk-managed-flink:warehouse-groups",
                f"{self.node.path} is imported without security_groups, so {missing}",
            )

    def before_sql(self) -> Sequence[IConstruct]:
        """What has to be there before a statement can run."""
        return []

    def sql_rights(self) -> list[iam.PolicyStatement]:
        """Rights of the Data API for exactly this warehouse, and to its user."""
        return [
            iam.PolicyStatement(
                actions=["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"],
                resources=[self._arn()],
            ),
            iam.PolicyStatement(
                actions=["redshift-data:DescribeStatement"],
                resources=["*"],
                conditions={
                    "StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}
                },
            ),
            *(self._rights_of_user() if self.secret is None else _reads(self.secret)),
        ]

    def acknowledge_sql_rights(self, made: Construct) -> None:
        """Acknowledge what IAM has no narrower form of."""
        acknowledge_wildcard(
            made, "*", "IAM knows no resource for a statement: only its owner may look at it."
        )
        if self.secret is not None and self.secret.secret_full_arn is None:
            acknowledge_wildcard(
                made,
                granted_arn(self.secret),
                "The secret is imported without the end of its ARN, of 6 characters.",
            )

    def _arn(self) -> str:
        raise NotImplementedError

    def _rights_of_user(self) -> list[iam.PolicyStatement]:
        raise NotImplementedError


def _reads(secret: secretsmanager.ISecret) -> list[iam.PolicyStatement]:
    found = [
        iam.PolicyStatement(
            actions=["secretsmanager:GetSecretValue"], resources=[granted_arn(secret)]
        )
    ]
    if secret.encryption_key is not None:
        via = via_service("secretsmanager", place_of(secret).region)
        found.append(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[secret.encryption_key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": via}},
            )
        )
    return found
