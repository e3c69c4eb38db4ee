"""How long nothing is processed while a new version takes over, measured from outside."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pipeline import Pipeline
    from .results import SinkReader

STATUS_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How long nothing was processed: from the stop to the first row the new version committed."""

    stopped: datetime
    running: datetime
    committed: datetime

    @property
    def seconds(self) -> float:
        """The length of the gap as the lake's readers see it."""
        return (self.committed - self.stopped).total_seconds()

    @property
    def down_seconds(self) -> float:
        """The part of it in which the application was not RUNNING."""
        return (self.running - self.stopped).total_seconds()


class StatusWatch:
    """Notes when the application's status changes."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._stopped = threading.Event()
        self.changes: list[tuple[datetime, str]] = []
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(STATUS_SECONDS):
            try:
                status = self._pipeline.status()
            except Exception:
                continue
            if not self.changes or self.changes[-1][1] != status:
                self.changes.append((datetime.now(UTC), status))

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()


def measured(watch: StatusWatch, reader: SinkReader, version: str) -> Gap | None:
    """Return the gap before a version, or None when there was none to see."""
    left = [at for at, status in watch.changes if status != "RUNNING"]
    if not left:
        return None
    back = [at for at, status in watch.changes if status == "RUNNING" and at > left[0]]
    committed = [
        stored.committed
        for stored in reader.lake_objects()
        if any(row.get("job_version") == version for row in stored.rows)
    ]
    if not back or not committed:
        return None
    return Gap(stopped=left[0], running=back[0], committed=min(committed))
