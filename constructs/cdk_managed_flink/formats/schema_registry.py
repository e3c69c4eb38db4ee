"""Glue Schema Registry: registries and schemas, created or existing."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import ArnFormat, Names, RemovalPolicy
from aws_cdk import aws_glue as glue
from constructs import Construct, IConstruct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.tokens import is_token

_ARN = re.compile(r"arn:[^:]+:glue:[^:]+:[^:]+:registry/[^/]+")
_LONGEST = 170_000  # of a definition, by the resource type's schema


class DataFormat(StrEnum):
    """What a schema is written in."""

    AVRO = "AVRO"
    JSON = "JSON"


class Compatibility(StrEnum):
    """Which changes of a schema the registry accepts, by the service's own names."""

    NONE = "NONE"
    DISABLED = "DISABLED"
    BACKWARD = "BACKWARD"
    BACKWARD_ALL = "BACKWARD_ALL"
    FORWARD = "FORWARD"
    FORWARD_ALL = "FORWARD_ALL"
    FULL = "FULL"
    FULL_ALL = "FULL_ALL"


class SchemaRegistry(Construct):
    """A registry of the Glue Schema Registry: a new one, or ``from_registry_arn``.

    Args:
        registry_name: Default: derived from the construct's path; the service has no registries
            without a name.
        description: Shown in the console.
        removal_policy: Removal policy of the registry and its schemas. Default
            ``RETAIN_ON_UPDATE_OR_DELETE``: records that were written can't be read without them.

    Attributes:
        registry_name: Its name.
        registry_arn: Its ARN.
        region: Where it is.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        registry_name: str | None = None,
        description: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id)
        self.registry_name = registry_name or Names.unique_resource_name(
            self, max_length=255, separator="-", allowed_special_characters="-_$#."
        )
        self._removal = removal_policy
        self.resource: glue.CfnRegistry | None = None
        self._make(description)
        self.registry_arn = _arn(self, "registry", self.registry_name)
        self.region = place_of(self).region

    def _make(self, description: str | None) -> None:
        self.resource = glue.CfnRegistry(
            self, "Resource", name=self.registry_name, description=description
        )
        self.resource.apply_removal_policy(effective_removal(self, self._removal))

    @staticmethod
    def from_registry_arn(scope: Construct, id: str, registry_arn: str) -> "SchemaRegistry":
        """An existing registry; it is not changed, and neither are its schemas.

        Raises:
            ValueError: The ARN is no registry's.
        """
        if not is_token(registry_arn) and not _ARN.fullmatch(registry_arn):
            raise invalid(
                "SchemaRegistry",
                "registry_arn",
                registry_arn,
                "arn:<partition>:glue:<region>:<account>:registry/<name>",
                "Glue's console shows it next to the registry.",
            )
        return _ExistingRegistry(scope, id, arn=registry_arn)

    def schema(
        self,
        name: str,
        definition: str,
        *,
        compatibility: Compatibility = Compatibility.BACKWARD,
        data_format: DataFormat = DataFormat.AVRO,
        versions: Sequence[str] = (),
    ) -> "Schema":
        """Make a schema.

        Args:
            name: Name of the schema; what writers and readers call it.
            definition: The first version, as JSON text. It can't be changed later: a change would
                be another schema.
            compatibility: Which later versions are accepted. Default ``BACKWARD``: what is read
                with a new version can have been written with the one before.
            data_format: Default Avro.
            versions: Later versions, the oldest first; each is registered in its turn.

        Raises:
            ValueError: The registry is not made here, or a definition is no JSON or too long.
        """
        if self.resource is None:
            raise invalid(
                self,
                f"schema {name!r}",
                "an existing registry",
                "a registry that is made here",
                "An existing one is never changed: take a schema of it by existing_schema(name).",
            )
        for text in (definition, *versions):
            if not is_token(text) and not _is_schema(text):
                raise invalid(
                    self,
                    f"definition of schema {name!r}",
                    text,
                    f"JSON of at most {_LONGEST} characters",
                    "It is the text of the schema itself, of a file its read_text().",
                )
        schema = glue.CfnSchema(
            self,
            name,
            name=name,
            registry=glue.CfnSchema.RegistryProperty(arn=self.resource.attr_arn),
            data_format=data_format.value,
            compatibility=compatibility.value,
            schema_definition=definition,
        )
        schema.apply_removal_policy(effective_removal(self, self._removal))
        last: glue.CfnSchema | glue.CfnSchemaVersion = schema
        for number, text in enumerate(versions, start=2):
            version = glue.CfnSchemaVersion(
                self,
                f"{name}:{number}",  # no schema's name has a colon
                schema=glue.CfnSchemaVersion.SchemaProperty(schema_arn=schema.attr_arn),
                schema_definition=text,
            )
            version.apply_removal_policy(effective_removal(self, self._removal))
            # Versions are numbered in the order in which they arrive.
            version.node.add_dependency(last)
            last = version
        return Schema(self, name, data_format, last)

    def existing_schema(self, name: str, *, data_format: DataFormat = DataFormat.AVRO) -> "Schema":
        """A schema that is there already, or that a writer registers by itself."""
        return Schema(self, name, data_format, None)


class _ExistingRegistry(SchemaRegistry):
    def __init__(self, scope: Construct, id: str, *, arn: str) -> None:
        parts = place_of(scope).stack.split_arn(arn, ArnFormat.SLASH_RESOURCE_NAME)
        super().__init__(scope, id, registry_name=parts.resource_name)
        self.registry_arn = arn
        self.region = parts.region or self.region

    def _make(self, description: str | None) -> None:
        pass


@dataclass(frozen=True, eq=False)
class Schema:
    """A schema of a registry.

    Attributes:
        registry: Where it is.
        name: Its name.
        data_format: What it is written in.
        resource: The last version that was made here; ``None`` for an existing schema.
    """

    registry: SchemaRegistry
    name: str
    data_format: DataFormat
    resource: IConstruct | None

    @property
    def arn(self) -> str:
        """Its ARN."""
        registry = self.registry.registry_arn
        parts = place_of(self.registry).stack.split_arn(registry, ArnFormat.SLASH_RESOURCE_NAME)
        return place_of(self.registry).stack.format_arn(
            service="glue",
            resource="schema",
            resource_name=f"{self.registry.registry_name}/{self.name}",
            account=parts.account,
            region=parts.region,
            partition=parts.partition,
        )


def _arn(scope: Construct, resource: str, name: str) -> str:
    return place_of(scope).stack.format_arn(service="glue", resource=resource, resource_name=name)


def _is_schema(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return len(text) <= _LONGEST
