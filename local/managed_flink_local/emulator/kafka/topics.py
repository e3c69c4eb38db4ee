"""Topics on the broker, as a template asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
)

_SECONDS = 15.0
# One broker has one replica, whatever the template asks for.
_ONE_REPLICA = 1
_MORE_REPLICAS = frozenset({"min.insync.replicas"})


class Topics:
    """Makes, changes and deletes topics."""

    def __init__(self, servers: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": servers, "log_level": 2})

    def create(self, name: str, partitions: int, configs: Mapping[str, str]) -> None:
        """Make a topic.

        Raises:
            ValueError: the broker refuses it.
        """
        topic = NewTopic(name, partitions, _ONE_REPLICA, config=_kept(configs))
        _wait(self._admin.create_topics([topic], operation_timeout=_SECONDS)[name])

    def change(self, name: str, partitions: int, configs: Mapping[str, str]) -> None:
        """Give a topic more partitions and other configs.

        Raises:
            ValueError: the broker refuses it, as it does fewer partitions.
        """
        found = self._admin.list_topics(name, timeout=_SECONDS).topics[name]
        if len(found.partitions) != partitions:
            _wait(self._admin.create_partitions([NewPartitions(name, partitions)])[name])
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in _kept(configs).items()
        ]
        if entries:
            resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries)
            _wait(self._admin.incremental_alter_configs([resource])[resource])

    def delete(self, name: str) -> None:
        """Delete a topic; one that is gone is fine."""
        future = self._admin.delete_topics([name], operation_timeout=_SECONDS)[name]
        _wait(future, fine=KafkaError.UNKNOWN_TOPIC_OR_PART)


def _kept(configs: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in configs.items() if key not in _MORE_REPLICAS}


def _wait(future: Future[Any], *, fine: int | None = None) -> None:
    try:
        future.result(timeout=_SECONDS)
    except KafkaException as error:
        told = error.args[0]
        if told.code() != fine:
            raise ValueError(f"AWS::MSK::Topic: the broker refuses it: {told.str()}") from error
