"""The payments job as `make demo`, `make send` and `make results` know it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from managed_flink_local.comparison import AnyRow, Key
from managed_flink_local.scenario import Record, Scenario

from . import events, versions
from .expected import expect

# An hour has about this many messages, heartbeats among them.
MESSAGES_AN_HOUR = 500

KEYS: Final[Mapping[str, Key]] = {
    "lake": lambda row: row.get("payment_id"),
    "alerts": lambda row: (row.get("rule"), row.get("payment_id")),
    "rejected": lambda row: (row.get("reason"), row.get("payload")),
}


def _batches() -> dict[str, list[Record]]:
    return {name: _records(messages) for name, messages in events.batches().items()}


def _stream(count: int) -> list[Record]:
    return _records(events.stream(hours=count // MESSAGES_AN_HOUR + 2)[:count])


def _records(messages: Iterable[events.Message]) -> list[Record]:
    return [
        Record(data=message.data, key=message.key, partition=message.partition)
        for message in messages
    ]


def _expect(sent: Sequence[Record]) -> Mapping[str, Sequence[AnyRow]]:
    return expect(sent, partitions=events.PARTITIONS).rows


SCENARIO = Scenario(
    job="payments",
    script="job/job.sql",
    source="payments",
    sinks=KEYS,
    lake="lake",
    batches=_batches,
    stream=_stream,
    expect=_expect,
    version_2=versions.version_2,
)
