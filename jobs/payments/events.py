"""The input: card payments of a made-up bank, with frauds and faults that it knows of.

There is no public record of real card payments, so these are generated, by `random` of the standard
library: the same seed gives the same bytes in the same order on every machine. What they are drawn
from is in README.md.

All batches are cuts of one stream, in the order of arrival: what is held back or sent twice in one
batch may arrive in a later one, across a redeploy.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypedDict
from zlib import crc32

SEED: Final = 1971
START: Final = datetime(2025, 1, 6)
PARTITIONS: Final = 4
CARDS: Final = 300

# Hours of the stream per batch, in the order in which the demo sends them.
BATCHES: Final = {
    "first": 6,
    "before_redeploy": 1,
    "during_redeploy": 1,
    "after_redeploy": 2,
}

TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"

# Where cards are at home: latitude, longitude.
CITIES: Final = {
    "amsterdam": (52.37, 4.90),
    "berlin": (52.52, 13.40),
    "lisbon": (38.72, -9.14),
    "madrid": (40.42, -3.70),
    "milan": (45.46, 9.19),
    "munich": (48.14, 11.58),
    "paris": (48.86, 2.35),
    "prague": (50.08, 14.44),
    "vienna": (48.21, 16.37),
    "warsaw": (52.23, 21.01),
}
EARTH_KM: Final = 6371.0
# Nobody gets anywhere faster: half of what the job takes for impossible.
TRAVEL_KMH: Final = 500.0
MERCHANTS: Final = 60

# Of a thousand payments, so many begin one of these.
FRAUDS_PER_MILLE: Final = {"card_testing": 6, "cloned_card": 6}
# What looks like a fraud and is none.
DECOYS_PER_MILLE: Final = {"two_small_then_big": 4, "slow_small_then_big": 4, "travel": 10}
FAULTS_PER_MILLE: Final = {
    "malformed": 8,
    "missing_field": 8,
    "wrong_type": 8,
    "not_utf8": 3,
    "bad_account": 6,
    "out_of_range": 5,
    "future": 3,
    "late": 8,
    "duplicate": 20,
}

MEAN_PAUSE_SECONDS: Final = 45 * 60
# What the network takes for a record, in seconds. The job waits five minutes for stragglers.
PROMPT: Final = (1, 120)
HELD_BACK: Final = (10 * 60, 60 * 60)
SENT_AGAIN: Final = (30, 3 * 3600)


class Payment(TypedDict):
    """A payment as a terminal sends it."""

    payment_id: str
    card: str
    account: str
    amount: float
    paid_at: str
    latitude: float
    longitude: float


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message as it goes into the topic, and what is wrong with it (`None`: nothing).

    Attributes:
        fraud: The fraud that the payment is the last step of.
    """

    data: bytes
    key: str
    partition: int
    arrival: datetime
    fault: str | None = None
    fraud: str | None = None


class _Charge(NamedTuple):
    """A payment before it has an id: when, where, how much, and whether a fraud needs it."""

    at: datetime
    place: tuple[float, float]
    amount: float
    fraud: str | None = None
    is_step: bool = False


def batches(seed: int = SEED) -> dict[str, list[Message]]:
    """All batches by name, in the order of `BATCHES`.

    Each but the last ends with a heartbeat of its last minute on every partition.
    """
    messages = stream(hours=sum(BATCHES.values()), seed=seed)
    cuts, hour = [0], 0
    for hours in BATCHES.values():
        hour += hours
        end = START + timedelta(hours=hour)
        cuts.append(sum(message.arrival <= end for message in messages))
    return {
        name: messages[begin:end]
        for name, begin, end in zip(BATCHES, cuts[:-1], cuts[1:], strict=True)
    }


def stream(*, hours: int, seed: int = SEED) -> list[Message]:
    """The messages of so many hours, in the order of arrival."""
    rng = random.Random(seed)
    end = START + timedelta(hours=hours)
    merchants = [_account(rng) for _ in range(MERCHANTS)]
    charges: list[tuple[_Charge, str]] = []
    for number in range(CARDS):
        # Each card draws for itself: more hours leave what was before as it is.
        own = random.Random(f"{seed}-{number}")
        card = f"card-{number:04}"
        charges += [(charge, card) for charge in _life(own, end)]
    charges.sort(key=lambda entry: (entry[0].at, entry[1]))
    messages = [_heartbeat(at, p) for at in _minutes(end) for p in range(PARTITIONS)]
    for number, (charge, card) in enumerate(charges, start=1):
        payment: Payment = {
            "payment_id": f"p-{number:08}",
            "card": card,
            "account": rng.choice(merchants),
            "amount": charge.amount,
            "paid_at": charge.at.strftime(TIME_FORMAT),
            "latitude": round(charge.place[0], 4),
            "longitude": round(charge.place[1], 4),
        }
        messages.extend(_deliver(payment, charge, rng))
    # Heartbeats of a minute come after all that arrived in it.
    in_time = [message for message in messages if message.arrival <= end]
    return sorted(in_time, key=lambda message: (message.arrival, message.key == ""))


def partition_of(card: str) -> int:
    """The partition that a card's payments go to."""
    return crc32(card.encode()) % PARTITIONS


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """How far two places are apart, as the crow flies."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    across = math.sin((lat2 - lat1) / 2) ** 2
    along = math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(across + along))


def _minutes(end: datetime) -> Iterator[datetime]:
    at = START
    while at <= end:
        yield at
        at += timedelta(minutes=1)


def _heartbeat(at: datetime, partition: int) -> Message:
    data = json.dumps({"heartbeat": at.strftime(TIME_FORMAT)}).encode()
    return Message(data=data, key="", partition=partition, arrival=at)


def _life(rng: random.Random, end: datetime) -> Iterator[_Charge]:
    """What is paid with one card, in the order of time."""
    city = CITIES[rng.choice(sorted(CITIES))]
    at = START + timedelta(seconds=rng.randrange(MEAN_PAUSE_SECONDS))
    while at < end:
        for charge in _occasion(rng, at, city):
            yield charge
            at, place = charge.at, charge.place
        # From wherever the last of them was to where the card is next.
        if _drawn(rng, {"travel": DECOYS_PER_MILLE["travel"]}):
            city = CITIES[rng.choice(sorted(CITIES))]
        on_the_way = kilometres(place, city) / TRAVEL_KMH * 3600
        pause = 60 + rng.expovariate(1 / MEAN_PAUSE_SECONDS)
        at += timedelta(seconds=int(on_the_way + pause))


def _occasion(rng: random.Random, at: datetime, city: tuple[float, float]) -> list[_Charge]:
    """An ordinary payment, or a fraud, or what looks like one."""
    usual = {k: v for k, v in DECOYS_PER_MILLE.items() if k != "travel"}
    what = _drawn(rng, {**FRAUDS_PER_MILLE, **usual})
    place = _near(rng, city)
    match what:
        case "card_testing":
            charges = _small(rng, at, place, rng.randint(3, 6), (20, 80))
            return [*charges, _big(rng, charges[-1], what)]
        case "two_small_then_big":
            charges = _small(rng, at, place, 2, (20, 80))
            return [*charges, _big(rng, charges[-1])]
        case "slow_small_then_big":
            charges = _small(rng, at, place, 4, (300, 400))
            return [*charges, _big(rng, charges[-1])]
        case "cloned_card":
            far = [c for c in CITIES.values() if kilometres(c, city) > 500]
            elsewhere = _near(rng, rng.choice(far))
            later = at + timedelta(seconds=rng.randint(180, 900))
            return [
                _Charge(at, place, _ordinary(rng), is_step=True),
                _Charge(later, elsewhere, _ordinary(rng), what, is_step=True),
            ]
        case _:
            return [_Charge(at, place, _ordinary(rng))]


def _small(
    rng: random.Random,
    at: datetime,
    place: tuple[float, float],
    count: int,
    pause: tuple[int, int],
) -> list[_Charge]:
    charges = []
    for _ in range(count):
        charges.append(_Charge(at, place, round(rng.uniform(0.1, 1.99), 2)))
        at += timedelta(seconds=rng.randint(*pause))
    return charges


def _big(rng: random.Random, last: _Charge, fraud: str | None = None) -> _Charge:
    at = last.at + timedelta(seconds=rng.randint(20, 80))
    return _Charge(at, last.place, round(rng.uniform(500, 3000), 2), fraud)


def _ordinary(rng: random.Random) -> float:
    """About 25 euros; one in a hundred below 2, two in a thousand above 500."""
    return round(min(max(rng.lognormvariate(3.2, 1.05), 0.1), 4999.99), 2)


def _near(rng: random.Random, city: tuple[float, float]) -> tuple[float, float]:
    return city[0] + rng.uniform(-0.03, 0.03), city[1] + rng.uniform(-0.03, 0.03)


def _account(rng: random.Random) -> str:
    """A German IBAN with its check digits."""
    number = f"{rng.randrange(10**18):018}"
    return f"DE{98 - int(number + '131400') % 97:02}{number}"


def _drawn(rng: random.Random, per_mille: Mapping[str, int]) -> str | None:
    drawn = rng.randrange(1000)
    for name, share in per_mille.items():
        if drawn < share:
            return name
        drawn -= share
    return None


def _deliver(payment: Payment, charge: _Charge, rng: random.Random) -> Iterator[Message]:
    """The message or messages that one payment becomes. Frauds and their steps have no faults."""
    involved = charge.is_step or charge.amount < 2 or charge.amount >= 500
    fault = None if involved else _drawn(rng, FAULTS_PER_MILLE)
    data = _encode(payment) if fault in (None, "duplicate") else _spoil(payment, fault or "", rng)
    message = Message(
        data=data,
        key=payment["card"],
        partition=partition_of(payment["card"]),
        arrival=_after(charge.at, HELD_BACK if fault == "late" else PROMPT, rng),
        fault=None if fault == "duplicate" else fault,
        fraud=charge.fraud,
    )
    yield message
    if fault == "duplicate":
        again = _after(message.arrival, SENT_AGAIN, rng)
        yield replace(message, arrival=again, fault=fault)


def _spoil(payment: Payment, fault: str, rng: random.Random) -> bytes:
    match fault:
        case "malformed":
            whole = _encode(payment)
            broken = [whole[: rng.randrange(1, len(whole))], whole + whole, b"<html>502</html>"]
            return rng.choice(broken)
        case "missing_field":
            gone = rng.choice(sorted(payment))
            return _encode({field: value for field, value in payment.items() if field != gone})
        case "wrong_type":
            wrong: Sequence[Mapping[str, object]] = (
                {"amount": "a lot"},
                {"amount": None},
                {"paid_at": "just now"},
                {"paid_at": "2025-02-30T12:00:00Z"},
                {"latitude": "north"},
                {"card": {"number": payment["card"]}},
            )
            return _encode({**payment, **rng.choice(wrong)})
        case "not_utf8":
            return _encode({**payment, "card": "caf\N{LATIN SMALL LETTER E WITH ACUTE}"}, "latin-1")
        case "bad_account":
            digits = payment["account"]
            wrong_accounts = (digits[:-1] + str((int(digits[-1]) + 1) % 10), digits[:-2], "cash")
            return _encode({**payment, "account": rng.choice(wrong_accounts)})
        case "out_of_range":
            odd: Sequence[Mapping[str, object]] = (
                {"amount": 0},
                {"amount": -12.5},
                {"amount": 50000.01},
                {"latitude": 91.5},
                {"longitude": -180.5},
            )
            return _encode({**payment, **rng.choice(odd)})
        case "future":
            return _encode({**payment, "paid_at": "2999-12-31T23:59:59Z"})
        case _:
            return _encode(payment)


def _encode(payment: Mapping[str, object], encoding: str = "utf-8") -> bytes:
    return json.dumps(payment, ensure_ascii=False).encode(encoding)


def _after(time: datetime, seconds: tuple[int, int], rng: random.Random) -> datetime:
    return time + timedelta(seconds=rng.randint(*seconds))
