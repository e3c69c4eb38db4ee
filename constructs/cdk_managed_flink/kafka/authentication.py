"""How a job shows a Kafka cluster who it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.secret_value import FlinkSecret
from cdk_managed_flink.kafka.values import check_list

_PROTOCOL = "properties.security.protocol"
_MECHANISM = "properties.sasl.mechanism"
_JAAS = "properties.sasl.jaas.config"
_LOGIN = "org.apache.kafka.common.security"
_SCRAM_LOGIN = "scram.ScramLoginModule"
_SCRAM_MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256")


class KafkaMode(StrEnum):
    """A way to authenticate; each has listeners, and so brokers' addresses, of its own.

    ``TLS`` and ``PLAINTEXT`` are the two ways to not authenticate at all.
    """

    IAM = "IAM"
    SCRAM = "SCRAM"
    PLAIN = "PLAIN"
    MTLS = "MTLS"
    TLS = "TLS"
    PLAINTEXT = "PLAINTEXT"

    @property
    def port(self) -> int:
        """The port inside of the VPC ("Port information", Amazon MSK Developer Guide)."""
        return {"IAM": 9098, "SCRAM": 9096, "PLAINTEXT": 9092}.get(self.value, 9094)


@dataclass(frozen=True, kw_only=True, eq=False)
class KafkaAuthentication:
    """One way to authenticate, made by ``iam()``, ``scram()``, ``plain()``, ``mtls()``, ``none()``.

    Attributes:
        mode: Which one.
        secret: Where the user or the client's certificate is kept.
        mechanism: Mechanism of SASL.
        fields: Names in the secret: user and password, or certificate, key and the key's password.
        certificate_authorities: ARNs of private authorities that a new cluster trusts.

    Raises:
        ValueError: One ARN in place of a list.
    """

    mode: KafkaMode
    secret: secretsmanager.ISecret | None = None
    mechanism: str | None = None
    fields: Sequence[str] = ()
    certificate_authorities: Sequence[str] = ()

    def __post_init__(self) -> None:
        check_list("KafkaAuthentication", "certificate_authorities", self.certificate_authorities)

    @classmethod
    def iam(cls) -> "KafkaAuthentication":
        """The application's role: the only way in which MSK knows rights on topics and groups."""
        return cls(mode=KafkaMode.IAM, mechanism="AWS_MSK_IAM")

    @classmethod
    def scram(
        cls,
        secret: secretsmanager.ISecret | None = None,
        *,
        mechanism: str = "SCRAM-SHA-512",
        username_field: str = "username",
        password_field: str = "password",
    ) -> "KafkaAuthentication":
        """A user and a password.

        MSK takes only secrets whose names begin with ``AmazonMSK_`` and that a customer managed key
        encrypts; hand such a key to ``Secret.from_secret_attributes``, or the role cannot decrypt.

        Args:
            secret: JSON with the user's name and password. Default, for a new ``MskCluster`` only:
                one that the cluster makes.
            mechanism: Default ``SCRAM-SHA-512``, the only one of MSK.
            username_field: Default ``username``, as MSK reads it.
            password_field: Default ``password``, as MSK reads it.

        Raises:
            ValueError: Another mechanism.
        """
        if mechanism not in _SCRAM_MECHANISMS:
            raise invalid(
                "KafkaAuthentication",
                "mechanism",
                mechanism,
                " or ".join(_SCRAM_MECHANISMS),
                "KafkaAuthentication.plain(secret) is SASL/PLAIN.",
            )
        return cls(
            mode=KafkaMode.SCRAM,
            secret=secret,
            mechanism=mechanism,
            fields=(username_field, password_field),
        )

    @classmethod
    def plain(
        cls,
        secret: secretsmanager.ISecret,
        *,
        username_field: str = "username",
        password_field: str = "password",
    ) -> "KafkaAuthentication":
        """A user and a password as SASL/PLAIN over TLS: for brokers that are not MSK's.

        Args:
            secret: JSON with the user's name, or the API key, and the password.
            username_field: Default ``username``.
            password_field: Default ``password``.
        """
        fields = (username_field, password_field)
        return cls(mode=KafkaMode.PLAIN, secret=secret, mechanism="PLAIN", fields=fields)

    @classmethod
    def mtls(
        cls,
        secret: secretsmanager.ISecret,
        *,
        certificate_authorities: Sequence[str] = (),
        certificate_field: str = "certificate",
        key_field: str = "private_key",
        password_field: str | None = None,
    ) -> "KafkaAuthentication":
        """A client certificate. It reaches the job as text, so no file is needed where it runs.

        Args:
            secret: JSON with the certificate chain and the private key (PKCS #8), both PEM.
            certificate_authorities: ARNs of the private authorities (AWS Private CA) that a new
                ``MskCluster`` trusts.
            certificate_field: Default ``certificate``.
            key_field: Default ``private_key``.
            password_field: Where the password of an encrypted key is. Default: it is not encrypted.
        """
        return cls(
            mode=KafkaMode.MTLS,
            secret=secret,
            fields=(certificate_field, key_field, *([password_field] if password_field else [])),
            certificate_authorities=certificate_authorities,
        )

    @classmethod
    def none(cls, *, encrypted: bool = True) -> "KafkaAuthentication":
        """No authentication: whoever reaches the brokers reads and writes every topic.

        Args:
            encrypted: Default over TLS. ``False`` says that records may cross the network in plain
                text.
        """
        return cls(mode=KafkaMode.TLS if encrypted else KafkaMode.PLAINTEXT)

    def options(self) -> dict[str, str]:
        """Options of the table's connector; secrets are references that the job resolves."""
        if self.mode is KafkaMode.PLAINTEXT:
            return {_PROTOCOL: "PLAINTEXT"}
        if self.mechanism is None:
            return {_PROTOCOL: "SSL", **self._certificate()}
        options = {_PROTOCOL: "SASL_SSL", _MECHANISM: self.mechanism, _JAAS: self._login()}
        if self.mode is KafkaMode.IAM:
            options["properties.sasl.client.callback.handler.class"] = (
                "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
            )
        return options

    def _login(self) -> str:
        if self.mode is KafkaMode.IAM:
            return "software.amazon.msk.auth.iam.IAMLoginModule required;"
        module = "plain.PlainLoginModule" if self.mode is KafkaMode.PLAIN else _SCRAM_LOGIN
        user, password = (self._value(field).part for field in self.fields)
        return f'{_LOGIN}.{module} required username="{user}" password="{password}";'

    def _certificate(self) -> dict[str, str]:
        if self.mode is not KafkaMode.MTLS:
            return {}
        names = ("keystore.certificate.chain", "keystore.key", "key.password")
        return {
            "properties.ssl.keystore.type": "PEM",
            **{
                f"properties.ssl.{name}": self._value(field).reference
                for name, field in zip(names, self.fields, strict=False)
            },
        }

    def _value(self, field: str) -> FlinkSecret:
        assert self.secret is not None  # the cluster has seen to it
        return FlinkSecret.of(self.secret, field)
