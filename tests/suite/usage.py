"""CPU time of everything that a command starts, also of what outlives it."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from benchmarks.comparison import children_cpu

_PR_SET_CHILD_SUBREAPER: Final = 36
# Processes of an environment that was stopped have ended by then.
_ENDING_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Usage:
    """Seconds by the clock, and of processors."""

    wall: float
    cpu: float

    def __add__(self, other: Self) -> Usage:
        return Usage(self.wall + other.wall, self.cpu + other.cpu)

    def __str__(self) -> str:
        minutes, seconds = divmod(round(self.wall), 60)
        return f"{minutes}:{seconds:02} by the clock, {self.cpu / 60:.1f} CPU-minutes"


class Meter:
    """Counts from where it is made; on Linux, orphans are counted as well."""

    def __init__(self) -> None:
        if sys.platform == "linux":
            # A JVM whose emulator has ended becomes a child of this process, not of the system's.
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
        self._began, self._before = time.monotonic(), children_cpu()

    def read(self) -> Usage:
        """What was used so far, once what has outlived its parent has ended."""
        wall = time.monotonic() - self._began
        deadline = time.monotonic() + _ENDING_SECONDS
        with suppress(ChildProcessError):
            while time.monotonic() < deadline:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.05)
        return Usage(wall, children_cpu() - self._before)
