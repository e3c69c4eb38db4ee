"""What every sink has to hold after a given input, by the rules of README.md, without Flink."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

Row = dict[str, object]

TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
TIME_TEXT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)
NEEDED: Final = ("carrier", "flight", "origin", "dest", "scheduled_at", "distance")
OPTIONAL: Final = ("tail", "dep_delay", "arr_delay", "air_time")
LATE_MINUTES: Final = 15


@dataclass
class Expected:
    """The rows of the two sinks. In dead letters `payload` is the message's bytes."""

    flights: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)

    @property
    def rows(self) -> dict[str, list[Row]]:
        """The rows by sink."""
        return {"flights": self.flights, "rejected": self.rejected}


def expect(payloads: Iterable[bytes]) -> Expected:
    """What the sinks hold once the job has read these payloads, in any order."""
    expected = Expected()
    seen: set[object] = set()
    for payload in payloads:
        judged = _judge(payload)
        if isinstance(judged, str):
            expected.rejected.append({"reason": judged, "payload": payload})
            continue
        identity = tuple(judged[name] for name in ("carrier", "flight", "origin", "scheduled_at"))
        if identity not in seen:
            seen.add(identity)
            expected.flights.append(judged)
    return expected


def _document(text: str) -> Mapping[str, object] | None:
    """The JSON object that the text is, if it is one."""

    def refuse(constant: str) -> None:
        raise ValueError(f"Python reads {constant}, but it is not JSON")

    try:
        document = json.loads(text, parse_constant=refuse)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _text(value: object) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value) or None
        case _:
            return None


def _judge(payload: bytes) -> Row | str:
    """The row that a message becomes, or the reason why it is refused."""
    if payload.decode("utf-8", "replace").encode() != payload:
        return "not_utf8"
    document = _document(payload.decode())
    if document is None:
        return "not_json"
    texts = {name: _text(document.get(name)) for name in (*NEEDED, *OPTIONAL)}
    for name in NEEDED:
        if texts[name] is None:
            return f"missing_{name}"
    scheduled = _time(texts["scheduled_at"] or "")
    if scheduled is None:
        return "bad_scheduled_at"
    numbers: dict[str, int | None] = {}
    for name in ("flight", "distance", "dep_delay", "arr_delay", "air_time"):
        text = texts[name]
        if text is not None and not WHOLE_NUMBER.fullmatch(text):
            return f"bad_{name}"
        numbers[name] = None if text is None else int(text)
    for name in ("flight", "distance", "air_time"):
        if (numbers[name] or 1) < 1 or numbers[name] == 0:
            return f"bad_{name}"
    return _row(texts, numbers, scheduled)


def _row(
    texts: Mapping[str, str | None], numbers: Mapping[str, int | None], scheduled: datetime
) -> Row:
    delay, distance, air_time = numbers["dep_delay"], numbers["distance"], numbers["air_time"]
    return {
        "carrier": texts["carrier"],
        "flight": numbers["flight"],
        "tail": texts["tail"],
        "origin": texts["origin"],
        "dest": texts["dest"],
        "scheduled_at": scheduled,
        "departed_at": None if delay is None else scheduled + timedelta(minutes=delay),
        "dep_delay": delay,
        "arr_delay": numbers["arr_delay"],
        "air_time": air_time,
        "distance": distance,
        "mph": _speed(distance, air_time),
        "status": _status(delay),
        "dt": f"{scheduled:%Y-%m-%d}",
    }


def _speed(miles: int | None, minutes: int | None) -> Decimal | None:
    if miles is None or minutes is None:
        return None
    return (Decimal(miles * 60) / minutes).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _status(delay: int | None) -> str:
    if delay is None:
        return "cancelled"
    return "late" if delay > LATE_MINUTES else "on_time"


def _time(text: str) -> datetime | None:
    if not TIME_TEXT.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, TIME_FORMAT)
    except ValueError:
        return None
