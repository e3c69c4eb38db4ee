"""When alarms go off: plain values with defaults, each of which can be changed or switched off."""

from dataclasses import dataclass, field

from aws_cdk import Duration

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.application.durations import SECOND, whole
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """When an alarm goes off: greater than ``value`` for ``periods`` periods in a row.

    Raises:
        ValueError: A negative value, or no period.
    """

    value: float
    periods: int = 3

    def __post_init__(self) -> None:
        for name, least in (("value", 0), ("periods", 1)):
            number = getattr(self, name)
            if not is_token(number) and number < least:
                raise invalid(
                    "Threshold",
                    name,
                    number,
                    f"{least} or more",
                    "Switch an alarm off with None in AlarmThresholds.",
                )


@dataclass(frozen=True, kw_only=True)
class SnapshotAge:
    """When the newest snapshot is too old: ``intervals`` of its schedule and ``grace``.

    Attributes:
        intervals: Default 2: one that failed is made up for with the next.
        grace: Default 15 minutes: a snapshot of large state takes a while.
        periods: In how many of the reconciler's intervals in a row. Default 3. As many without a
            datapoint go off too: a reconciler that is silent looks after nothing.

    Raises:
        ValueError: Less than one interval, or no period.
    """

    intervals: float = 2
    grace: Duration = field(default_factory=lambda: durations.minutes(15))
    periods: int = 3

    def __post_init__(self) -> None:
        for name in ("intervals", "periods"):
            number = getattr(self, name)
            if not is_token(number) and number < 1:
                raise invalid(
                    "SnapshotAge",
                    name,
                    number,
                    "1 or more",
                    "Switch the alarm off with snapshot_age=None in AlarmThresholds.",
                )

    def threshold(self, every: Duration) -> Threshold:
        """The threshold in seconds, for snapshots that are taken so often."""
        seconds = self.intervals * whole(every, SECOND) + whole(self.grace, SECOND)
        return Threshold(value=seconds, periods=self.periods)


@dataclass(frozen=True, kw_only=True)
class AlarmThresholds:
    """Thresholds of all alarms; ``None`` switches one off.

    CPU, heap and checkpoints follow the service's own list of recommended alarms ("Use CloudWatch
    Alarms with Managed Service for Apache Flink").

    Attributes:
        restarts: Restarts of the job in a period. Default: any, at once.
        failed_checkpoints: Failed checkpoints in a period. Default: any, at once.
        cpu: Percent. Default 80 for three periods: above it a backlog is worked off too slowly.
        heap: Percent. Default 90 for three periods: above it garbage collection takes over.
        memory: Percent of the containers' memory. Default 85 for three periods: the best sign
            that a container is about to be killed.
        lag: Milliseconds behind a source. Default 60,000 for three periods.
        throttles: Throttled requests in a period. Default: any in three periods in a row; a
            single one is retried and harmless.
        errors: Errors of a sink in a period. Default: any in three periods in a row.
        dead_letters: Dead letters in a period. Default: any, at once.
        delay: Milliseconds that a row waits behind a sink, such as in a delivery stream's buffer.
            Default 900,000 for three periods: the longest that Firehose buffers.
        snapshot_age: Age of the newest snapshot. Default twice the schedule's interval and 15
            minutes. Without a schedule there is no such alarm.
        stuck: 1 when the application is not as it should be and only a person can mend it, by the
            reconciler's interval. Default: at once.
        period: Length of a period. Default one minute, in which the service reports.
    """

    restarts: Threshold | None = field(default_factory=lambda: Threshold(value=0, periods=1))
    failed_checkpoints: Threshold | None = field(
        default_factory=lambda: Threshold(value=0, periods=1)
    )
    cpu: Threshold | None = field(default_factory=lambda: Threshold(value=80))
    heap: Threshold | None = field(default_factory=lambda: Threshold(value=90))
    memory: Threshold | None = field(default_factory=lambda: Threshold(value=85))
    lag: Threshold | None = field(default_factory=lambda: Threshold(value=60_000))
    throttles: Threshold | None = field(default_factory=lambda: Threshold(value=0))
    errors: Threshold | None = field(default_factory=lambda: Threshold(value=0))
    dead_letters: Threshold | None = field(default_factory=lambda: Threshold(value=0, periods=1))
    delay: Threshold | None = field(default_factory=lambda: Threshold(value=900_000))
    snapshot_age: SnapshotAge | None = field(default_factory=lambda: SnapshotAge())
    stuck: Threshold | None = field(default_factory=lambda: Threshold(value=0, periods=1))
    period: Duration = field(default_factory=lambda: durations.minutes(1))

    def for_watch(self, watch: Watch) -> Threshold | None:
        """The threshold for what a binding wants watched."""
        found = {
            WatchKind.LAG: self.lag,
            WatchKind.THROTTLES: self.throttles,
            WatchKind.ERRORS: self.errors,
            WatchKind.DEAD_LETTERS: self.dead_letters,
            WatchKind.DELAY: self.delay,
        }[watch.kind]
        if found is None or not watch.in_seconds:
            return found
        return Threshold(value=found.value / 1000, periods=found.periods)
