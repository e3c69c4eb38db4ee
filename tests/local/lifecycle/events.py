"""Numbered events, always the same, and who sends them; the job's right answers in plain Python."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from tests.local.background import Background

if TYPE_CHECKING:
    from botocore.client import BaseClient

SEED: Final = 20100112
SENSORS: Final = ("attic", "cellar", "garage", "garden", "harbor", "roof")
INTERVAL_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Event:
    """The number-th event; `so_far` is what the job has to count for its sensor."""

    number: int
    sensor: str
    so_far: int
    celsius: float

    @property
    def data(self) -> bytes:
        """The event as it is sent."""
        values = {"number": self.number, "sensor": self.sensor, "celsius": self.celsius}
        return json.dumps(values).encode()


def events() -> Iterator[Event]:
    """All events there will ever be."""
    chance = random.Random(SEED)
    counts: Counter[str] = Counter()
    number = 0
    while True:
        number += 1
        sensor = chance.choice(SENSORS)
        counts[sensor] += 1
        yield Event(number, sensor, counts[sensor], round(chance.gauss(15, 8), 2))


class Sender:
    """Sends to one stream; as a context manager, steadily in the background."""

    def __init__(self, kinesis: BaseClient, stream: str, per_second: float = 12) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._share = round(per_second * INTERVAL_SECONDS)
        self._events = events()
        self._background = Background(lambda: self.send(self._share), INTERVAL_SECONDS)
        self.sent: list[Event] = []

    def send(self, count: int) -> None:
        """Send the next events at once."""
        batch = [next(self._events) for _ in range(count)]
        answer = self._kinesis.put_records(
            StreamName=self._stream,
            Records=[{"Data": event.data, "PartitionKey": event.sensor} for event in batch],
        )
        assert not answer["FailedRecordCount"], answer
        self.sent += batch

    def __enter__(self) -> Self:
        self._background.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._background.__exit__(kind, error, trace)
