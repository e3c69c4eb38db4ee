"""Waiting for what takes as long as the machine needs: for as long as something goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")

# How long nothing may change. A third of it is much on a machine that is quiet.
STILL_SECONDS = 120.0
POLL_SECONDS = 0.2


def until(
    look: Callable[[], Seen],
    good: Callable[[Seen], object] = bool,
    *,
    progress: Callable[[], object] | None = None,
    still: float = STILL_SECONDS,
    poll: float = POLL_SECONDS,
) -> Seen:
    """Look until what is seen is good, and return it.

    Args:
        look: What is seen, which is also what has to change meanwhile.
        good: Whether to stop.
        progress: What else changes where it is seen less often than things happen.
        still: Seconds without a change after which it is over.
        poll: Seconds between looks.

    Raises:
        AssertionError: Nothing changed for so long; it says what was seen last.
    """
    before: object = None
    while True:
        seen = look()
        if good(seen):
            return seen
        now = (seen, progress() if progress is not None else None)
        if now != before:
            before, deadline = now, time.monotonic() + still
        assert time.monotonic() < deadline, f"nothing changed for {still:.0f} s; last: {seen!r}"
        time.sleep(poll)
