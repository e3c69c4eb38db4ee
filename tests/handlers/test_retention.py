"""What may be deleted: own snapshots past count or age, and nothing that is held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.rules import retention
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.snapshot import Snapshot

NOW = datetime(2026, 1, 10, tzinfo=UTC)


def taken(
    label: str,
    hours: float,
    status: str = "READY",
    *,
    arn: str = "",
) -> Snapshot:
    created = NOW - timedelta(hours=hours)
    return Snapshot(label, status, created, label=label, arn=arn)


def scheduled(hours: float, status: str = "READY") -> Snapshot:
    created = NOW - timedelta(hours=hours)
    return taken(f"scheduled-{created:%Y%m%dT%H%M%SZ}", hours, status)


def spare(
    snapshots: list[Snapshot],
    *,
    keep: int = 2,
    max_age: timedelta = timedelta(days=7),
    pinned: frozenset[str] = frozenset(),
) -> list[str]:
    chosen = retention.spare(snapshots, now=NOW, keep=keep, max_age=max_age, pinned=pinned)
    return [snapshot.name for snapshot in chosen]


def test_by_count_the_oldest_go_first() -> None:
    one, two, three, four = (scheduled(hours) for hours in (4, 3, 2, 1))
    assert spare([four, three, two, one], keep=2) == [one.name, two.name]


def test_by_age() -> None:
    old, young = scheduled(200), scheduled(1)
    assert spare([young, old]) == [old.name]


def test_newest_ready_stays_however_old() -> None:
    assert spare([scheduled(500), scheduled(400)], keep=1) == [scheduled(500).name]


@pytest.mark.parametrize(
    "held",
    [
        taken("before-the-migration", 900),
        taken("scheduled-nightly", 900),
        taken("proved-nightly", 900),
        taken("STOPAPPLICATION-sensors-1", 900),
        taken("SYSTEMSNAPSHOT-1", 900),
    ],
)
def test_what_a_person_or_the_service_took_stays(held: Snapshot) -> None:
    assert spare([scheduled(1), held], keep=1) == []


def test_last_two_proofs_stay() -> None:
    proofs = [taken(f"proved-abc-v{version}", 900 - version) for version in (1, 2, 3)]
    assert spare([scheduled(1), *proofs], keep=1) == ["proved-abc-v1"]


@pytest.mark.parametrize("by", ["name", "arn"])
def test_pinned_stays(by: str) -> None:
    arn = "arn:aws:kinesisanalytics:us-east-1:1:snapshot/x"
    old = taken("scheduled-20250101T000000Z", 900, arn=arn)
    assert spare([scheduled(1), old], pinned=frozenset({getattr(old, by)})) == []


def test_failed_ones_go_at_once() -> None:
    failed = scheduled(0.5, "FAILED")
    assert spare([failed, scheduled(1)], keep=24) == [failed.name]


@pytest.mark.parametrize("status", ["CREATING", "DELETING"])
def test_what_is_in_the_making_or_going_is_left_alone(status: str) -> None:
    assert spare([scheduled(1), scheduled(900, status)]) == []


def test_a_look_deletes_only_so_many() -> None:
    many = [scheduled(hours) for hours in range(1, 100)]
    assert spare(many, keep=1) == [scheduled(hours).name for hours in range(99, 89, -1)]


def test_room_is_made_by_the_oldest_that_nothing_holds() -> None:
    held, next_oldest = scheduled(900), scheduled(800)
    snapshots = [scheduled(1), next_oldest, held, taken("mine", 1000)]
    assert retention.oldest_spare(snapshots, keep={held.name}) == next_oldest
    assert retention.oldest_spare([taken("mine", 1000), scheduled(1)], keep=set()) is None
