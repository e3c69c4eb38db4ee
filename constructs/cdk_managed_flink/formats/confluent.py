"""Confluent-style schema registries: an address, a secret, and the Avro format that uses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.secret_grants import grant_secret
from cdk_managed_flink.application.secret_value import SECRETS_ENDPOINT, FlinkSecret
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.connectors.connectors import format_artifacts, secret_reader
from cdk_managed_flink.formats.formats import Format, Side

_AVRO = "avro-confluent"
_WITH_SUBJECT = (_AVRO, "debezium-avro-confluent")


@dataclass(frozen=True, kw_only=True, eq=False)
class ConfluentSchemaRegistry:
    """A registry with Confluent's interface, such as Confluent Cloud's, Karapace or Apicurio.

    Attributes:
        url: Its address; ``https`` where a secret goes with it. An application in a VPC needs a way
            there.
        secret: Holds user and password, or key and secret, in ``username_key`` and
            ``password_key``. Default: none, a registry that asks for no login.
        username_key: Default ``username``.
        password_key: Default ``password``.

    Raises:
        ValueError: An address of another kind, one with a login in it, or a secret that would be
            sent in plain text.
    """

    url: str
    secret: secretsmanager.ISecret | None = None
    username_key: str = "username"
    password_key: str = "password"

    def __post_init__(self) -> None:
        if is_token(self.url):
            return
        schemes = ("https://",) if self.secret is not None else ("https://", "http://")
        if not self.url.startswith(schemes):
            raise invalid(
                "ConfluentSchemaRegistry",
                "url",
                self.url,
                " or ".join(schemes),
                "A login must not be sent in plain text."
                if self.secret is not None
                else "Write the whole address.",
            )
        if "@" in urlsplit(self.url).netloc:
            raise invalid(
                "ConfluentSchemaRegistry",
                "url",
                "an address with a login",
                "an address alone",
                "It would stand in the template in plain text: hand the login in as secret=.",
            )

    def avro(self, subject: str | None = None) -> "AvroConfluent":
        """Avro with its schema under a subject; see ``AvroConfluent``."""
        return AvroConfluent(registry=self, subject=subject)


@dataclass(frozen=True, kw_only=True, eq=False)
class AvroConfluent(Format):
    """Flink's format ``avro-confluent``: the schema a record was written with is in a registry.

    Reading takes whatever version a record names. Writing registers the schema that follows from
    the table's columns.

    Attributes:
        registry: The registry.
        subject: Under which the schema is registered. Default: the connector's own, which only
            Kafka has (``<topic>-value``, ``<topic>-key``); a writer to anything else has to set it.

    Raises:
        ValueError: A subject without its registry.
    """

    registry: ConfluentSchemaRegistry | None = None
    subject: str | None = None
    name: str = _AVRO

    def __post_init__(self) -> None:
        if self.registry is None:
            raise invalid(
                "AvroConfluent",
                "registry",
                None,
                "ConfluentSchemaRegistry(url=...)",
                f"The subject {self.subject!r} alone names no registry."
                if self.subject
                else "The format looks schemas up in one.",
            )

    @property
    def service_endpoints(self) -> Sequence[str]:  # type: ignore[override]
        """Secrets Manager, where there is a login."""
        return () if self._registry.secret is None else (SECRETS_ENDPOINT,)

    @property
    def _registry(self) -> ConfluentSchemaRegistry:
        assert self.registry is not None  # checked in __post_init__
        return self.registry

    def options(self, prefix: str = "") -> Mapping[str, str]:
        """Address, subject and login."""
        own = f"{prefix}{_AVRO}"
        options = {f"{prefix}format": _AVRO, f"{own}.url": self._registry.url}
        if self.subject is not None:
            options[f"{own}.subject"] = self.subject
        secret = self._registry.secret
        if secret is not None:
            user = FlinkSecret.of(secret, self._registry.username_key)
            password = FlinkSecret.of(secret, self._registry.password_key)
            options[f"{own}.basic-auth.credentials-source"] = "USER_INFO"
            options[f"{own}.basic-auth.user-info"] = f"{user.part}:{password.part}"
        return options

    def artifacts(self, runtime: Runtime) -> Sequence[Connector]:
        reader = [] if self._registry.secret is None else secret_reader(runtime)
        return [*format_artifacts(_AVRO, runtime), *reader]

    def grant(self, application: ApplicationBase, side: Side) -> None:
        """The secret; the registry has its own users."""
        if self._registry.secret is not None:
            grant_secret(self._registry.secret, application)


def check_subject(where: str, options: Mapping[str, str]) -> None:
    """Refuse a writer without the subject that Kafka's connector alone fills in.

    Args:
        where: The sink's name.
        options: The table's, all of them.

    Raises:
        ValueError: The format registers schemas, and there is no subject.
    """
    name = options.get("format")
    if name in _WITH_SUBJECT and f"{name}.subject" not in options:
        raise invalid(
            where,
            "format",
            f"{name} without a subject",
            "a subject to register the table's schema under",
            'Use registry.avro("<subject>"): only Kafka\'s connector has one of its own.',
        )
