"""S3TablesSink: an Iceberg table in a table bucket of S3 as a table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Names, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3tables as s3tables
from constructs import Construct, IConstruct

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.connectors.connectors import connector_for
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.iceberg.bucket_table import bucket_table
from cdk_managed_flink.iceberg.definition import IcebergTable
from cdk_managed_flink.iceberg.properties import check_upsert, key_rule, table_properties
from cdk_managed_flink.s3.lake_table import catalog_name, check_catalog_name

_ARN = re.compile(r"arn:[\w-]+:s3tables:[\w-]+:\d{12}:bucket/[a-z0-9-]{3,63}")
_NAMESPACE = "lake"


@dataclass(frozen=True, kw_only=True, eq=False)
class S3TablesSink(Sink[s3tables.CfnTable | None]):
    """What ``IcebergSink.s3_tables(...)`` makes: rows in a table that the service looks after.

    Compaction, old versions and files that no version names are the service's work, on by default.
    In a new table bucket the files are encrypted with S3's own key: the service's maintenance would
    need a right on a key of the customer's.

    Attributes:
        table: Columns and partitions. Of one that ``exists`` nothing is made, and a binding has no
            ``resource``.
        table_bucket_arn: An existing table bucket; it is not changed. Default: a new one.
        namespace: Has to be there in an existing table bucket. Default: ``lake``, made.
        table_name: Default: that of the job's table, in lower case.
        encryption_key: Key of the existing table bucket, if it has one of the customer's; its
            policy has to let the service's maintenance use it.
        upsert: Whether a row replaces the one with its key.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps table bucket and table when the job's table is renamed: the table's name
            comes from it. Default: the table's name.
        removal_policy: Removal policy of all that is made. Default: the application's.

    Raises:
        ValueError: An ARN of something else, an existing table bucket without a namespace, a table
            or key of one without it, or ``upsert`` into a table without a key.
    """

    table: IcebergTable
    table_bucket_arn: str | None = None
    namespace: str | None = None
    table_name: str | None = None
    encryption_key: kms.IKey | None = None
    upsert: bool = False
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        arn = self.table_bucket_arn
        if arn is not None and not is_token(arn) and not _ARN.fullmatch(arn):
            raise invalid(
                "S3TablesSink",
                "table_bucket_arn",
                arn,
                "arn:<partition>:s3tables:<region>:<account>:bucket/<name>",
                "A table bucket is none of S3's plain buckets: take IcebergSink for those.",
            )
        if arn is not None and self.namespace is None:
            raise invalid(
                "S3TablesSink",
                "namespace",
                None,
                "a namespace of the existing table bucket",
                "An existing table bucket gets no namespace from here.",
            )
        if arn is None and (self.table.exists or self.encryption_key is not None):
            raise invalid(
                "S3TablesSink",
                "table_bucket_arn",
                None,
                "the ARN of the table bucket that the existing table is in, or that has the key",
                "A new table bucket has no table yet, and S3's own key.",
            )
        check_catalog_name("S3TablesSink", "namespace", self.namespace)
        check_catalog_name("S3TablesSink", "table_name", self.table_name)
        check_upsert("S3TablesSink", self.upsert, self.table)

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return [connector_for("iceberg", runtime)]

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[s3tables.CfnTable | None]:
        """Make table, namespace and table bucket; grant what the REST catalog's calls stand for.

        Raises:
            ValueError: The table bucket is of another Region or account.
        """
        id_ = self.resource_id or name
        removal = effective_removal(scope, self.removal_policy or application.removal_policy)
        place = Construct(scope, id_)
        namespace = self.namespace or _NAMESPACE
        table_name = self.table_name or catalog_name(id_)
        bucket_arn = self.table_bucket_arn
        prerequisites: list[IConstruct] = []
        if bucket_arn is None:
            bucket, made = self._new_bucket(place, namespace, removal)
            bucket_arn = bucket.attr_table_bucket_arn
            prerequisites = [bucket, made]
        else:
            _check_place(application, bucket_arn)
        table = None
        if not self.table.exists:
            table = bucket_table(
                place,
                self.table,
                bucket_arn=bucket_arn,
                namespace=namespace,
                name=table_name,
                upsert=self.upsert,
            )
            table.apply_removal_policy(removal)
            for needed in prerequisites:
                table.node.add_dependency(needed)
            prerequisites.append(table)
        self._grant(application, bucket_arn, namespace, table_name, table)
        region = place_of(application).region
        return Binding(
            properties=checked_options(
                "S3TablesSink",
                {
                    "connector": "iceberg",
                    "catalog-name": "s3tables",
                    "catalog-type": "rest",
                    "uri": f"https://s3tables.{region}.{place_of(application).url_suffix}/iceberg",
                    "warehouse": bucket_arn,
                    "rest.sigv4-enabled": "true",
                    "rest.signing-name": "s3tables",
                    "rest.signing-region": region,
                    "catalog-database": namespace,
                    "catalog-table": table_name,
                    "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
                    "client.region": region,
                    **table_properties(upsert=self.upsert),
                },
                self.table_options,
                runtime=application.runtime,
                kind="sink",
                fields={
                    "warehouse": "Use table_bucket_arn= instead.",
                    "catalog-database": "Use namespace= instead.",
                    "catalog-table": "Use table_name= instead.",
                },
            ),
            resource=table,
            service_endpoints=["s3", "s3tables"],
            prerequisites=prerequisites,
            columns=self.table.wanted,
            rules=key_rule(self.upsert, self.table),
        )

    def _grant(
        self,
        application: ApplicationBase,
        bucket_arn: str,
        namespace: str,
        name: str,
        table: s3tables.CfnTable | None,
    ) -> None:
        """What the REST endpoint's calls are authorized as: config, namespace; load, commit."""
        iam.Grant.add_to_principal(
            grantee=application.grant_principal,
            actions=["s3tables:GetNamespace", "s3tables:GetTableBucket"],
            resource_arns=[bucket_arn],
        )
        tables = f"{bucket_arn}/table/*"
        named = {"s3tables:namespace": namespace, "s3tables:tableName": name}
        iam.Grant.add_to_principal(
            grantee=application.grant_principal,
            actions=[
                "s3tables:GetTable",
                "s3tables:GetTableData",
                "s3tables:GetTableMetadataLocation",
                "s3tables:PutTableData",
                "s3tables:UpdateTableMetadataLocation",
            ],
            resource_arns=[tables if table is None else table.attr_table_arn],
            conditions={"StringEquals": named} if table is None else None,
        )
        if table is None:
            acknowledge_wildcard(
                application.role, tables, "The service numbers tables; the condition names this."
            )
        if self.encryption_key is not None:
            iam.Grant.add_to_principal(
                grantee=application.grant_principal,
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resource_arns=[self.encryption_key.key_arn],
                conditions={"StringLike": {"kms:EncryptionContext:aws:s3:arn": f"{bucket_arn}/*"}},
            )

    def _new_bucket(
        self, scope: Construct, namespace: str, removal: RemovalPolicy
    ) -> tuple[s3tables.CfnTableBucket, s3tables.CfnNamespace]:
        bucket = s3tables.CfnTableBucket(
            scope,
            "Resource",
            # The service has no table buckets without a name.
            table_bucket_name=Names.unique_resource_name(scope, max_length=63, separator="-")
            .lower()
            .strip("-"),
            encryption_configuration=s3tables.CfnTableBucket.EncryptionConfigurationProperty(
                sse_algorithm="AES256"
            ),
        )
        made = s3tables.CfnNamespace(
            scope, "Namespace", namespace=namespace, table_bucket_arn=bucket.attr_table_bucket_arn
        )
        for resource in (bucket, made):
            resource.apply_removal_policy(removal)
        return bucket, made


def _check_place(application: ApplicationBase, bucket_arn: str) -> None:
    if is_token(bucket_arn):
        return
    stack = place_of(application).stack
    _, _, _, *there, _ = bucket_arn.split(":")
    for known, its in zip((stack.region, stack.account), there, strict=True):
        if not is_token(known) and known != its:
            raise invalid(
                application,
                "table_bucket_arn",
                bucket_arn,
                f"a table bucket of {stack.region} in the account {stack.account}",
                "The job calls the catalog of its own Region and account.",
            )
