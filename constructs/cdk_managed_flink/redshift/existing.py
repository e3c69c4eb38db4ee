"""Warehouses that exist: what they were imported with, and who has to do the rest."""

import json
from collections.abc import Sequence
from typing import TypedDict, Unpack

from aws_cdk import Annotations, ArnFormat
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.recording_role import RecordingRole
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse


class KnownWarehouse(TypedDict, total=False):
    """What may be known of an existing warehouse; its settings are never changed.

    Attributes:
        secret: User and password that SQL runs under.
        role: A role that is attached to it: rights on what is loaded go to it.
        namespace_arn: ARN of its namespace, for ``RedshiftCopySink``.
        endpoint: Its address without the port, for ``RedshiftFirehoseSink``.
        port: On which it listens. Default 5439.
        publicly_accessible: Whether it has a public address. Default: it has none.
        enhanced_vpc_routing: Whether all of its traffic goes through the VPC. Default: it does not.
        security_groups: Its groups, which are opened for Firehose; MSK's let them in.
    """

    secret: secretsmanager.ISecret | None
    role: iam.IRole | None
    namespace_arn: str | None
    endpoint: str | None
    port: int
    publicly_accessible: bool
    enhanced_vpc_routing: bool
    security_groups: Sequence[ec2.ISecurityGroup]


class _Existing(RedshiftWarehouse):
    """Nothing of it is changed: grants go to the role that it was imported with."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, database: str, known: KnownWarehouse
    ) -> None:
        super().__init__(scope, id)
        self.name = name
        self.database = database
        self.secret = known.get("secret")
        self.namespace_arn = known.get("namespace_arn")
        self.endpoint = known.get("endpoint")
        self.port = known.get("port", self.port)
        self.publicly_accessible = known.get("publicly_accessible", False)
        self.enhanced_vpc_routing = known.get("enhanced_vpc_routing", False)
        self._security_groups = known.get("security_groups", ())
        self._role = known.get("role")
        self._handed: RecordingRole | None = None
        unknown = sorted(known.keys() - KnownWarehouse.__annotations__.keys())
        if unknown:
            raise TypeError(f"{type(self).__name__} has no argument {', '.join(unknown)}")
        self._check_endpoint()

    def load_role(self, scope: Construct, id: str) -> iam.IRole:
        if self._role is None:
            raise invalid(
                self,
                "role",
                None,
                "a role that is attached to the warehouse",
                f"What attaches it is no property of this stack: {self._attach()}, with a role "
                "that redshift.amazonaws.com may assume; then hand it in as role=.",
            )
        return self._role

    def grantee(self, role: iam.IRole) -> iam.IGrantable:
        """The same, with a warning of what it lacks if it cannot be changed here."""
        if self._handed is None:
            self._handed = RecordingRole(role)
            self._handed.watch(self)
        return self._handed

    def authorize(self, bucket: s3.IBucket) -> None:
        """Warn which policy its namespace needs: setting one would replace what it has."""
        conditions: dict[str, str] = {"aws:SourceAccount": place_of(self).account}
        if not is_token(bucket.bucket_arn):
            conditions["aws:SourceArn"] = bucket.bucket_arn
        if is_token(conditions["aws:SourceAccount"]):
            conditions["aws:SourceAccount"] = "<account>"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "redshift.amazonaws.com"},
            "Action": "redshift:AuthorizeInboundIntegration",
            "Condition": {"StringEquals": conditions},
        }
        Annotations.of(self).add_warning_v2(
            f"cdk-managed-flink:inbound-integration:{bucket.node.addr[-8:]}",
            f"{self.node.path} is imported, so the resource policy of its namespace is not changed "
            f"here. Add the statement {json.dumps(statement)} to it before the "
            "deploy: aws redshift get-resource-policy and put-resource-policy with --resource-arn "
            "of the namespace.",
        )

    def _check_endpoint(self) -> None:
        endpoint = self.endpoint
        if endpoint is None or is_token(endpoint):
            return
        if ":" in endpoint or "/" in endpoint:
            raise invalid(
                self,
                "endpoint",
                endpoint,
                "the host alone",
                "Remove the scheme, the port and the path: use port= and database= for these.",
            )

    def _attach(self) -> str:
        raise NotImplementedError


class ExistingWorkgroup(_Existing):
    """An existing workgroup of Redshift Serverless; its settings are never changed.

    Without ``secret``, SQL runs under the database user that belongs to the role of the stack's
    functions, which needs rights in the database.

    Args:
        workgroup_arn: Its ARN, which ends in an id and not in its name.
        workgroup_name: Its name.
        database: Where tables are created.
        known: See `KnownWarehouse`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        workgroup_arn: str,
        *,
        workgroup_name: str,
        database: str,
        **known: Unpack[KnownWarehouse],
    ) -> None:
        super().__init__(scope, id, name=workgroup_name, database=database, known=known)
        self._workgroup_arn = workgroup_arn

    def connection(self) -> dict[str, str]:
        """Workgroup and database, with the secret or as the functions' own role."""
        found = {"WorkgroupName": self.name, "Database": self.database}
        return found if self.secret is None else {**found, "SecretArn": self.secret.secret_arn}

    def _arn(self) -> str:
        return self._workgroup_arn

    def _rights_of_user(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                actions=["redshift-serverless:GetCredentials"], resources=[self._workgroup_arn]
            )
        ]

    def _attach(self) -> str:
        return (
            "aws redshift-serverless update-namespace --namespace-name ... --iam-roles, with the "
            "roles that the namespace has and the new one"
        )


class ExistingCluster(_Existing):
    """An existing provisioned cluster of this account and Region; its settings are never changed.

    Args:
        cluster_identifier: Its identifier.
        database: Where tables are created.
        db_user: Instead of a secret: a database user, by temporary credentials.
        known: See `KnownWarehouse`.

    Raises:
        ValueError: Both a secret and a database user, or neither.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        cluster_identifier: str,
        *,
        database: str,
        db_user: str | None = None,
        **known: Unpack[KnownWarehouse],
    ) -> None:
        super().__init__(scope, id, name=cluster_identifier, database=database, known=known)
        self._db_user = db_user
        if (self.secret is None) == (db_user is None):
            raise invalid(
                self,
                "secret",
                "neither a secret nor db_user" if db_user is None else "a secret and db_user",
                "one of the two",
                "Use secret= for a user with a password in AWS Secrets Manager, or db_user= for "
                "temporary credentials.",
            )

    def connection(self) -> dict[str, str]:
        """Cluster, database and user."""
        found = {"ClusterIdentifier": self.name, "Database": self.database}
        if self.secret is not None:
            return {**found, "SecretArn": self.secret.secret_arn}
        return {**found, "DbUser": self._db_user or ""}

    def _arn(self) -> str:
        return self._part("cluster", self.name)

    def _rights_of_user(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                actions=["redshift:GetClusterCredentials"],
                resources=[
                    self._part("dbname", f"{self.name}/{self.database}"),
                    self._part("dbuser", f"{self.name}/{self._db_user}"),
                ],
            )
        ]

    def _part(self, kind: str, name: str) -> str:
        return place_of(self).stack.format_arn(
            service="redshift",
            resource=kind,
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _attach(self) -> str:
        return (
            "aws redshift modify-cluster-iam-roles --cluster-identifier "
            f"{'...' if is_token(self.name) else self.name} "
            "--add-iam-roles"
        )
