"""What every sink has to hold after a given input, by the rules of README.md, without Flink."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

Row = dict[str, object]

TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
TIME_TEXT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
NUMBER_TEXT: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
FIELDS: Final = ("event_id", "sensor", "event_time", "temperature")

LATENESS: Final = timedelta(hours=2)
CLOCK_SKEW: Final = timedelta(days=1)
WINDOW: Final = timedelta(hours=6)
BASELINE: Final = timedelta(hours=24)
BASELINE_READINGS: Final = 12
DEVIATION: Final = Decimal(20)
LOWEST, HIGHEST = Decimal(-80), Decimal(140)


class Reading(NamedTuple):
    """A good record. The order of the fields sorts readings by time."""

    time: datetime
    sensor: str
    event_id: str
    temperature: Decimal


@dataclass
class Expected:
    """The rows of the three sinks. In dead letters `payload` is the record's bytes."""

    lake: list[Row] = field(default_factory=list)
    readings: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)

    @property
    def rows(self) -> dict[str, list[Row]]:
        """The rows by sink."""
        return {"lake": self.lake, "readings": self.readings, "rejected": self.rejected}


def expect(payloads: Iterable[bytes], *, arrival: datetime | None = None) -> Expected:
    """What the sinks hold once the job has read these payloads in this order.

    `arrival` is when they came into the stream (now, unless given). It only decides what is from
    the future, with a day's grace.
    """
    horizon = (arrival or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None) + CLOCK_SKEW
    expected = Expected()
    on_time: list[Reading] = []
    seen: set[str] = set()
    newest = datetime.min + LATENESS
    for payload in payloads:
        # A record that is not UTF-8 is refused, but its time counts if it can be read.
        document = _document(payload.decode("utf-8", "replace"))
        time = _time(_text(document.get("event_time"))) if document else None
        if time is not None and time <= horizon:
            newest = max(newest, time)
        judged = _judge(payload, document, horizon)
        if isinstance(judged, str):
            expected.rejected.append({"reason": judged, "payload": payload})
            continue
        if judged.event_id in seen:
            continue
        seen.add(judged.event_id)
        if judged.time <= newest - LATENESS:
            expected.rejected.append({"reason": "late", "payload": payload})
            continue
        on_time.append(judged)
        expected.lake.append(_lake_row(judged))
    expected.readings = _latest_windows(on_time, newest) + _anomalies(on_time, newest)
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


def _judge(
    payload: bytes, document: Mapping[str, object] | None, horizon: datetime
) -> Reading | str:
    """The reading that a record holds, or the reason why it is refused."""
    if payload.decode("utf-8", "replace").encode() != payload:
        return "not_utf8"
    if document is None:
        return "not_json"
    texts: dict[str, str] = {}
    for name in FIELDS:
        text = _text(document.get(name))
        if text is None:
            return f"missing_{name}"
        texts[name] = text
    time = _time(texts["event_time"])
    if time is None:
        return "bad_event_time"
    if time > horizon:
        return "future_event_time"
    temperature = _number(texts["temperature"])
    if temperature is None:
        return "bad_temperature"
    if not LOWEST <= temperature <= HIGHEST:
        return "temperature_out_of_range"
    return Reading(time, texts["sensor"], texts["event_id"], temperature)


def _time(text: str | None) -> datetime | None:
    if text is None or not TIME_TEXT.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, TIME_FORMAT)
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    if not NUMBER_TEXT.fullmatch(text.strip()):
        return None
    number = Decimal(text.strip())
    # The column has 18 digits before the point.
    return _rounded(number, "0.01") if number.adjusted() < 18 else None


def _rounded(number: Decimal, unit: str) -> Decimal:
    return number.quantize(Decimal(unit), ROUND_HALF_UP)


def _lake_row(reading: Reading) -> Row:
    return {
        "event_id": reading.event_id,
        "sensor": reading.sensor,
        "event_time": reading.time.strftime(TIME_FORMAT),
        "temperature": reading.temperature,
        "dt": f"{reading.time:%Y-%m-%d}",
    }


def _latest_windows(readings: Iterable[Reading], newest: datetime) -> list[Row]:
    windows: dict[str, dict[datetime, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for reading in readings:
        start = datetime.min + (reading.time - datetime.min) // WINDOW * WINDOW
        if newest >= start + WINDOW + LATENESS:
            windows[reading.sensor][start].append(reading.temperature)
    rows: list[Row] = []
    for sensor, of_sensor in sorted(windows.items()):
        start, temperatures = max(of_sensor.items())
        rows.append(
            {
                "sensor": sensor,
                "item": "latest",
                "window_start": start.strftime(TIME_FORMAT),
                "window_end": (start + WINDOW).strftime(TIME_FORMAT),
                "events": len(temperatures),
                "minimum": min(temperatures),
                "maximum": max(temperatures),
                "average": _mean(temperatures),
            }
        )
    return rows


def _anomalies(readings: Iterable[Reading], newest: datetime) -> list[Row]:
    by_sensor: dict[str, list[Reading]] = defaultdict(list)
    for reading in sorted(readings):
        by_sensor[reading.sensor].append(reading)
    rows: list[Row] = []
    for of_sensor in by_sensor.values():
        times = [reading.time for reading in of_sensor]
        for position, reading in enumerate(of_sensor):
            if newest < reading.time + LATENESS:
                break
            begin = bisect_left(times, reading.time - BASELINE)
            end = bisect_right(times, reading.time)
            others = of_sensor[begin:position] + of_sensor[position + 1 : end]
            if len(others) < BASELINE_READINGS:
                continue
            baseline = _mean([other.temperature for other in others])
            if abs(reading.temperature - baseline) > DEVIATION:
                rows.append(_anomaly_row(reading, baseline))
    return rows


def _anomaly_row(reading: Reading, baseline: Decimal) -> Row:
    time = reading.time.strftime(TIME_FORMAT)
    return {
        "sensor": reading.sensor,
        "item": f"anomaly#{time}#{reading.event_id}",
        "event_id": reading.event_id,
        "event_time": time,
        "temperature": reading.temperature,
        "baseline": baseline,
    }


def _mean(numbers: list[Decimal]) -> Decimal:
    return _rounded(sum(numbers, Decimal(0)) / len(numbers), "0.000001")
