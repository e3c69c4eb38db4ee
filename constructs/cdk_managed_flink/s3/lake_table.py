"""LakeTable: files as a table of the Glue Data Catalog, to be queried with Athena at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import RemovalPolicy
from aws_cdk import aws_glue as glue
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Columns, TableRules
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.s3.athena import AthenaWorkgroup
from cdk_managed_flink.s3.projections import Projection, check_columns

_NAME = re.compile(r"[a-z0-9_]{1,255}")
_HIVE = "org.apache.hadoop.hive.ql.io"


@dataclass(frozen=True)
class _Storage:
    """How a format's files are read, by the names of Hive's classes."""

    input: str
    output: str
    serde: str
    classification: str


# avro is not among them: its reader takes the schema as JSON, in which each column has a type that
# the list of columns does not determine.
_STORAGE = {
    "json-lines": _Storage(
        "org.apache.hadoop.mapred.TextInputFormat",
        f"{_HIVE}.HiveIgnoreKeyTextOutputFormat",
        "org.openx.data.jsonserde.JsonSerDe",
        "json",
    ),
    "parquet": _Storage(
        f"{_HIVE}.parquet.MapredParquetInputFormat",
        f"{_HIVE}.parquet.MapredParquetOutputFormat",
        f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
        "parquet",
    ),
    "orc": _Storage(
        f"{_HIVE}.orc.OrcInputFormat",
        f"{_HIVE}.orc.OrcOutputFormat",
        f"{_HIVE}.orc.OrcSerde",
        "orc",
    ),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class LakeTable:
    """Files as a table of the Glue Data Catalog, with a workgroup of Athena to query it in.

    Partitions are projected: Athena computes them, so nothing has to crawl or register them.

    Attributes:
        columns: Columns in the files, each with its type in Hive's words, such as ``string``,
            ``bigint``, ``double``, ``timestamp``, ``array<string>``. The job's table is held
            against them.
        partitions: What ``PARTITIONED BY`` names, in the same order, each with how its values are
            found; the job's table is held against it. Default: not partitioned.
        database: An existing database's name. Default: a new one, named after application and
            table.
        name: Name of the table. Default: that of the job's table, in lower case.
        workgroup: Where to query it. ``None`` makes none. Default: one with encrypted results, a
            limit on what a query may scan, and settings that a client can't change.

    Raises:
        ValueError: A name that is not lower case, or no columns.
    """

    columns: Mapping[str, str]
    partitions: Mapping[str, Projection] = field(default_factory=dict)
    database: str | None = None
    name: str | None = None
    workgroup: AthenaWorkgroup | None = field(default_factory=AthenaWorkgroup)

    def __post_init__(self) -> None:
        check_columns("LakeTable", self.columns, self.partitions)
        for name in ("database", "name"):
            check_catalog_name("LakeTable", name, getattr(self, name))

    @property
    def wanted(self) -> Columns:
        """The columns that the job's table has to have."""
        return Columns(names=[*self.columns, *self.partitions], reader="the Glue table")

    @property
    def rules(self) -> TableRules:
        """The partitions that the job's table has to declare."""
        return TableRules(partitions=list(self.partitions))

    def create(
        self,
        scope: Construct,
        application: ApplicationBase,
        *,
        name: str,
        location: str,
        format: str,
        removal: RemovalPolicy,
    ) -> "CatalogTable":
        """Make database, table and workgroup; but for results they hold no data, and so go with it.

        Args:
            scope: Where; the ids are taken in it.
            application: Whose key encrypts what queries find.
            name: What is named after the job's table.
            location: ``s3://…/`` of the files.
            format: Flink's name of the format.
            removal: Removal policy of the bucket for results.

        Raises:
            ValueError: Athena does not read the format by columns and types alone.
        """
        storage = _STORAGE.get(format)
        if storage is None:
            raise invalid(
                "S3Sink",
                "format",
                format,
                f"{', '.join(_STORAGE)} beside catalog=",
                "Choose one of these, or make the table by yourself.",
            )
        database = database_of(
            scope, application, self.database, name, removal=RemovalPolicy.DESTROY
        )
        table = glue.CfnTable(
            scope,
            "Table",
            catalog_id=place_of(scope).account,
            database_name=database.name,
            table_input=glue.CfnTable.TableInputProperty(
                name=self.name or catalog_name(name),
                table_type="EXTERNAL_TABLE",
                parameters={
                    "EXTERNAL": "TRUE",
                    "classification": storage.classification,
                    **self._projection(location),
                },
                partition_keys=[
                    glue.CfnTable.ColumnProperty(name=column, type=projection.type)
                    for column, projection in self.partitions.items()
                ],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=location,
                    columns=[
                        glue.CfnTable.ColumnProperty(name=column, type=type_)
                        for column, type_ in self.columns.items()
                    ],
                    input_format=storage.input,
                    output_format=storage.output,
                    serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=storage.serde),
                ),
            ),
        )
        table.apply_removal_policy(RemovalPolicy.DESTROY)
        if database.resource is not None:
            table.node.add_dependency(database.resource)
        if self.workgroup is not None:
            self.workgroup.create(scope, application, removal=removal)
        return CatalogTable(database, table)

    def _projection(self, location: str) -> Mapping[str, str]:
        if not self.partitions:
            return {}
        folders = "".join(f"{column}=${{{column}}}/" for column in self.partitions)
        return {
            "projection.enabled": "true",
            **{
                f"projection.{column}.{key}": value
                for column, projection in self.partitions.items()
                for key, value in projection.parameters().items()
            },
            "storage.location.template": f"{location}{folders}",
        }


@dataclass(frozen=True, eq=False)
class CatalogDatabase:
    """A database of the catalog.

    Attributes:
        name: Its name.
        resource: The L1, where it was made here.
    """

    name: str
    resource: glue.CfnDatabase | None


@dataclass(frozen=True, eq=False)
class CatalogTable:
    """A table of the catalog, and the database that it is in."""

    database: CatalogDatabase
    resource: glue.CfnTable


def database_of(
    scope: Construct,
    application: ApplicationBase,
    existing: str | None,
    name: str,
    *,
    removal: RemovalPolicy,
) -> CatalogDatabase:
    """The existing database, or a new one.

    It gets a name of its own: queries call it by that, and CloudFormation would make up one that
    SQL takes only in quotes.

    Raises:
        ValueError: Another one of the stack has the name already.
    """
    if existing is not None:
        return CatalogDatabase(existing, None)
    own = catalog_name(f"{application.application_name}_{name}")
    _check_free(scope, own)
    database = glue.CfnDatabase(
        scope,
        "Database",
        catalog_id=place_of(scope).account,
        database_input=glue.CfnDatabase.DatabaseInputProperty(name=own),
    )
    database.apply_removal_policy(removal)
    return CatalogDatabase(own, database)


def catalog_name(text: str) -> str:
    """A name that the catalog does not fold to another one, and SQL takes without quotes."""
    return re.sub(r"[^a-z0-9_]", "_", text.lower())


def _check_free(scope: Construct, name: str) -> None:
    for taken in place_of(scope).stack.node.find_all():
        if not isinstance(taken, glue.CfnDatabase):
            continue
        if getattr(taken.database_input, "name", None) == name:
            raise invalid(
                scope,
                "database",
                name,
                f"a name that {taken.node.path} has not",
                "Application and table make the name, in which all but letters and digits becomes "
                "_: name one of them otherwise, or pass database=.",
            )


def catalog_arns(scope: Construct, database: str, table: str | None = None) -> list[str]:
    """What IAM authorizes a call about a database or a table against: all that it is in as well."""
    stack = place_of(scope).stack
    arns = [
        stack.format_arn(service="glue", resource="catalog"),
        stack.format_arn(service="glue", resource="database", resource_name=database),
    ]
    if table is not None:
        named = f"{database}/{table}"
        arns.append(stack.format_arn(service="glue", resource="table", resource_name=named))
    return arns


def check_catalog_name(where: str, prop: str, name: str | None) -> None:
    """Refuse a name that the catalog would fold to another one.

    Raises:
        ValueError: It has other characters than lower-case letters, digits and ``_``.
    """
    if name is not None and not is_token(name) and not _NAME.fullmatch(name):
        raise invalid(
            where,
            prop,
            name,
            "lower-case letters, digits and _",
            "The catalog folds names to lower case, and Athena takes others only in quotes.",
        )
