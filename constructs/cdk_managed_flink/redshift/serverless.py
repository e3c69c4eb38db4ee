"""RedshiftServerlessWarehouse: a namespace and a workgroup of Redshift Serverless."""

from collections.abc import Sequence
from typing import Any

import jsii
from aws_cdk import (
    IStableAnyProducer,
    IStableListProducer,
    Lazy,
    RemovalPolicy,
    Stack,
)
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_redshiftserverless as redshift
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct, IConstruct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.functions.custom_resource import ManagedFlinkResource
from cdk_managed_flink.redshift.existing import ExistingWorkgroup
from cdk_managed_flink.redshift.identifiers import check_identifier
from cdk_managed_flink.redshift.naming import warehouse_name
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse
from cdk_managed_flink.redshift.workgroup import check_capacity, selected_subnets

_LOGS = ["connectionlog", "useractivitylog", "userlog"]


class RedshiftServerlessWarehouse(RedshiftWarehouse):
    """A warehouse of Redshift Serverless: private, encrypted, with a limit to what it costs.

    Its administrator's password is made, kept in AWS Secrets Manager and rotated by Redshift; no
    template and no log has it. SQL of sinks runs under it.

    Args:
        vpc: Its VPC. Redshift asks for subnets in three zones.
        subnets: Default: the private ones with a way out, else the isolated ones; the public ones
            with ``publicly_accessible``.
        name: Name of namespace and workgroup, a literal. Default: derived from the stack's name and
            the construct's path. A change replaces both, with all data.
        database: The first database. Default ``dev``, as Redshift has it.
        base_capacity: Redshift processing units: 4, or a multiple of 8 up to 1,024. Default 8.
        max_capacity: To which it may grow; what an hour can cost at most. Default 64.
        encryption_key: Customer managed key for the data and the administrator's secret. Default:
            a new one.
        publicly_accessible: A public address in public subnets, and no enhanced VPC routing: only
            ``RedshiftFirehoseSink`` needs that. Default off.
        security_groups: Existing groups; their rules are theirs. Default: a new one that nothing
            may open connections to.
        removal_policy: Removal policy of the namespace, which holds the data. Default
            ``RETAIN_ON_UPDATE_OR_DELETE``; the workgroup, which holds none, is always deleted.

    Attributes:
        namespace: The L1, a ``redshiftserverless.CfnNamespace``: the escape hatch.
        resource: The L1 of the workgroup, likewise.
        name: Name of both.
        key: As given, or the new one.

    Raises:
        ValueError: An illegal name, or capacities that Redshift does not have.
    """

    from_workgroup_arn = staticmethod(ExistingWorkgroup)

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        name: str | None = None,
        database: str = "dev",
        base_capacity: int = 8,
        max_capacity: int = 64,
        encryption_key: kms.IKey | None = None,
        publicly_accessible: bool = False,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id)
        check_identifier("RedshiftServerlessWarehouse", "database", database)
        check_capacity(self, base_capacity, max_capacity)
        self.name = warehouse_name(self, name)
        self.database = database
        self.publicly_accessible = publicly_accessible
        self.enhanced_vpc_routing = not publicly_accessible
        removal = effective_removal(self, removal_policy)
        self.key = encryption_key or kms.Key(
            self,
            "Key",
            description=f"Warehouse {self.node.path}",
            enable_key_rotation=True,
            removal_policy=removal,
        )
        self._security_groups = list(security_groups) or [
            ec2.SecurityGroup(
                self, "SecurityGroup", vpc=vpc, description=f"Warehouse {self.node.path}"
            )
        ]
        self._roles: list[iam.Role] = []
        self._buckets: list[s3.IBucket] = []
        self.namespace = redshift.CfnNamespace(
            self,
            "Namespace",
            namespace_name=self.name,
            db_name=database,
            admin_username="admin",
            manage_admin_password=True,
            admin_password_secret_kms_key_id=self.key.key_id,
            kms_key_id=self.key.key_id,
            log_exports=_LOGS,
            iam_roles=Lazy.list(_RoleArns(self._roles), omit_empty=True),
            namespace_resource_policy=Lazy.any(_InboundPolicy(self, self._buckets)),
        )
        self.namespace.apply_removal_policy(removal)
        self.resource = redshift.CfnWorkgroup(
            self,
            "Resource",
            workgroup_name=self.name,
            namespace_name=self.namespace.ref,
            base_capacity=base_capacity,
            max_capacity=max_capacity,
            subnet_ids=selected_subnets(self, vpc, subnets, public=publicly_accessible),
            security_group_ids=[group.security_group_id for group in self._security_groups],
            publicly_accessible=publicly_accessible,
            enhanced_vpc_routing=self.enhanced_vpc_routing,
            config_parameters=[
                redshift.CfnWorkgroup.ConfigParameterProperty(
                    parameter_key="require_ssl", parameter_value="true"
                )
            ],
        )
        self.namespace_arn = self.namespace.attr_namespace_namespace_arn
        self.endpoint = self.resource.attr_workgroup_endpoint_address
        self.secret = self._admin_secret()

    def connection(self) -> dict[str, str]:
        """Workgroup, database and the administrator's secret."""
        assert self.secret is not None  # made by the constructor
        return {
            "WorkgroupName": self.resource.ref,
            "Database": self.database,
            "SecretArn": self.secret.secret_arn,
        }

    def load_role(self, scope: Construct, id: str) -> iam.Role:
        """A new role that only warehouses of this account and Region assume, attached to this one.

        Both principals: "Authorizing Amazon Redshift Serverless to access other AWS services". No
        right to pass it is needed at run time, since CloudFormation attaches it.
        """
        stack = place_of(scope).stack
        self._check_stack(stack)
        users = f"arn:{stack.partition}:redshift:{stack.region}:{stack.account}:dbuser:*/*"
        # "Restricting access to IAM roles", Redshift Management Guide.
        conditions = {"StringLike": {"sts:ExternalId": users}}
        services = ("redshift-serverless.amazonaws.com", "redshift.amazonaws.com")
        role = iam.Role(
            scope,
            id,
            assumed_by=iam.CompositePrincipal(
                *(iam.ServicePrincipal(name, conditions=conditions) for name in services)
            ),
            description=f"Reads what is loaded into {self.node.path}",
        )
        self._roles.append(role)
        return role

    def authorize(self, bucket: s3.IBucket) -> None:
        """Let new objects of the bucket be announced, by the namespace's own policy."""
        self._buckets.append(bucket)

    def _check_stack(self, stack: Stack) -> None:
        """The namespace names the sinks' roles and buckets, and they name it: no two stacks can."""
        if stack is not place_of(self).stack:
            raise invalid(
                self,
                "warehouse",
                f"{self.node.path} for a sink in {stack.node.path}",
                "a warehouse of the sink's stack",
                "In another stack, import it: RedshiftServerlessWarehouse.from_workgroup_arn(...).",
            )

    def before_sql(self) -> Sequence[IConstruct]:
        """The workgroup, which runs the statements, with the namespace's roles."""
        return [self.namespace, self.resource]

    def _arn(self) -> str:
        return self.resource.attr_workgroup_workgroup_arn

    def _admin_secret(self) -> secretsmanager.ISecret:
        """The secret that Redshift has created: no attribute in CloudFormation has its ARN."""
        lookup = ManagedFlinkResource(
            self,
            "AdminSecret",
            kind="RedshiftAdminSecret",
            properties={"NamespaceName": self.namespace.ref},
            statements=[
                iam.PolicyStatement(
                    actions=["redshift-serverless:GetNamespace"],
                    resources=[self.namespace_arn or ""],
                )
            ],
        )
        return secretsmanager.Secret.from_secret_attributes(
            self,
            "Admin",
            secret_complete_arn=lookup.attribute("SecretArn"),
            encryption_key=self.key,
        )


@jsii.implements(IStableListProducer)
class _RoleArns:
    """The roles of all sinks, those bound late included."""

    def __init__(self, roles: Sequence[iam.Role]) -> None:
        self._roles = roles

    def produce(self) -> list[str]:
        return [role.role_arn for role in self._roles]


@jsii.implements(IStableAnyProducer)
class _InboundPolicy:
    """The namespace's policy, as "Prerequisites to creating an S3 event integration" has it."""

    def __init__(self, warehouse: Construct, buckets: Sequence[s3.IBucket]) -> None:
        self._warehouse = warehouse
        self._buckets = buckets

    def produce(self) -> Any:  # noqa: ANN401
        if not self._buckets:
            return None
        stack = place_of(self._warehouse).stack
        announced = {
            "StringEquals": {
                "aws:SourceArn": [bucket.bucket_arn for bucket in self._buckets],
                "aws:SourceAccount": stack.account,
            }
        }
        root = f"arn:{stack.partition}:iam::{stack.account}:root"
        # No Resource: the policy cannot name the namespace that it is a property of.
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": principal,
                    "Action": f"redshift:{action}InboundIntegration",
                    "Condition": announced,
                }
                for principal, action in (
                    ({"Service": "redshift.amazonaws.com"}, "Authorize"),
                    ({"AWS": root}, "Create"),
                )
            ],
        }
