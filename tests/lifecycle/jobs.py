"""A Flink job: how it behaves, and what is in it.

Its state is a value: the moment of the stream up to which records are counted in it, and the empty
start from which it descends. A snapshot holds it, a start restores it, an empty start begins anew.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Snapshots(StrEnum):
    """What becomes of a snapshot of the job, and so of a graceful stop."""

    SUCCEED = "succeed"
    FAIL = "fail"
    REFUSED = "refused"  # "the application is currently experiencing downtime"
    HANG = "hang"


class Start(StrEnum):
    RUNS = "runs"
    FAILS = "fails"  # main() throws: the operation fails and the application is READY again
    HANGS = "hangs"  # STARTING until it is forced


@dataclass(frozen=True)
class Job:
    """How a version behaves, in seconds since it runs."""

    start: Start = Start.RUNS
    crashes_from: float | None = None
    crashes_every: float = 30
    dies_after: float | None = None
    finishes_after: float | None = None
    hangs_from: float | None = None
    snapshots: Snapshots = Snapshots.SUCCEED
    has_metrics: bool = True
    schema: str = "s"
    start_seconds: float = 40
    snapshot_seconds: float = 8
    records_per_second: float = 10
    error: str = "java.lang.IllegalStateException: no such column: temperature"
    python: bool = False  # its main is Python's, as that of a job in SQL

    @property
    def processes(self) -> bool:
        """It moves at first, whatever becomes of it."""
        return 0 not in (self.crashes_from, self.hangs_from, self.dies_after)


HEALTHY = Job()
THROWS_AT_START = Job(start=Start.FAILS)
DIES_IN_PYTHON = Job(
    start=Start.FAILS,
    python=True,
    error="managed_flink_job.JobError: job.sql:3:8: Column 'pagee' not found in any table",
)
HANGS_AT_START = Job(start=Start.HANGS)
CRASH_LOOPS = Job(crashes_from=0, snapshots=Snapshots.REFUSED)
CRASHES_LATER = Job(crashes_from=90, snapshots=Snapshots.REFUSED)
DIES = Job(dies_after=45, snapshots=Snapshots.FAIL)
RESTARTS_SLOWLY = Job(crashes_from=200, crashes_every=260)
HANGS = Job(hangs_from=0, snapshots=Snapshots.HANG)
HANGS_AND_FAILS = Job(hangs_from=0, snapshots=Snapshots.FAIL)
HAS_NO_METRICS = Job(has_metrics=False)
CANNOT_BE_SAVED = Job(snapshots=Snapshots.FAIL)
FINISHES = Job(finishes_after=400)
OTHER_STATE = Job(schema="t")


@dataclass(frozen=True)
class State:
    """Records counted up to `position` (a moment, in seconds), since the empty start `origin`."""

    origin: int
    position: float
    schema: str = "s"


@dataclass(eq=False)
class Run:
    """One job on the cluster, from RUNNING until it is stopped."""

    application: str
    version: int
    code: str
    job: Job
    began: datetime
    restored: State
    restored_from: str
    by: str
    failures: list[datetime] = field(default_factory=list)
    ended: datetime | None = None
    died: datetime | None = None
    _moving: bool = True
    _settled: float = 0.0

    def __post_init__(self) -> None:
        self._settled = self.restored.position
        self._moving = self.job.processes

    def state(self, now: datetime) -> State:
        """A job that moves has read all there is; one that does not stays where it was."""
        position = now.timestamp() if self._moving and not self.ended else self._settled
        return State(self.restored.origin, max(position, self._settled), self.job.schema)

    def halt(self, now: datetime) -> None:
        """From here on it processes nothing that lasts."""
        self._settled = self.state(now).position
        self._moving = False

    def end(self, now: datetime) -> None:
        self.halt(now)
        self.ended = now

    def fail(self, now: datetime) -> None:
        self.failures.append(now)

    # -- what its metrics say ---------------------------------------------------------------

    def sample(self, kind: str, at: datetime) -> float | None:
        """The value of a metric at a moment, or None when the job reports none then."""
        gone = self.died or self.ended
        if not self.job.has_metrics or at < self.began or (gone and at >= gone):
            return None
        seen = bisect_right(self.failures, at)
        if kind == "restarts":
            return float(seen)
        seconds = (at - self.began).total_seconds()
        if kind == "uptime":
            latest = self.failures[seen - 1] if seen else self.began
            return (at - latest).total_seconds() * 1000
        if kind == "records":
            return seconds * self.job.records_per_second if self.job.processes else 0.0
        hung = self.job.hangs_from
        failed = 0 if hung is None else max(0, (seconds - hung) // 60)
        return float(failed + seen)
