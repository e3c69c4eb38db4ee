"""GlueFormat: records whose schema is in the Glue Schema Registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_iam as iam

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import cannot_combine, invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.connectors.connectors import connector_for
from cdk_managed_flink.formats.formats import Format, Side
from cdk_managed_flink.formats.schema_registry import Schema, SchemaRegistry


@dataclass(frozen=True, kw_only=True, eq=False)
class GlueFormat(Format):
    """Records whose schema is in the Glue Schema Registry, in a job's own Java or Python.

    No released Flink connector has it as a format of SQL tables, so a job in SQL is refused. The
    property group of the source or sink tells the job's code what it needs, by the names of
    ``AWSSchemaRegistryConstants`` below that of the format: ``avro-glue.region``,
    ``avro-glue.registry.name``, ``avro-glue.schemaName``, ….

    Attributes:
        schema: The schema, or its name.
        registry: Its registry, with a name.
        auto_register: Whether a writer may register schema and versions by itself. Default no: what
            is registered is reviewed with the stack.

    Raises:
        ValueError: A name without its registry, or a registry with a ``Schema``.
    """

    schema: Schema | str
    registry: SchemaRegistry | None = None
    auto_register: bool = False
    service_endpoints: Sequence[str] = ("glue",)

    def __post_init__(self) -> None:
        if isinstance(self.schema, str) and self.registry is None:
            raise invalid(
                "GlueFormat",
                "schema",
                self.schema,
                "registry.schema(...), or a name with registry=",
                "A name alone names no registry: pass the SchemaRegistry as well.",
            )
        if isinstance(self.schema, Schema) and self.registry is not None:
            raise cannot_combine(
                "GlueFormat",
                "registry",
                self.registry,
                "a Schema",
                "The schema knows its registry.",
            )

    @property
    def _schema(self) -> Schema:
        if isinstance(self.schema, Schema):
            return self.schema
        assert self.registry is not None  # checked in __post_init__
        return self.registry.existing_schema(self.schema)

    @property
    def name(self) -> str:  # type: ignore[override]
        """``avro-glue`` or ``json-glue``: a word for the property group, no format of Flink's."""
        return f"{self._schema.data_format.lower()}-glue"

    def options(self, prefix: str = "") -> Mapping[str, str]:
        """What the job's code hands to the serializer."""
        schema = self._schema
        own = f"{prefix}{self.name}"
        return {
            f"{prefix}format": self.name,
            f"{own}.region": schema.registry.region,
            f"{own}.registry.name": schema.registry.registry_name,
            f"{own}.schemaName": schema.name,
            f"{own}.dataFormat": schema.data_format.value,
            f"{own}.schemaAutoRegistrationEnabled": str(self.auto_register).lower(),
        }

    def artifacts(self, runtime: Runtime) -> Sequence[Connector]:
        aws = connector_for("dynamodb", runtime)
        kind = self._schema.data_format.lower()
        return [Connector(aws.group, f"flink-{kind}-glue-schema-registry", aws.version)]

    def grant(self, application: ApplicationBase, side: Side) -> None:
        """Reading a version, or looking one up by its definition; registering where asked.

        Raises:
            ValueError: The job is SQL.
        """
        schema = self._schema
        if application.is_text_read:
            raise invalid(
                application,
                "format",
                f"{self.name} ({schema.name}) with a job in SQL",
                "formats that Flink SQL has, such as json, avro or AvroConfluent(...)",
                "No released connector has the Glue Schema Registry as a table format: write the "
                'job in Java, or read format="raw".',
            )
        if schema.resource is not None:
            application.prerequisites.append(schema.resource)
        if side is Side.READ or self.auto_register:
            # A record names its version by an id alone, and so does a writer that waits for what it
            # has registered: the call "does not support resource based policies" (Glue guide, IAM
            # examples for deserializers).
            iam.Grant.add_to_principal(
                grantee=application.grant_principal,
                actions=["glue:GetSchemaVersion"],
                resource_arns=["*"],
            )
            acknowledge_wildcard(
                application.role,
                "*",
                "glue:GetSchemaVersion by a version's id is authorized against every resource.",
            )
        if side is Side.READ:
            return
        iam.Grant.add_to_principal(
            grantee=application.grant_principal,
            actions=[
                "glue:GetSchemaByDefinition",
                *(
                    [
                        "glue:CreateSchema",
                        "glue:PutSchemaVersionMetadata",
                        "glue:RegisterSchemaVersion",
                    ]
                    if self.auto_register
                    else []
                ),
            ],
            resource_arns=[schema.registry.registry_arn, schema.arn],
        )
