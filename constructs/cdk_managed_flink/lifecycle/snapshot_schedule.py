"""SnapshotSchedule: how often a snapshot is taken between deploys, and how long it is kept."""

from dataclasses import dataclass, field
from typing import Self

from aws_cdk import Duration

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

_LEAST = 5 * durations.MINUTE


@dataclass(frozen=True, kw_only=True)
class SnapshotSchedule:
    """Snapshots of the running job, which bound what a job that can't be stopped loses.

    The service has no way back to a checkpoint: what fails for good goes on from its newest
    snapshot. One is taken when the newest of any kind is older than ``every``; during a deploy
    none is.

    Only what the library itself took is deleted, never what a person took or the service with a
    stop, and never the newest one, the last two proofs of a version, the one that the running
    version came from, or the one that ``restore_from`` names.

    Attributes:
        every: How old the newest snapshot may get, 5 minutes or more. Default one hour: a snapshot
            is a savepoint of the whole state, so it costs more than a checkpoint.
        keep: How many are kept. Default 24, a day's worth: the service keeps 1,000 of an
            application, and past that a deploy cannot take the one that proves it.
        max_age: How old one of them may get. Default 7 days: what a source no longer holds cannot
            be read again from an older one.

    Raises:
        ValueError: An interval that is too short, or not known at synth, or longer than
            ``max_age``, or numbers by which nothing is kept.
    """

    every: Duration | None = field(default_factory=lambda: durations.hours(1))
    keep: int = 24
    max_age: Duration = field(default_factory=lambda: durations.days(7))

    def __post_init__(self) -> None:
        if not is_token(self.keep) and self.keep < 1:
            raise invalid(
                "SnapshotSchedule",
                "keep",
                self.keep,
                "1 or more",
                "Use SnapshotSchedule.none() for no schedule.",
            )
        max_age = durations.milliseconds(self.max_age)
        if max_age == 0:
            raise invalid(
                "SnapshotSchedule",
                "max_age",
                self.max_age,
                "more than zero",
                "Nothing would be kept: use SnapshotSchedule.none() for no schedule.",
            )
        if self.every is None:
            return
        every = durations.milliseconds(self.every)
        if every is None or every < _LEAST:
            raise invalid(
                "SnapshotSchedule",
                "every",
                self.every,
                "a literal of 5 minutes or more",
                "Each is a savepoint of the whole state; use SnapshotSchedule.none() for none.",
            )
        if max_age is not None and every > max_age:
            raise invalid(
                "SnapshotSchedule",
                "every",
                self.every,
                f"max_age ({self.max_age.to_human_string()}) at most",
                "Each would be too old before the next is due: raise max_age, or lower every.",
            )

    @classmethod
    def none(cls) -> Self:
        """No schedule: snapshots come of deploys and stops alone, and none is deleted.

        Given up is the bound on what is lost: a job that can't be stopped any more goes back to
        the last deploy, however long ago. With it go the alarm on the newest snapshot's age and,
        since that is the one that notices its silence, the watch over the reconciler itself.
        """
        return cls(every=None)
