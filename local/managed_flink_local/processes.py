"""Child processes that never outlive their purpose.

Each is the leader of its own session, so that a Ctrl-C reaches this process only and this process
decides the order in which things end. What a child starts in turn may leave its group (a Flink
cluster does): it is found again by a mark in its environment, which is inherited.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .failure import LocalError, last_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

MARK = "MANAGED_FLINK_LOCAL_RUN"
GRACE_SECONDS = 8.0
_started: set[subprocess.Popen[bytes]] = set()


def start(
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, all its output appended to a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            cwd=directory,
            start_new_session=True,
        )
    _started.add(process)
    return process


def run(
    phase: str,
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> None:
    """Run a command to its end; an interrupt takes it down, a failure names its log."""
    process = start(command, log, environment, directory)
    try:
        code = process.wait()
    except BaseException:
        end(process)
        raise
    finally:
        _started.discard(process)
    if code:
        raise LocalError(phase, last_words(log) or f"exit code {code} of {command[0]}", log)


def end(process: subprocess.Popen[bytes], grace: float = GRACE_SECONDS) -> None:
    """End a child and its group: SIGTERM, then SIGKILL after the grace."""
    signal_group(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    signal_group(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)


def end_started() -> None:
    """End every child that is still there, those that other threads wait for included."""
    for process in list(_started):
        end(process)
        _started.discard(process)


def let_go(process: subprocess.Popen[bytes]) -> None:
    """Leave a child running when this process ends."""
    _started.discard(process)


def signal_group(leader: int, number: int) -> None:
    """Signal a process group if it is still there."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def alive(pid: int) -> bool:
    """Whether a process exists and is more than a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def end_pid(pid: int, grace: float = GRACE_SECONDS) -> None:
    """End a process that an earlier command started."""
    signal_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    signal_group(pid, signal.SIGKILL)


def marked(mark: str) -> list[int]:
    """Return the processes that inherited a mark, this one excepted."""
    if Path("/proc/self/environ").exists():
        found = _marked_in_proc(f"{MARK}={mark}".encode())
    else:
        found = _marked_in_ps(f"{MARK}={mark}")
    return [pid for pid in found if pid != os.getpid()]


def _marked_in_proc(wanted: bytes) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _marked_in_ps(wanted: str) -> Iterator[int]:
    shown = subprocess.run(
        ["ps", "-axEww", "-o", "pid=,command="], stdout=subprocess.PIPE, text=True, check=False
    )
    for line in shown.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if f" {wanted} " in f" {command} ":
            yield int(pid)


def sweep(mark: str) -> list[int]:
    """Kill whatever inherited a mark and is still there; return what had to be killed."""
    killed: dict[int, None] = {}  # a process may take a while to be gone
    for _ in range(3):
        left = [pid for pid in marked(mark) if alive(pid)]
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        killed |= dict.fromkeys(left)
        if not left:
            break
        time.sleep(0.1)
    return list(killed)


@contextmanager
def interruptible() -> Iterator[None]:
    """Make SIGTERM and SIGHUP what Ctrl-C is, so that every ``finally`` runs.

    Once it has struck, further ones are ignored: the clean-up is bounded and must not be cut off.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


atexit.register(end_started)
