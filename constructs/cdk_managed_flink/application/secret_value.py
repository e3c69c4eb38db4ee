"""A secret as a property's value: read when the job starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_secretsmanager as secretsmanager

# Stands among the connectors for what reads secrets in the job; no artifact of Maven's.
SECRET_READER = Connector("cdk-managed-flink", "secret-reader", "1")
SECRETS_ENDPOINT = "secretsmanager"


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
                "Remove it to take the whole text.",
            )

    @property
    def reference(self) -> str:
        """What the property group holds: ``secret:<arn>[:key]``."""
        return ":".join(["secret", self.secret.secret_arn, *([self.key] if self.key else [])])

    @property
    def part(self) -> str:
        """The reference inside of a longer value: ``${secret:<arn>[:key]}``."""
        return f"${{{self.reference}}}"


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
