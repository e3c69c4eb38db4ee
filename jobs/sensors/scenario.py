"""The sensors job as `make demo`, `make send` and `make results` know it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from managed_flink_local.comparison import AnyRow
from managed_flink_local.scenario import Record, Scenario

from . import events, versions
from .comparison import KEYS
from .expected import expect

# A day has about this many events; the data set has a year of them.
EVENTS_A_DAY = 150
DAYS = 365


def _batches() -> dict[str, list[Record]]:
    return {name: _records(records) for name, records in events.batches().items()}


def _stream(count: int) -> list[Record]:
    """The first records of the year, which has about 70,000."""
    days = min(count // EVENTS_A_DAY + 2, DAYS)
    return _records(events.stream(days=days)[:count])


def _records(records: Iterable[events.Record]) -> list[Record]:
    return [Record(data=record.data, key=record.partition_key) for record in records]


def _expect(sent: Sequence[Record]) -> Mapping[str, Sequence[AnyRow]]:
    return expect(record.data for record in sent).rows


SCENARIO = Scenario(
    job="sensors",
    script="job.sql",
    source="events",
    sinks=KEYS,
    lake="lake",
    batches=_batches,
    stream=_stream,
    expect=_expect,
    version_2=versions.version_2,
    sick=versions.sick,
    sick_exception="NumberFormatException",
)
