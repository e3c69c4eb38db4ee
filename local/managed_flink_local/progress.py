"""What is going on, on screen: the phase, the time it has taken, what it waits for.

On a terminal the last line counts along; elsewhere (CI, a pipe) a line is printed when a phase
starts and ends, and now and then in between.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

HEARTBEAT_SECONDS = 15.0
REFRESH_SECONDS = 0.2


class Phase:
    """One thing that takes a while."""

    def __init__(self, name: str, waiting: str) -> None:
        self.name = name
        self.waiting = waiting
        self.started = time.monotonic()
        self.spoken = self.started
        self.result = ""
        self.failure = "FAILED"

    @property
    def elapsed(self) -> float:
        """Seconds since the phase started."""
        return time.monotonic() - self.started

    def waits_for(self, what: str) -> None:
        """Say what the phase waits for now."""
        self.waiting = what

    def says(self, result: str) -> None:
        """Set what is shown when the phase is done."""
        self.result = result


class Progress:
    """Shows phases, several at once if need be, and everything else that is said meanwhile."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._lock = threading.RLock()
        self._phases: list[Phase] = []
        self._ticker: threading.Thread | None = None
        self._stopped = threading.Event()
        self._drawn = False
        self.timings: list[tuple[str, float]] = []

    def __enter__(self) -> Self:
        self._stopped.clear()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._ticker:
            self._ticker.join()
        with self._lock:
            self._wipe()

    def say(self, text: str = "") -> None:
        """Print lines above whatever is counting along."""
        with self._lock:
            self._wipe()
            print(text, file=self._stream, flush=True)

    @contextmanager
    def phase(self, name: str, waiting: str = "") -> Iterator[Phase]:
        """Show a phase for as long as the block runs, and how it ended."""
        phase = Phase(name, waiting)
        with self._lock:
            self._phases.append(phase)
        if not self._live:
            self.say(f"  ..  {name}" + (f": {waiting}" if waiting else ""))
        try:
            yield phase
        except BaseException as error:
            how = "stopped" if isinstance(error, KeyboardInterrupt) else phase.failure
            waiting = f", waiting for {phase.waiting}" if phase.waiting else ""
            self._end(phase, f"{how} after {phase.elapsed:.1f} s{waiting}")
            raise
        self._end(phase, phase.result)

    def _end(self, phase: Phase, result: str) -> None:
        with self._lock:
            self._phases.remove(phase)
            self.timings.append((phase.name, phase.elapsed))
            self.say(f"{phase.elapsed:6.1f} s  {phase.name}" + (f": {result}" if result else ""))

    def _tick(self) -> None:
        while not self._stopped.wait(REFRESH_SECONDS):
            with self._lock:
                if self._live:
                    self._draw()
                else:
                    self._beat()

    def _draw(self) -> None:
        self._wipe()
        if not self._phases:
            return
        parts = [f"{p.elapsed:6.1f} s  {p.name}: {p.waiting}" for p in self._phases[-1:]]
        parts += [f"{p.name} {p.elapsed:.0f} s" for p in self._phases[:-1]]
        line = " | ".join(parts)[: shutil.get_terminal_size().columns - 1]
        self._stream.write(line)
        self._stream.flush()
        self._drawn = True

    def _wipe(self) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._drawn = False

    def _beat(self) -> None:
        now = time.monotonic()
        for phase in self._phases:
            if now - phase.spoken >= HEARTBEAT_SECONDS:
                phase.spoken = now
                waiting = phase.waiting or "it to end"
                self.say(f"{phase.elapsed:6.1f} s  {phase.name} waits for {waiting}")
