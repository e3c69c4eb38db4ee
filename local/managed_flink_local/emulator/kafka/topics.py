"""Topics on the broker, as a template asks for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from confluent_kafka import KafkaError
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
)

from managed_flink_local.emulator.kafka.answers import SECONDS, answered

_WHAT = "the topic"
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
        answered(self._admin.create_topics([topic], operation_timeout=SECONDS)[name], _WHAT)

    def change(
        self,
        name: str,
        partitions: int,
        configs: Mapping[str, str],
        dropped: Collection[str] = (),
    ) -> None:
        """Give a topic more partitions and other configs; those that are dropped, no longer.

        Raises:
            ValueError: the broker refuses it, as it does fewer partitions.
        """
        found = self._admin.list_topics(name, timeout=SECONDS).topics[name]
        if len(found.partitions) != partitions:
            answered(self._admin.create_partitions([NewPartitions(name, partitions)])[name], _WHAT)
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in _kept(configs).items()
        ] + [
            ConfigEntry(key, None, incremental_operation=AlterConfigOpType.DELETE)
            for key in dropped
            if key not in _MORE_REPLICAS
        ]
        if entries:
            resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries)
            answered(self._admin.incremental_alter_configs([resource])[resource], _WHAT)

    def delete(self, name: str) -> None:
        """Delete a topic; one that is gone is fine."""
        future = self._admin.delete_topics([name], operation_timeout=SECONDS)[name]
        answered(future, _WHAT, fine=KafkaError.UNKNOWN_TOPIC_OR_PART)

    def delete_all(self) -> None:
        """Delete every topic that is not Kafka's own."""
        for name in self._admin.list_topics(timeout=SECONDS).topics:
            if not name.startswith("__"):
                self.delete(name)


def _kept(configs: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in configs.items() if key not in _MORE_REPLICAS}
