"""Puts records into the stream, in order, and keeps account of what was sent."""

from __future__ import annotations

import base64
import threading
from typing import TYPE_CHECKING

from .failure import LocalError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jobs.sensors.events import Record

    from .environment import Environment

BATCH = 500
INTERVAL_SECONDS = 0.5


class Account:
    """Every payload that was sent, in order, kept in a file so that later commands know it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._payloads: list[bytes] = []
        if file.exists():
            self._payloads = [base64.b64decode(line) for line in file.read_bytes().split()]

    @property
    def payloads(self) -> list[bytes]:
        """What was sent so far."""
        return list(self._payloads)

    def add(self, payloads: list[bytes]) -> None:
        """Note what was sent."""
        self._payloads += payloads
        with self._file.open("ab") as file:
            file.writelines(base64.b64encode(payload) + b"\n" for payload in payloads)


class Sender:
    """Sends to one stream. Order counts: what is late or repeated depends on it."""

    def __init__(self, environment: Environment, stream: str, account: Account) -> None:
        self._kinesis = environment.client("kinesis")
        self._stream = stream
        self.account = account

    def send(self, records: Sequence[Record]) -> None:
        """Send records one after the other, and note them."""
        for first in range(0, len(records), BATCH):
            part = records[first : first + BATCH]
            entries = [record.entry for record in part]
            answer = self._kinesis.put_records(StreamName=self._stream, Records=entries)
            if answer.get("FailedRecordCount"):
                codes = {r["ErrorCode"] for r in answer["Records"] if r.get("ErrorCode")}
                reason = f"{answer['FailedRecordCount']} records refused: {', '.join(codes)}"
                raise LocalError(f"sending to {self._stream}", reason)
            self.account.add([record.data for record in part])


class SteadySender:
    """Sends records at a steady pace in the background, until told to send what is left."""

    def __init__(self, sender: Sender, records: Sequence[Record], per_second: float) -> None:
        self._sender = sender
        self._left = list(records)
        self._share = max(1, round(per_second * INTERVAL_SECONDS))
        self._stopped = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self._left and not self._stopped.wait(INTERVAL_SECONDS):
            part, self._left = self._left[: self._share], self._left[self._share :]
            try:
                self._sender.send(part)
            except Exception as failure:
                self._failure = failure
                return

    def finish(self) -> int:
        """Stop the pace and send the rest at once; return how many that were."""
        self.stop()
        if self._failure:
            raise self._failure
        rest, self._left = self._left, []
        self._sender.send(rest)
        return len(rest)

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()
        self._thread.join()
