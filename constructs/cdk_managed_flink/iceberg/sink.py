"""IcebergSink: an Iceberg table in S3 and the Glue Data Catalog as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import check_new_or_existing, invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.connectors.connectors import connector_for
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.iceberg.definition import IcebergTable
from cdk_managed_flink.iceberg.glue_table import glue_table
from cdk_managed_flink.iceberg.maintenance import IcebergMaintenance
from cdk_managed_flink.iceberg.properties import check_upsert, key_rule, table_properties
from cdk_managed_flink.iceberg.s3_tables_sink import S3TablesSink
from cdk_managed_flink.s3.bucket import (
    check_prefix,
    grant_objects,
    new_bucket,
)
from cdk_managed_flink.s3.lake_table import (
    catalog_arns,
    catalog_name,
    check_catalog_name,
    database_of,
)

_GLUE_CATALOG = "org.apache.iceberg.aws.glue.GlueCatalog"
_S3_FILES = "org.apache.iceberg.aws.s3.S3FileIO"


@dataclass(frozen=True, kw_only=True, eq=False)
class IcebergSink(Sink[s3.IBucket]):
    """Rows in an Iceberg table, each exactly once: they are committed with checkpoints.

    Each checkpoint is a version of the table, so its interval decides how fresh the data is, and
    how much there is to compact. ``IcebergSink.s3_tables(...)`` has the service look after that.

    Attributes:
        bucket: An existing bucket for the files; it is never changed. Default: a new one,
            versioned, closed to the public, TLS only.
        encryption_key: Key of the existing bucket, if the imported resource does not expose it.
        prefix: Where below the bucket, ending in ``/``. Default: the table's name.
        database: An existing database of the Glue Data Catalog. Default: a new one, named after
            application and table. Kept with the table in it, as the bucket is.
        table_name: In the catalog. Default: that of the job's table, in lower case.
        table: Columns and partitions of a table that the stack makes. Default: the job takes the
            one that is there, or makes it from its ``CREATE TABLE`` when it first starts,
            ``PARTITIONED BY`` included.
        upsert: Whether a row replaces the one with its key, which is the DDL's ``PRIMARY KEY (…)
            NOT ENFORCED``. Default no. Readers then have to know equality deletes; not all do.
        maintenance: Glue's optimizers, for a ``table`` alone. Default: none.
        server_access_logs: Whether the new bucket logs into one that is made for it. Default no.
        table_options: Further connector options, Iceberg's table properties among them; they win
            over the defaults.
        resource_id: Keeps bucket, database and table when the job's table is renamed: their names
            come from it. Default: the table's name.
        removal_policy: Removal policy of all that is made. Default: the application's.

    Raises:
        ValueError: A malformed name or prefix, ``upsert`` into a ``table`` without a key,
            ``maintenance`` without a ``table``, a ``table`` that exists without its bucket and
            database, or settings of a new bucket with an existing one.
    """

    bucket: s3.IBucket | None = None
    encryption_key: kms.IKey | None = None
    prefix: str | None = None
    database: str | None = None
    table_name: str | None = None
    table: IcebergTable | None = None
    upsert: bool = False
    maintenance: IcebergMaintenance | None = None
    server_access_logs: bool = False
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    @staticmethod
    def s3_tables(
        table: IcebergTable,
        *,
        table_bucket_arn: str | None = None,
        namespace: str | None = None,
        table_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        upsert: bool = False,
        table_options: Mapping[str, str] | None = None,
        resource_id: str | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> S3TablesSink:
        """The same table in a table bucket of S3, where the service compacts and cleans up.

        Args:
            table: Columns and partitions.
            table_bucket_arn: An existing table bucket. Default: a new one.
            namespace: In it; has to be there in an existing table bucket. Default: ``lake``, made.
            table_name: Default: that of the job's table, in lower case.
            encryption_key: Key of the existing table bucket, if it has one of the customer's.
            upsert: As ``IcebergSink`` has it.
            table_options: Further connector options; they win over the defaults.
            resource_id: Keeps table bucket and table when the job's table is renamed.
            removal_policy: Removal policy of all that is made. Default: the application's.

        Raises:
            ValueError: As ``S3TablesSink`` says.
        """
        return S3TablesSink(
            table=table,
            table_bucket_arn=table_bucket_arn,
            namespace=namespace,
            table_name=table_name,
            encryption_key=encryption_key,
            upsert=upsert,
            table_options=table_options or {},
            resource_id=resource_id,
            removal_policy=removal_policy,
        )

    def __post_init__(self) -> None:
        check_prefix("IcebergSink", self.prefix)
        if self.prefix == "":
            raise invalid(
                "IcebergSink",
                "prefix",
                "",
                "a folder, such as lake/clicks/",
                "A table has a folder of its own: everything in it counts as the table's.",
            )
        check_catalog_name("IcebergSink", "database", self.database)
        check_catalog_name("IcebergSink", "table_name", self.table_name)
        check_new_or_existing(
            "IcebergSink",
            "bucket",
            self.bucket,
            self.encryption_key,
            {"server_access_logs": self.server_access_logs},
        )
        if self.maintenance is not None and self.table is None:
            raise invalid(
                "IcebergSink",
                "maintenance",
                "IcebergMaintenance(...)",
                "nothing without table=",
                "An optimizer takes a table that is there: pass table=IcebergTable(columns=...) "
                "to have the stack make it, before the job first starts.",
            )
        existing = self.bucket is not None and self.database is not None
        if self.table is not None and self.table.exists and not existing:
            raise invalid(
                "IcebergSink",
                "table",
                "a table that exists",
                "bucket= and database= as well",
                "Use bucket= for its files and database= for its name.",
            )
        check_upsert("IcebergSink", self.upsert, self.table)

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return [connector_for("iceberg", runtime)]

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[s3.IBucket]:
        """Make or take bucket, database and table; grant what the catalog and its files take."""
        id_ = self.resource_id or name
        removal = effective_removal(scope, self.removal_policy or application.removal_policy)
        new = None if self.bucket is not None else self._new_bucket(scope, application, id_)
        bucket = self.bucket or new
        assert bucket is not None  # one of both
        place = new or Construct(scope, id_)
        prefix = self.prefix if self.prefix is not None else f"{id_}/"
        location = f"s3://{bucket.bucket_name}/{prefix}".removesuffix("/")
        table_name = self.table_name or catalog_name(id_)
        key = bucket.encryption_key or self.encryption_key
        database = database_of(place, application, self.database, id_, removal=removal)
        prerequisites: list[IConstruct] = [] if database.resource is None else [database.resource]
        made: list[IConstruct] = []
        if self.table is not None and not self.table.exists:
            table = glue_table(
                place,
                self.table,
                database=database.name,
                name=table_name,
                location=location,
                properties=table_properties(upsert=self.upsert),
            )
            table.apply_removal_policy(removal)
            for needed in prerequisites:
                table.node.add_dependency(needed)
            made = [table]
        if self.maintenance is not None:
            self.maintenance.create(
                Construct(place, "Maintenance"),
                database=database.name,
                name=table_name,
                prerequisites=made,
                bucket=bucket,
                prefix=prefix,
                key=key,
            )
        self._grant(application, database.name, table_name)
        grant_objects(
            bucket,
            key,
            application,
            prefix=prefix,
            actions=[
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
            ],
            key_actions=["kms:Decrypt", "kms:GenerateDataKey"],
            of_bucket=[],  # it knows its files by its metadata, and lists none
            reason="Iceberg writes files of any name below the table's folder.",
        )
        return Binding(
            properties=checked_options(
                "IcebergSink",
                {
                    "connector": "iceberg",
                    "catalog-name": "glue",
                    "catalog-impl": _GLUE_CATALOG,
                    "catalog-database": database.name,
                    "catalog-table": table_name,
                    "io-impl": _S3_FILES,
                    "client.region": place_of(application).region,
                    "location": location,
                    **table_properties(upsert=self.upsert),
                },
                self.table_options,
                runtime=application.runtime,
                kind="sink",
                fields={
                    "location": "Use bucket= and prefix= instead.",
                    "catalog-database": "Use database= instead.",
                    "catalog-table": "Use table_name= instead.",
                },
            ),
            resource=bucket,
            service_endpoints=["glue", "s3"],
            prerequisites=[*prerequisites, *made],
            columns=None if self.table is None else self.table.wanted,
            rules=key_rule(self.upsert, self.table),
        )

    def _grant(self, application: ApplicationBase, database: str, table: str) -> None:
        """What the catalog calls: it looks for both, makes the table once, commits to it."""
        iam.Grant.add_to_principal(
            grantee=application.grant_principal,
            actions=["glue:GetDatabase"],
            resource_arns=catalog_arns(application, database),
        )
        iam.Grant.add_to_principal(
            grantee=application.grant_principal,
            actions=[
                *(["glue:CreateTable"] if self.table is None else []),
                "glue:GetTable",
                "glue:UpdateTable",
            ],
            resource_arns=catalog_arns(application, database, table),
        )

    def _new_bucket(self, scope: Construct, application: ApplicationBase, id: str) -> s3.Bucket:
        return new_bucket(
            scope,
            id,
            application,
            # Nothing expires but what was deleted: a table that lacks a file can't be read.
            rule=s3.LifecycleRule(
                id="Lifecycle",
                abort_incomplete_multipart_upload_after=Duration.days(7),
                noncurrent_version_expiration=Duration.days(30),
            ),
            removal_policy=self.removal_policy,
            server_access_logs=self.server_access_logs,
        )
