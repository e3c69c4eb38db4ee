"""What every sink has to hold after a given input, by the rules of README.md, without Flink."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple, Protocol

Row = dict[str, object]

TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
TIME_TEXT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
NUMBER_TEXT: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
ACCOUNT_TEXT: Final = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}", re.ASCII)
FIELDS: Final = ("payment_id", "card", "account", "amount", "paid_at", "latitude", "longitude")

LATENESS: Final = timedelta(minutes=5)
CLOCK_SKEW: Final = timedelta(days=1)
MOST: Final = Decimal(50000)

SMALL: Final = Decimal(2)
BIG: Final = Decimal(500)
TESTS: Final = 3
TESTING_TIME: Final = timedelta(minutes=10)
TRAVEL_TIME: Final = timedelta(hours=6)
LEAST_KM: Final = 100.0
FASTEST_KMH: Final = 1000.0
EARTH_KM: Final = 6371.0


class Sent(Protocol):
    """A message of the topic."""

    @property
    def data(self) -> bytes:
        """The payload."""

    @property
    def partition(self) -> int | None:
        """Where it was sent to."""


class Payment(NamedTuple):
    """A good message."""

    time: datetime
    card: str
    payment_id: str
    account: str
    amount: Decimal
    latitude: float
    longitude: float


@dataclass
class Expected:
    """The rows of the three sinks. In dead letters `payload` is the message's bytes."""

    lake: list[Row] = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)

    @property
    def rows(self) -> dict[str, list[Row]]:
        """The rows by sink."""
        return {"lake": self.lake, "alerts": self.alerts, "rejected": self.rejected}


def expect(
    messages: Iterable[Sent], *, partitions: int, arrival: datetime | None = None
) -> Expected:
    """What the sinks hold once the job has read these messages in this order.

    `arrival` is when they came into the topic (now, unless given). It only decides what is from the
    future, with a day's grace.
    """
    horizon = (arrival or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None) + CLOCK_SKEW
    expected = Expected()
    on_time: list[Payment] = []
    seen: set[str] = set()
    newest = dict.fromkeys(range(partitions), datetime.min + LATENESS)
    for message in messages:
        partition = message.partition or 0
        document = _document(message.data.decode("utf-8", "replace"))
        time = _clock(document)
        if time is not None and time <= horizon:
            newest[partition] = max(newest[partition], time)
        judged = _judge(message.data, document, horizon)
        if judged is None:
            continue
        if isinstance(judged, str):
            expected.rejected.append({"reason": judged, "payload": message.data})
            continue
        if judged.payment_id in seen:
            continue
        seen.add(judged.payment_id)
        if judged.time <= newest[partition] - LATENESS:
            expected.rejected.append({"reason": "late", "payload": message.data})
            continue
        on_time.append(judged)
        expected.lake.append(_lake_row(judged))
    # The job's clock is that of the partition that is furthest behind.
    clock = min(newest.values()) - LATENESS
    expected.alerts = _alerts([payment for payment in on_time if payment.time <= clock])
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


def _clock(document: Mapping[str, object] | None) -> datetime | None:
    """The time that a message tells: a payment's, or a heartbeat's."""
    if document is None:
        return None
    paid_at = _text(document.get("paid_at"))
    return _time(paid_at if paid_at is not None else _text(document.get("heartbeat")))


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
) -> Payment | str | None:
    """The payment that a message holds, the reason why it is refused, or None: a heartbeat."""
    if payload.decode("utf-8", "replace").encode() != payload:
        return "not_utf8"
    if document is None:
        return "not_json"
    texts = {name: _text(document.get(name)) for name in FIELDS}
    heartbeat = _time(_text(document.get("heartbeat")))
    if heartbeat is not None and texts["payment_id"] is None:
        return None
    for name, text in texts.items():
        if text is None:
            return f"missing_{name}"
    return _judge_values({name: text or "" for name, text in texts.items()}, horizon)


def _judge_values(texts: Mapping[str, str], horizon: datetime) -> Payment | str:
    time = _time(texts["paid_at"])
    if time is None:
        return "bad_paid_at"
    if time > horizon:
        return "future_paid_at"
    amount = _number(texts["amount"])
    if amount is None:
        return "bad_amount"
    amount = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if not 0 < amount <= MOST:
        return "amount_out_of_range"
    latitude, longitude = _number(texts["latitude"]), _number(texts["longitude"])
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return "bad_position"
    if not _is_account(texts["account"]):
        return "bad_account"
    return Payment(
        time=time,
        card=texts["card"],
        payment_id=texts["payment_id"],
        account=texts["account"],
        amount=amount,
        latitude=float(latitude),
        longitude=float(longitude),
    )


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
    return number if number.adjusted() < 18 else None


def _is_account(text: str) -> bool:
    """An IBAN's check by hand: digit by digit, the remainder of 97 has to be one."""
    if not ACCOUNT_TEXT.fullmatch(text):
        return False
    remainder = 0
    for character in text[4:] + text[:4]:
        for digit in str(int(character, 36)):
            remainder = (remainder * 10 + int(digit)) % 97
    return remainder == 1


def _lake_row(payment: Payment) -> Row:
    return {
        "payment_id": payment.payment_id,
        "card": payment.card,
        "account": payment.account,
        "amount": payment.amount,
        "paid_at": payment.time,
        "latitude": payment.latitude,
        "longitude": payment.longitude,
        "dt": f"{payment.time:%Y-%m-%d}",
    }


def _alerts(payments: Iterable[Payment]) -> list[Row]:
    by_card: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        by_card[payment.card].append(payment)
    rows: list[Row] = []
    for of_card in by_card.values():
        of_card.sort(key=lambda payment: payment.time)
        rows += _card_testing(of_card)
        rows += _impossible_travel(of_card)
    return rows


def _card_testing(payments: Iterable[Payment]) -> list[Row]:
    """A big charge after several small ones; ordinary ones between them do not matter."""
    rows: list[Row] = []
    small: list[Payment] = []
    for payment in payments:
        if payment.amount < SMALL:
            small.append(payment)
        elif payment.amount >= BIG:
            recent = [test for test in small if payment.time - test.time < TESTING_TIME]
            if len(recent) >= TESTS:
                rows.append(_alert("card_testing", recent[0], payment, len(recent) + 1))
            small = []
    return rows


def _impossible_travel(payments: list[Payment]) -> list[Row]:
    """Two payments, one after the other, that nobody can have made with one card."""
    rows: list[Row] = []
    for here, there in itertools.pairwise(payments):
        passed = there.time - here.time
        far = _kilometres(here, there)
        reach = max(LEAST_KM, FASTEST_KMH * passed.total_seconds() / 3600)
        if passed < TRAVEL_TIME and far > reach:
            rows.append(_alert("impossible_travel", here, there, 2))
    return rows


def _kilometres(a: Payment, b: Payment) -> float:
    """How far apart, by the angle between the two places as seen from the earth's centre."""
    lat1, lon1, lat2, lon2 = map(math.radians, (a.latitude, a.longitude, b.latitude, b.longitude))
    along = math.cos(lat1) * math.cos(lat2) * math.cos(lon2 - lon1)
    return EARTH_KM * math.acos(min(1.0, math.sin(lat1) * math.sin(lat2) + along))


def _alert(rule: str, first: Payment, last: Payment, count: int) -> Row:
    return {
        "rule": rule,
        "card": last.card,
        "payment_id": last.payment_id,
        "paid_at": last.time.strftime(TIME_FORMAT),
        "amount": last.amount,
        "first_payment_id": first.payment_id,
        "first_paid_at": first.time.strftime(TIME_FORMAT),
        "payments": count,
    }
