"""The health gate: RUNNING is not processing. Pure: judges what was observed, calls nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..contract import Gate
from .failure_log import Failures
from .reason import duration

# CloudWatch shows a datapoint up to a few minutes late.
METRIC_DELAY_SECONDS = 180
# Two datapoints further apart than this have a hole between them, not an up-time.
MAX_GAP_PERIODS = 2.5


@dataclass(frozen=True)
class Datapoint:
    """One value of a metric; `at` is the beginning of its period."""

    at: datetime
    value: float


Series = Sequence[Datapoint]


@dataclass(frozen=True)
class HealthGate:
    """What a version has to show before its deploy succeeds."""

    window_seconds: int
    period_seconds: int
    max_restarts: int
    deadline_seconds: int
    min_records: int

    @classmethod
    def of(cls, gate: Gate) -> HealthGate:
        """Reads the resource's Gate property."""
        return cls(
            window_seconds=int(gate.window_seconds),
            period_seconds=int(gate.period_seconds),
            max_restarts=int(gate.max_restarts),
            deadline_seconds=int(gate.deadline_seconds),
            min_records=int(gate.min_records),
        )

    @property
    def off(self) -> bool:
        """Whether RUNNING alone is enough."""
        return self.window_seconds == 0


@dataclass(frozen=True)
class Observation:
    """What log and metrics show of the run since its start; only fresh datapoints."""

    failures: Failures = field(default_factory=Failures)
    uptime: Series = field(default_factory=list)
    restarts: Series = field(default_factory=list)
    failed_checkpoints: Series = field(default_factory=list)
    records_in: Series = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """Whether the run is steady, and in words what that rests on or what is missing."""

    steady: bool
    text: str


def growth(counter: Series) -> float:
    """How far a counter that began at 0 has come; a fall is a restart of the count."""
    total = previous = 0.0
    for point in counter:
        total += point.value - previous if point.value >= previous else point.value
        previous = point.value
    return total


def last_growth(counter: Series) -> datetime | None:
    """When a counter that began at 0 last grew."""
    previous, grew = 0.0, None
    for point in counter:
        if point.value > previous or (0 < point.value < previous):
            grew = point.at
        previous = point.value
    return grew


def sickness(gate: HealthGate, seen: Observation) -> str:
    """What makes the version sick, empty when nothing does: the fast, negative half."""
    if seen.failures.dead:
        return "its job failed for good and is not restarted"
    allowed = f"{gate.max_restarts} allowed (max_restarts)"
    if seen.failures.count > gate.max_restarts:
        return f"its job failed {seen.failures.count} times since the start, {allowed}"
    restarts = growth(seen.restarts)
    if restarts > gate.max_restarts:
        return f"its job restarted {restarts:.0f} times since the start, {allowed}"
    return ""


def steadiness(gate: HealthGate, seen: Observation, now: datetime) -> Verdict:
    """Whether up-time rose undisturbed over the whole window: the positive half."""
    if not seen.uptime or not seen.restarts:
        absent = "up-time" if not seen.uptime else "restart"
        return Verdict(
            False,
            f"no datapoint of the {absent} metric came since the start (check that the job was"
            " submitted at all, and the application's metrics level and name)",
        )
    age = (now - seen.uptime[-1].at).total_seconds()
    if age > METRIC_DELAY_SECONDS + 2 * gate.period_seconds:
        return Verdict(False, f"the last datapoint of its up-time is {duration(age)} old")
    run = _undisturbed(gate, seen)
    span = (run[-1].at - run[0].at).total_seconds() if run else 0.0
    if span < gate.window_seconds:
        return Verdict(
            False,
            f"its up-time rose undisturbed for {duration(span)} of {duration(gate.window_seconds)}",
        )
    records = growth(seen.records_in)
    if records < gate.min_records:
        return Verdict(False, f"it read {records:.0f} of {gate.min_records} records (min_records)")
    return Verdict(True, _evidence(seen, span, len(run), records))


def _undisturbed(gate: HealthGate, seen: Observation) -> list[Datapoint]:
    """The latest stretch of rising up-time with neither restart nor failed checkpoint in it."""
    disturbed = [
        moment
        for moment in (last_growth(seen.restarts), last_growth(seen.failed_checkpoints))
        if moment
    ]
    begin = max(disturbed, default=None)
    run: list[Datapoint] = []
    for point in seen.uptime:
        if begin is not None and point.at <= begin:
            continue
        if run and point.value == run[-1].value:
            continue  # the same reading twice proves nothing, for or against
        broken = run and (
            point.value < run[-1].value
            or (point.at - run[-1].at).total_seconds() > MAX_GAP_PERIODS * gate.period_seconds
        )
        if broken:
            run = []
        if point.value > 0:
            run.append(point)
    return run


def _evidence(seen: Observation, span: float, points: int, records: float) -> str:
    read = f"{records:.0f} records read" if seen.records_in else "no record metric"
    if seen.records_in and not records:
        read = "no record came, so none was needed"
    return (
        f"up-time rose for {duration(span)} ({points} datapoints), "
        f"{growth(seen.restarts):.0f} restarts, "
        f"{growth(seen.failed_checkpoints):.0f} failed checkpoints, {read}"
    )
