"""A secret as a property's value: read when the job starts, granted to exactly this application."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_secretsmanager as secretsmanager

    from cdk_managed_flink.application.application import FlinkApplication

# Stands among the connectors for what reads secrets in the job; no artifact of Maven's.
SECRET_READER = Connector("cdk-managed-flink", "secret-reader", "1")
SECRETS_ENDPOINT = "secretsmanager"
# What Secrets Manager puts after a secret's name.
_SUFFIX = "-??????"
_WHOLE_ARN = re.compile(r"-[A-Za-z0-9]{6}$")
# An ARN, which may be a token or have some in it.
_PIECE = r"(?:[^:{}$]|\$\{Token\[[^\]]+\]\})+"
_REFERRED = re.compile(rf"(?:^|\$\{{)secret:(arn:(?:{_PIECE}:){{5}}{_PIECE}|{_PIECE})")


@dataclass(frozen=True, kw_only=True)
class FlinkSecret:
    """A secret of AWS Secrets Manager as a property's value.

    In a job of SQL or Python the property holds the secret itself, read when the job starts; a
    rotated secret counts from the next start on. A job in Java gets ``secret:<arn>[:key]`` and
    reads it by itself.

    Attributes:
        secret: The secret.
        key: A key of the secret's JSON object. Default: the whole text.
    """

    secret: "secretsmanager.ISecret"
    key: str | None = None

    @staticmethod
    def of(secret: "secretsmanager.ISecret", key: str | None = None) -> "FlinkSecret":
        """A secret, or one key of its JSON object.

        Raises:
            ValueError: The key has a brace in it.
        """
        return FlinkSecret(secret=secret, key=key)

    def __post_init__(self) -> None:
        key = self.key
        if key is not None and not is_token(key) and (not key or set(key) & set("{}")):
            raise invalid(
                "FlinkSecret",
                "key",
                key,
                "a key of the secret's JSON object, without braces",
                "Leave it out to take the whole text.",
            )

    @property
    def reference(self) -> str:
        """What the property group holds: ``secret:<arn>[:key]``."""
        return ":".join(["secret", self.secret.secret_arn, *([self.key] if self.key else [])])

    @property
    def part(self) -> str:
        """The reference inside of a longer value: ``${secret:<arn>[:key]}``."""
        return f"${{{self.reference}}}"


def grant_secret(secret: "secretsmanager.ISecret", application: "FlinkApplication") -> None:
    """Let an application read exactly this secret, and its key through Secrets Manager only."""
    application.granted_secrets.add(secret.secret_arn)
    _grant_read(application, granted_arn(secret))
    key: kms.IKey | None = secret.encryption_key
    if key is not None:
        grant_key_through(
            key, application.grant_principal, service="secretsmanager", actions=["kms:Decrypt"]
        )


def granted_arn(secret: "secretsmanager.ISecret") -> str:
    """What a statement names: the secret's ARN, with any end where its own is not known."""
    return secret.secret_full_arn or f"{secret.secret_arn}{_SUFFIX}"


def grant_references(text: str, application: "FlinkApplication") -> None:
    """Let an application read the secrets that a text refers to and nothing granted yet.

    Only their ARNs are known here: a customer managed key has to allow its use by itself.
    """
    for arn in _REFERRED.findall(text):
        if arn not in application.granted_secrets:
            application.granted_secrets.add(arn)
            is_whole = is_token(arn) or _WHOLE_ARN.search(arn)
            _grant_read(application, arn if is_whole else f"{arn}{_SUFFIX}")


def _grant_read(application: "FlinkApplication", arn: str) -> None:
    if arn.endswith(_SUFFIX):
        acknowledge_wildcard(
            application.role, arn, "The end of the secret's ARN, of 6 characters, is not known."
        )
    iam.Grant.add_to_principal(
        grantee=application.grant_principal,
        actions=["secretsmanager:GetSecretValue"],
        resource_arns=[arn],
    )


def reads_secrets(groups: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether a value of these groups is a reference to a secret."""
    return any(
        isinstance(value, FlinkSecret) or (isinstance(value, str) and refers(value))
        for group in groups.values()
        for value in group.values()
    )


def refers(value: str) -> bool:
    """Whether a value begins as a reference to a secret, or has one in it; tokens may follow."""
    return value.startswith("secret:") or "${secret:" in value
