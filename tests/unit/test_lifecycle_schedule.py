"""SnapshotSchedule and the reconciler's interval: what never fires, and what keeps nothing."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from configurations import Build

from cdk_managed_flink import SnapshotSchedule

HOUR = cdk.Duration.hours(1)


def test_hourly_for_a_day_unless_said_otherwise() -> None:
    schedule = SnapshotSchedule()
    assert schedule.every is not None
    assert schedule.every.to_minutes() == 60
    assert schedule.keep == 24
    assert schedule.max_age.to_days() == 7


@pytest.mark.parametrize("keep", [0, -1])
def test_fails_when_none_is_kept(keep: int) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^SnapshotSchedule: keep is {keep}; allowed: 1 or more\. Use SnapshotSchedule\.n",
    ):
        SnapshotSchedule(keep=keep)


def test_fails_when_all_are_too_old_at_once() -> None:
    with pytest.raises(
        ValueError, match=r"max_age is '0 days'; allowed: more than zero\. Nothing would be kept"
    ):
        SnapshotSchedule(max_age=cdk.Duration.days(0))


@pytest.mark.parametrize("every", [cdk.Duration.seconds(0), cdk.Duration.seconds(299)])
def test_fails_when_snapshots_are_too_frequent(every: cdk.Duration) -> None:
    with pytest.raises(
        ValueError, match=r"every is '.*'; allowed: a literal of 5 minutes or more\. Each is a save"
    ):
        SnapshotSchedule(every=every)


def test_fails_when_the_interval_is_not_known_at_synth(number: float) -> None:
    with pytest.raises(ValueError, match=r"every is .*; allowed: a literal of 5 minutes or more"):
        SnapshotSchedule(every=cdk.Duration.seconds(number))


def test_fails_when_each_is_too_old_before_the_next() -> None:
    with pytest.raises(
        ValueError,
        match=r"every is '2 hours'; allowed: max_age \(1 hour\) at most\. Each would be too old",
    ):
        SnapshotSchedule(every=cdk.Duration.hours(2), max_age=HOUR)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SnapshotSchedule(every=cdk.Duration.minutes(-1)),
        lambda: SnapshotSchedule(max_age=cdk.Duration.days(-1)),
    ],
)
def test_fails_when_a_duration_is_negative(make: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError, match="Duration amounts cannot be negative"):
        make()


def test_the_bounds_themselves_pass() -> None:
    SnapshotSchedule(every=cdk.Duration.minutes(5), keep=1, max_age=cdk.Duration.minutes(5))


def test_no_schedule_says_what_is_given_up() -> None:
    assert SnapshotSchedule.none().every is None
    assert "Given up is the bound on what is lost" in str(SnapshotSchedule.none.__doc__)


@pytest.mark.parametrize(
    "interval",
    [
        cdk.Duration.seconds(0),
        cdk.Duration.seconds(59),
        cdk.Duration.seconds(90),
        cdk.Duration.minutes(61),
    ],
)
def test_fails_when_no_rule_can_fire_so(build: Build, interval: cdk.Duration) -> None:
    with pytest.raises(
        ValueError,
        match=r"^Stack/Clicks/Lifecycle: reconcile_interval is '.*'; allowed: a literal of 1 to 60 "
        r"whole minutes\. An application that a rolled-back deploy left",
    ):
        build(reconcile_interval=interval)


def test_fails_when_the_reconcilers_interval_is_not_known_at_synth(
    build: Build, number: float
) -> None:
    with pytest.raises(ValueError, match=r"reconcile_interval is .*; allowed: a literal of 1 to"):
        build(reconcile_interval=cdk.Duration.seconds(number))


def test_fails_when_snapshots_are_due_while_nobody_looks(build: Build) -> None:
    with pytest.raises(
        ValueError,
        match=r"reconcile_interval is '10 minutes'; allowed: snapshots\.every \(5 minutes\) at most"
        r"\. The reconciler takes the snapshots",
    ):
        build(
            reconcile_interval=cdk.Duration.minutes(10),
            snapshots=SnapshotSchedule(every=cdk.Duration.minutes(5)),
        )
