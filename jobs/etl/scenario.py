"""The etl job as `make demo`, `make send` and `make results` know it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from managed_flink_local.comparison import AnyRow, Key
from managed_flink_local.scenario import Record, Scenario

from . import events, versions
from .expected import expect


def payload_of(row: AnyRow) -> bytes:
    """The original payload of a dead letter."""
    encoded = row.get("payload_base64")
    if isinstance(encoded, str):
        return base64.b64decode(encoded)
    payload = row.get("payload")
    return payload if isinstance(payload, bytes) else str(payload).encode()


KEYS: Final[Mapping[str, Key]] = {
    "flights": lambda row: tuple(
        row.get(name) for name in ("carrier", "flight", "origin", "scheduled_at")
    ),
    "rejected": lambda row: (row.get("reason"), payload_of(row)),
}


def _batches() -> dict[str, list[Record]]:
    return {name: _records(messages) for name, messages in events.batches().items()}


def _stream(count: int) -> list[Record]:
    return _records(events.stream()[:count])


def _records(messages: Iterable[events.Message]) -> list[Record]:
    return [Record(data=message.data, key=message.key) for message in messages]


def _expect(sent: Sequence[Record]) -> Mapping[str, Sequence[AnyRow]]:
    return expect(record.data for record in sent).rows


SCENARIO = Scenario(
    job="etl",
    script="job.sql",
    source="departures",
    sinks=KEYS,
    lake="flights",
    batches=_batches,
    stream=_stream,
    expect=_expect,
    version_2=versions.version_2,
)
