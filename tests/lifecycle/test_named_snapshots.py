"""The cases of snapshots between deploys, by their names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.lifecycle.case import NAME, Case
from tests.lifecycle.deploys import Elsewhere, Trouble
from tests.lifecycle.faults import Fault, Planned
from tests.lifecycle.jobs import HEALTHY
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.snapshots import ENHANCED, LEGACY_QUOTA
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import Schedule
from tests.lifecycle.world import RECONCILER

HOUR = 60


def scheduled(case: Case) -> list[str]:
    return [name for name in case.names if name.startswith("scheduled-")]


def test_a_snapshot_every_hour(case: Case) -> None:
    case.running(minutes=5 * HOUR)
    assert len(scheduled(case)) in (4, 5)
    assert max(case.measured("newestSnapshotAge")) <= 3600 + 300 + 60
    assert case.measured("newestSnapshotAge")[-1] < 3900


def test_prune_keeps_newest_pinned_user(case: Case) -> None:
    schedule = Schedule(keep=2, pinned=("audit",))
    case.running(minutes=5, schedule=schedule)
    case.snapshot_by_hand("mine")
    case.wait(2)
    case.snapshot_by_hand("audit")
    case.wait(2)
    case.deploy("v2")
    stop, proof = case.ready[-2], case.ready[-1]
    case.wait(9 * HOUR)
    kept = set(case.names)
    assert {"mine", "audit", stop.name, proof.name} <= kept
    assert case.run.restored_from == stop.name
    assert len(scheduled(case)) == 2
    assert case.ready[-1].name == scheduled(case)[-1]


def test_prune_waits_while_gate_open(case: Case) -> None:
    """What a restore may need is not deleted before the new version is proved; nor added to."""
    case.running(minutes=4 * HOUR)
    held = set(case.names)
    eager = Schedule(every_seconds=60, keep=1)
    case.deploys.deployed = replace(case.template, schedule=eager)
    looks: list[tuple[str, set[str]]] = []

    def look() -> None:
        looks.append((case.reconcile(), set(case.names) & held))

    for seconds in (40, 120, 300):
        case.later(seconds, look)
    case.deploy("v2", schedule=eager)
    assert looks == [("kept out of the way: the stack is being changed", held)] * 3
    case.reconcile()
    case.wait(1)
    assert len(set(case.names) & held) < len(held)


def test_prune_partial_failure_retries(case: Case) -> None:
    case.running(minutes=5 * HOUR, schedule=Schedule(keep=4))
    case.world.faults.set(Planned(Fault.INTERNAL, "DeleteApplicationSnapshot", times=2))
    case.deploys.deployed = replace(case.template, schedule=Schedule(keep=2))
    case.wait(30)
    assert len(scheduled(case)) == 2
    assert case.world.faults.injected == {Fault.INTERNAL: 2}


def fill(case: Case, name: str, by: str) -> None:
    """Snapshots up to the quota, all of a day before."""
    for number in range(LEGACY_QUOTA - len(case.ready)):
        filler = case.world.state.take(case.application, name.format(number), by)
        filler.status, filler.created = "READY", filler.created - timedelta(days=1)
    case.world.state.snapshots.sort(key=lambda held: held.created)


def test_quota_1000_reached(case: Case) -> None:
    """The stop's own snapshot is made all the same; old ones of ours make room for the proof."""
    case.running()
    fill(case, "scheduled-20261124T{:06}Z", RECONCILER)
    before = case.run
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_COMPLETE", outcome.reason
    assert case.lost(case.run, before) == timedelta(0)


def test_quota_1000_reached_by_the_user(case: Case) -> None:
    """None of them is ours to delete: the deploy fails, and says of what there is too much."""
    case.running()
    fill(case, "mine-{}", "user")
    before = case.run
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "1000 snapshots" in outcome.reason
    assert case.lost(case.run, before) == timedelta(0)


def test_schedule_skips_when_creating(case: Case) -> None:
    case.running(minutes=50)
    case.world.state.change_job(case.application, replace(HEALTHY, snapshot_seconds=900))
    case.snapshot_by_hand("mine")
    case.wait(14)
    made = case.made("CreateApplicationSnapshot")
    assert made == []
    assert "stuck" not in {look["Decision"] for look in case.deploys.decisions}


def test_missed_schedule_fires_once(case: Case) -> None:
    """No tick for five hours: one snapshot, not five."""
    case.running()
    case.deploys.ticking = False
    case.wait(5 * HOUR)
    before = len(scheduled(case))
    assert case.reconcile() == "snapshot"
    case.wait(1)
    assert case.reconcile() == "nothing is due"
    assert len(scheduled(case)) == before + 1


def test_no_schedule_takes_none_and_deletes_none(case: Case) -> None:
    case.running(minutes=6 * HOUR, schedule=Schedule(every_seconds=0, keep=1, max_age_seconds=60))
    assert case.changes == []


def test_stopped_application_has_no_age(case: Case) -> None:
    case.running()
    case.stop_by_hand()
    case.wait(3 * HOUR)
    assert case.measured("newestSnapshotAge")[-1] == 0
    assert case.measured("stuck")[-1] == 0


def test_enhanced_names_hold_the_application() -> None:
    case = Case()
    case.running(minutes=65, mode=ENHANCED)
    assert all(name.startswith(f"{NAME}-") for name in case.names)
    assert case.deploy("v2").status == "UPDATE_COMPLETE"
    assert case.world.violations == []


def test_a_long_application_name_still_fits_an_enhanced_name() -> None:
    """Names of an account's snapshots end at 100 characters, application names at 128."""
    name = "a-very-long-name-of-an-application-" * 3 + "that-ends-here"
    case = Case(Quirks())
    case.judge.name = name
    case.template = replace(case.template, application=name, mode=ENHANCED)
    assert case.deploy("v1").status == "CREATE_COMPLETE"
    case.wait(65)
    assert case.deploy("v2").status == "UPDATE_COMPLETE"
    assert case.world.violations == []


def test_what_a_deploy_left_stopped_is_started_again(case: Case) -> None:
    """Prepare had stopped it, another resource failed, and nothing was rolled back."""
    case.running()
    before = case.run
    outcome = case.deploy("v2", trouble=Trouble(Elsewhere.BETWEEN, no_rollback=True))
    assert (outcome.status, case.application.status) == ("UPDATE_FAILED", Status.STARTING)
    case.wait(2)
    assert (case.run.code, case.run.by) == ("v1", RECONCILER)
    assert case.lost(case.run, before) == timedelta(0)


def test_a_destroyed_pipeline_comes_back_with_its_state(case: Case) -> None:
    case.running()
    before = case.run
    assert case.delete().status == "DELETE_COMPLETE"
    assert case.application.status is Status.READY
    case.wait(24 * HOUR)
    assert case.application.status is Status.READY
    outcome = case.deploy("v2")
    assert (outcome.status, case.run.code) == ("CREATE_COMPLETE", "v2")
    assert case.lost(case.run, before) == timedelta(0)
