"""One part of what the project fetches for itself, made once for a state of its own file.

Runs on the bare interpreter that the doctor chose: standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import sys
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .progress import Progress

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
STAMPS = LOCAL / "set-up"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something that is fetched: from which file, to where, and how."""

    name: str
    source: Path | None
    result: Path
    fetch: Callable[[Path], None]
    after: str | None = None
    detail: str = ""
    waits_for: str

    @property
    def stamp(self) -> Path:
        """The file that says for which state of the source the result was made."""
        return STAMPS / f"{self.name}.stamp"

    def state(self) -> str:
        """Return what the result depends on: the pins and the interpreter."""
        pins = self.source.read_bytes() if self.source else self.detail.encode()
        return hashlib.sha256(pins + sys.version.encode() + str(ROOT).encode()).hexdigest()

    def ready(self) -> bool:
        """Whether nothing has to be done."""
        try:
            return self.result.exists() and self.stamp.read_text() == self.state()
        except OSError:
            return False

    def make(self) -> None:
        """Fetch, and write down that it was done."""
        log = STAMPS / f"{self.name}.log"
        log.unlink(missing_ok=True)
        self.stamp.unlink(missing_ok=True)
        self.fetch(log)
        self.stamp.write_text(self.state())


@contextmanager
def locked() -> Iterator[None]:
    """Let one set-up run at a time; the second one finds everything done."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    with (STAMPS / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_all(missing: Sequence[Part], progress: Progress) -> None:
    """Fetch several parts at once, each after the one it builds on; the first failure ends all."""
    jobs: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(missing))) as pool:
        try:
            for part in missing:
                jobs[part.name] = pool.submit(_make, part, jobs.get(part.after or ""), progress)
            done, _ = wait(jobs.values(), return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
        except BaseException:
            processes.end_started()
            raise


def _make(part: Part, before: Future[None] | None, progress: Progress) -> None:
    if before:
        before.result()
    with progress.phase(f"set-up: {part.name}", part.waits_for):
        part.make()
