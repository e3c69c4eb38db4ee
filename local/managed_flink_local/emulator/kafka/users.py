"""Users with a password on the broker."""

from __future__ import annotations

from confluent_kafka import KafkaError
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from managed_flink_local.emulator.kafka.answers import answered

_MECHANISM = ScramMechanism.SCRAM_SHA_512
# The least that Kafka takes: nobody attacks passwords of this machine.
_ITERATIONS = 4096


class Users:
    """Makes and deletes users."""

    def __init__(self, servers: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": servers, "log_level": 2})

    def put(self, name: str, password: str) -> None:
        """Let a user in by this password only.

        Raises:
            ValueError: the broker refuses it.
        """
        info = ScramCredentialInfo(_MECHANISM, _ITERATIONS)
        change = UserScramCredentialUpsertion(name, info, password=password.encode())
        answered(self._admin.alter_user_scram_credentials([change])[name], "the user")

    def delete(self, name: str) -> None:
        """Let a user in no longer; one that is gone is fine."""
        change = UserScramCredentialDeletion(name, _MECHANISM)
        future = self._admin.alter_user_scram_credentials([change])[name]
        answered(future, "the user", fine=KafkaError.RESOURCE_NOT_FOUND)
