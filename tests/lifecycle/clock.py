"""The only time there is: nothing in the model happens but through `advance`."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

# Not on a full second, as no real clock is.
BEGINNING = datetime(2026, 11, 25, 8, 0, 0, 417_000, tzinfo=UTC)


@dataclass(order=True)
class Timer:
    at: datetime
    number: int
    act: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)


class Clock:
    def __init__(self, now: datetime = BEGINNING) -> None:
        self.now = now
        self._due: list[Timer] = []
        self._number = 0
        self._advancing = False

    def later(self, seconds: float, act: Callable[[], None]) -> Timer:
        """Runs `act` when that much time has passed; of one moment, in the order of asking."""
        self._number += 1
        timer = Timer(self.now + timedelta(seconds=seconds), self._number, act)
        heapq.heappush(self._due, timer)
        return timer

    def advance(self, seconds: float) -> None:
        self.run_until(lambda: False, seconds)

    def run_until(self, done: Callable[[], bool], limit: float) -> bool:
        """Lets time pass until `done`, at most `limit` seconds; says whether it is done."""
        assert not self._advancing, "time passes only outside of what the clock itself runs"
        end = self.now + timedelta(seconds=limit)
        self._advancing = True
        try:
            while not done():
                if not self._due or self._due[0].at > end:
                    self.now = end
                    return done()
                timer = heapq.heappop(self._due)
                if not timer.cancelled:
                    self.now = timer.at
                    timer.act()
            return True
        finally:
            self._advancing = False
