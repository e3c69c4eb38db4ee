"""A Kafka topic of the broker that runs here: what goes in, and what is in it.

The broker of this machine is the stand-in of a cluster that has no other stand-in. This client
comes in plain, as jobs do that log in by IAM.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Producer as Client

from .failure import LocalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confluent_kafka import Message

    from .scenario import Record

TIMEOUT_SECONDS = 15.0
POLL_SECONDS = 1.0
BY_KEY = -1
# The client's own words go nowhere: what it fails on comes back as an error.
QUIET: dict[str, Any] = {"log_level": 2, "security.protocol": "PLAINTEXT"}


class Producer:
    """Writes to one topic; `put` returns when the broker has everything."""

    def __init__(self, servers: str, topic: str) -> None:
        self.name = topic
        self._refused: list[str] = []
        settings = {
            "bootstrap.servers": servers,
            # Retries must not change the order, nor write anything twice.
            "enable.idempotence": True,
            # Java clients hash like this: the same key, the same partition.
            "partitioner": "murmur2_random",
            "message.timeout.ms": int(TIMEOUT_SECONDS * 1000),
            "linger.ms": 5,
        }
        self._client = Client({**QUIET, **settings})

    def put(self, records: Sequence[Record]) -> None:
        """Put a batch; one refused record is a failure."""
        for record in records:
            self._client.produce(
                self.name,
                value=record.data,
                key=record.key,
                partition=BY_KEY if record.partition is None else record.partition,
                on_delivery=self._told,
            )
        left = self._client.flush(TIMEOUT_SECONDS)
        if left or self._refused:
            reason = self._refused[0] if self._refused else f"{left} records got no answer"
            self._refused.clear()
            raise LocalError(f"sending to {self.name}", reason)

    def _told(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._refused.append(str(error))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A record of a topic."""

    value: bytes
    headers: dict[str, bytes]
    partition: int
    offset: int
    timestamp: int


def entries(servers: str, topic: str) -> list[Entry]:
    """Return all records of a topic that are committed."""
    settings = {
        "bootstrap.servers": servers,
        "group.id": "managed-flink-local",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
    }
    consumer = Consumer({**QUIET, **settings})
    try:
        return _read(consumer, topic)
    except KafkaException as error:
        raise LocalError(f"reading the topic {topic}", str(error)) from error
    finally:
        consumer.close()


def _read(consumer: Consumer, topic: str) -> list[Entry]:
    described = consumer.list_topics(topic, timeout=TIMEOUT_SECONDS).topics[topic]
    if described.error is not None:
        raise KafkaException(described.error)
    unfinished = set(described.partitions)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in unfinished])
    found: list[Entry] = []
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while unfinished and time.monotonic() < deadline:
        for message in consumer.consume(num_messages=1000, timeout=POLL_SECONDS):
            error = message.error()
            if error is None:
                found.append(_entry(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                unfinished.discard(message.partition() or 0)
            else:
                raise KafkaException(error)
        if not unfinished:
            break
    return found


def _entry(message: Message) -> Entry:
    headers: Any = message.headers() or []
    return Entry(
        value=message.value() or b"",
        headers={name: value or b"" for name, value in headers},
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=message.timestamp()[1],
    )


def rows(servers: str, topic: str, format: str) -> list[dict[str, object]]:
    """Return the records of a topic as rows.

    JSON is read; any other payload is the column `payload`, together with the headers as text.
    """
    return [_row(entry, format) for entry in entries(servers, topic)]


def _row(entry: Entry, format: str) -> dict[str, object]:
    if format == "json":
        row: dict[str, object] = json.loads(entry.value, parse_float=Decimal)
        return row
    headers = {name: value.decode("utf-8", "replace") for name, value in entry.headers.items()}
    return {**headers, "payload": entry.value}
