"""Puts records into a job's source, in order, and keeps account of what was sent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from .failure import LocalError
from .topic import Producer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .account import Account
    from .environment import Environment
    from .pipeline import Pipeline
    from .scenario import Record

# PutRecords takes so many.
BATCH = 500
INTERVAL_SECONDS = 0.5


class Channel(Protocol):
    """Where records go. Once `put` has returned, all of them are there, in their order."""

    @property
    def name(self) -> str:
        """What it is called on screen."""

    def put(self, records: Sequence[Record]) -> None:
        """Put a batch."""


class Stream:
    """A Kinesis stream."""

    def __init__(self, environment: Environment, stream: str) -> None:
        self._kinesis = environment.client("kinesis")
        self.name = stream

    def put(self, records: Sequence[Record]) -> None:
        """Put a batch; one refused record is a failure."""
        entries = [{"Data": record.data, "PartitionKey": record.key} for record in records]
        answer = self._kinesis.put_records(StreamName=self.name, Records=entries)
        if answer.get("FailedRecordCount"):
            codes = {r["ErrorCode"] for r in answer["Records"] if r.get("ErrorCode")}
            reason = f"{answer['FailedRecordCount']} records refused: {', '.join(codes)}"
            raise LocalError(f"sending to {self.name}", reason)


def channel(pipeline: Pipeline, source: str) -> Channel:
    """Return what feeds a source, as the application's own properties name it."""
    match pipeline.connector(source):
        case "kinesis":
            return Stream(pipeline.environment, pipeline.stream(source))
        case "kafka":
            return Producer(pipeline.servers(source), pipeline.value(source, "topic"))
        case other:
            raise LocalError("looking at the source", f"nothing is known to feed {other} with")


class Sender:
    """Sends to one source. Order counts: what is late or repeated depends on it."""

    def __init__(self, channel: Channel, account: Account) -> None:
        self.channel = channel
        self.account = account

    def send(self, records: Sequence[Record]) -> None:
        """Send records one after the other, and note them."""
        for first in range(0, len(records), BATCH):
            part = records[first : first + BATCH]
            self.channel.put(part)
            self.account.add(part)


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
