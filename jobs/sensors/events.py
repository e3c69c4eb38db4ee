"""The input: real hourly temperatures, replayed as the events of several sensors, with faults.

The temperatures are `seattle_temps` of the PyPI package `vega_datasets` (8,759 hours of 2010, °F).
Each sensor reports each hour; the network delivers with delays, so events overtake each other.
Faults are injected at known rates and every record knows its own. The same seed gives the same
bytes in the same order.

All batches are cuts of one stream, in the order of arrival: what is held back or sent twice in one
batch may arrive in a later one, across a redeploy.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypedDict

SEED: Final = 2010

# Sensors differ by where they hang: a constant added to the temperature of the hour.
SENSORS: Final = {
    "attic": 6.0,
    "bridge": -1.5,
    "garden": 0.0,
    "harbor": -2.5,
    "parking": 2.0,
    "roof": 3.5,
    "stadium": 1.0,
    "tunnel": -4.0,
}

# Lateness is judged across all sensors of a site, so their records share a shard: Kinesis keeps
# order within one partition key only.
PARTITION_KEY: Final = "seattle"

# Days of the stream per batch, in the order in which the demo sends them.
BATCHES: Final = {
    "first": 14,
    "before_redeploy": 4,
    "during_redeploy": 4,
    "after_redeploy": 4,
    "before_sick": 4,
    "during_sick": 4,
    "after_sick": 4,
}

# Of a thousand readings, so many have this fault.
FAULTS_PER_MILLE: Final = {
    "malformed": 10,
    "missing_field": 10,
    "wrong_type": 10,
    "not_utf8": 4,
    "out_of_range": 4,
    "future": 4,
    "late": 12,
    "spike": 6,
    "duplicate": 20,
}

# What the network takes for a record, in seconds. The job waits two hours for stragglers.
PROMPT: Final = (5, 45 * 60)
HELD_BACK: Final = (6 * 3600, 30 * 3600)
SENT_AGAIN: Final = (60, 60 * 3600)


class Event(TypedDict):
    """A reading as a sensor sends it."""

    event_id: str
    sensor: str
    event_time: str
    temperature: float


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record as it goes into the stream, and what is wrong with it (`None`: nothing)."""

    data: bytes
    fault: str | None
    arrival: datetime
    partition_key: str = PARTITION_KEY

    @property
    def entry(self) -> dict[str, object]:
        """The record as an entry of Kinesis' PutRecords."""
        return {"Data": self.data, "PartitionKey": self.partition_key}


def batches(seed: int = SEED) -> dict[str, list[Record]]:
    """All batches by name, in the order of `BATCHES`.

    Each begins with a record without fault: a version that fails on its first good record has
    then not even written a dead letter before.
    """
    records = stream(days=sum(BATCHES.values()), seed=seed)
    first_hour = hourly_temperatures()[0][0]
    cuts = [0]
    day = 0
    for days in BATCHES.values():
        day += days
        end = first_hour + timedelta(days=day)
        cut = sum(record.arrival < end for record in records)
        while cut < len(records) and records[cut].fault:
            cut += 1
        cuts.append(cut)
    cuts[-1] = sum(record.arrival < end for record in records)
    return {
        name: records[begin:end]
        for name, begin, end in zip(BATCHES, cuts[:-1], cuts[1:], strict=True)
    }


def stream(*, days: int, seed: int = SEED) -> list[Record]:
    """The records of so many days, in the order of arrival."""
    rng = random.Random(seed)
    records: list[Record] = []
    for hour, temperature in hourly_temperatures()[: days * 24]:
        for number, (sensor, offset) in enumerate(SENSORS.items()):
            time = hour + timedelta(minutes=7 * number, seconds=rng.randrange(60))
            event: Event = {
                "event_id": f"{sensor}-{time:%Y%m%d%H%M%S}",
                "sensor": sensor,
                "event_time": f"{time:%Y-%m-%dT%H:%M:%SZ}",
                "temperature": round(temperature + offset + rng.uniform(-0.5, 0.5), 1),
            }
            records.extend(_deliver(event, time, _fault(rng), rng))
    return sorted(records, key=lambda record: record.arrival)


def hourly_temperatures() -> list[tuple[datetime, float]]:
    """The data set, read from the installed package without importing it (it would load pandas)."""
    package = find_spec("vega_datasets")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError(
            "jobs/sensors replays a data set of the package vega_datasets, which is not installed: "
            "install it into this environment with `pip install vega_datasets`."
        )
    path = Path(package.submodule_search_locations[0], "_data", "seattle-temps.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (datetime.strptime(row["date"], "%Y/%m/%d %H:%M"), float(row["temp"]))
            for row in csv.DictReader(file)
        ]


def _fault(rng: random.Random) -> str | None:
    drawn = rng.randrange(1000)
    for fault, per_mille in FAULTS_PER_MILLE.items():
        if drawn < per_mille:
            return fault
        drawn -= per_mille
    return None


def _deliver(
    event: Event, time: datetime, fault: str | None, rng: random.Random
) -> Iterator[Record]:
    """The record or records that one reading becomes."""
    if fault == "duplicate":
        original = Record(data=_encode(event), fault=None, arrival=_after(time, PROMPT, rng))
        yield original
        again = _after(original.arrival, SENT_AGAIN, rng)
        yield Record(data=original.data, fault=fault, arrival=again)
        return
    data = _encode(event) if fault is None else _spoil(event, fault, rng)
    delay = HELD_BACK if fault == "late" else PROMPT
    yield Record(data=data, fault=fault, arrival=_after(time, delay, rng))


def _spoil(event: Event, fault: str, rng: random.Random) -> bytes:
    match fault:
        case "malformed":
            whole = _encode(event)
            broken = [whole[: rng.randrange(1, len(whole))], whole + whole, b"ERROR 503"]
            return rng.choice(broken)
        case "missing_field":
            gone = rng.choice(sorted(event))
            return _encode({field: value for field, value in event.items() if field != gone})
        case "wrong_type":
            wrong: Sequence[Mapping[str, object]] = (
                {"temperature": "warm"},
                {"temperature": None},
                {"temperature": True},
                {"event_time": "yesterday"},
                {"event_time": "2010-02-30T12:00:00Z"},
                {"sensor": {"name": event["sensor"]}},
            )
            return _encode({**event, **rng.choice(wrong)})
        case "not_utf8":
            return _encode({**event, "sensor": "caf\N{LATIN SMALL LETTER E WITH ACUTE}"}, "latin-1")
        case "out_of_range":
            return _encode({**event, "temperature": rng.choice([-459.7, 999.9, 140.1])})
        case "future":
            return _encode({**event, "event_time": "2999-12-31T23:59:59Z"})
        case "spike":
            off = rng.choice([-1, 1]) * rng.uniform(35, 50)
            return _encode({**event, "temperature": round(event["temperature"] + off, 1)})
        case _:
            return _encode(event)


def _encode(event: Mapping[str, object], encoding: str = "utf-8") -> bytes:
    return json.dumps(event, ensure_ascii=False).encode(encoding)


def _after(time: datetime, seconds: tuple[int, int], rng: random.Random) -> datetime:
    return time + timedelta(seconds=rng.randint(*seconds))
