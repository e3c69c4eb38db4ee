"""A small process that ends every process group of the emulator once the emulator is gone.

It reads `+GROUP` and `-GROUP` lines; when its input closes, which happens however the emulator
ends, it kills the groups that are left. No platform's own parent-death signal does this for
children that a thread started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading


class Leash:
    """The emulator's end: tells the watching process what it has started."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._watcher = subprocess.Popen(
            [sys.executable, "-S", "-E", __file__],
            stdin=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    def _tell(self, line: str) -> None:
        if self._watcher.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._watcher.stdin.write(line + "\n")
                self._watcher.stdin.flush()

    def hold(self, group: int) -> None:
        """Kill this process group when the emulator ends."""
        with self._lock:
            self._groups.add(group)
            self._tell(f"+{group}")

    def release(self, group: int) -> None:
        """The group has ended."""
        with self._lock:
            self._groups.discard(group)
            self._tell(f"-{group}")

    def kill_all(self) -> None:
        """End every group now."""
        with self._lock:
            for group in self._groups:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
            self._groups.clear()
            if self._watcher.stdin is not None:
                with contextlib.suppress(OSError):
                    self._watcher.stdin.close()


def _watch() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        groups.add(group) if line[0] == "+" else groups.discard(group)
    for held in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(held, signal.SIGKILL)


if __name__ == "__main__":
    _watch()
