"""What others do to the stack or to the application: a deploy tells it from its own doing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.lifecycle.case import Case
from tests.lifecycle.deploys import Deploys, Elsewhere, FailedError, Trouble
from tests.lifecycle.jobs import FINISHES, HEALTHY, Job, Snapshots
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import ALWAYS_RUNNING, EMPTY, RUNNING, STOPPED, restoring
from tests.lifecycle.world import PREPARE, PROVE

NEWER = ("DesiredState", "Strategy", "Restore", "Bounded", "Run", "Definition")


def test_properties_that_an_earlier_release_did_not_have_change_nothing() -> None:
    case = Case().running()
    for resource in (PREPARE, PROVE):
        held = case.deploys._held[resource]
        case.deploys._held[resource] = {k: v for k, v in held.items() if k not in NEWER}
    assert case.deploy("v1").succeeded
    assert case.changes == []


def test_always_running_restarts_nothing_that_runs() -> None:
    case = Case().running()
    assert case.deploy("v1", desired=ALWAYS_RUNNING).succeeded
    assert case.changes == []


def test_stopped_by_hand_while_another_resource_is_updated_stays_stopped() -> None:
    case = Case().running()
    case.deploys._turn("UPDATE_IN_PROGRESS")
    case.wait(2)
    case.stop_by_hand()
    case.deploys._turn("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    case.deploys._turn("UPDATE_COMPLETE")
    case.deploys._wake_reconciler()
    case.wait(10)
    assert case.application.status is Status.READY


def test_an_update_undone_that_did_not_touch_it_makes_no_snapshot_suspect() -> None:
    """A start by hand in its time is no version that was taken back."""
    case = Case().running(minutes=30)
    case.stop_by_hand()
    case.deploys._turn("UPDATE_IN_PROGRESS")
    case.world.user.start_application(ApplicationName="sensors")
    case.wait(5)
    case.deploys._turn("UPDATE_ROLLBACK_IN_PROGRESS")
    case.deploys._turn("UPDATE_ROLLBACK_COMPLETE")
    before = len(case.names)
    case.wait(6 * 60)
    assert len(case.names) - before == 6  # one an hour
    assert case.measured("newestSnapshotAge")[-1] < timedelta(hours=1, minutes=6).total_seconds()


def test_a_new_stack_leaves_another_stacks_application_alone() -> None:
    case = Case().running()
    other = Deploys(case.world, "other")
    outcome = other.deploy(replace(case.template, code="v9"), Trouble(Elsewhere.BETWEEN))
    other.ticking = False
    assert "choose another application_name" in outcome.reason
    assert case.application.status is Status.RUNNING
    assert case.changes == []


def test_a_pipeline_added_to_an_old_stack_leaves_anothers_application_alone(case: Case) -> None:
    """The stack has been there for long; what it asks for under this name is not its own."""
    case.running()
    other = Deploys(case.world, "other")
    other._turn("CREATE_COMPLETE")
    case.wait(600)
    run, other_began = case.run, len(case.world.calls)
    other._turn("UPDATE_IN_PROGRESS")
    reason = ""
    try:
        other._ask(PREPARE, "Create", replace(case.template, code="v9").prepare())
    except FailedError as refused:
        reason = str(refused)
    assert "no resource of this stack. Nothing was touched" in reason
    assert (case.application.status, case.run) == (Status.RUNNING, run)
    asked = {call.operation for call in case.world.calls[other_began:] if call.caller == PREPARE}
    assert not asked & {"StopApplication", "StartApplication", "UpdateApplication"}


def test_a_lifecycle_added_later_to_the_stacks_own_application_keeps_the_state() -> None:
    case = Case().running()
    case.deploys._turn("UPDATE_IN_PROGRESS")
    case.deploys._ask(PREPARE, "Create", replace(case.template, code="v2").prepare())
    answer = case.deploys._outcome.responses["prepare Create"].data
    assert case.application.status is Status.READY
    assert answer["Snapshot"] == case.ready[-1].name


def test_an_unproved_version_that_runs_is_said_and_not_kept() -> None:
    case = Case().running()
    restarts = Job(crashes_from=300, snapshots=Snapshots.SUCCEED)
    trouble = Trouble(cancels=PROVE, cancels_after=120, no_rollback=True)
    case.deploy("v2", restarts, trouble)
    names = list(case.names)
    case.wait(90)
    assert case.measured("stuck")[-1] == 1
    # The rule may come twice within seconds, before the metric of the first look can be read.
    assert len(case.messages) <= 2
    message = case.messages[-1]
    assert "was not proved" in message
    assert "rollback-stack" in message
    assert case.names == names


def test_a_job_that_ended_is_told_once() -> None:
    case = Case().running(minutes=120)
    case.turn(replace(HEALTHY, finishes_after=1), minutes=60)
    assert case.measured("stuck")[-1] == 1
    (message,) = case.messages
    assert "its job ended by itself" in message
    assert "start-application" in message


def test_an_application_that_is_gone_is_told() -> None:
    case = Case().running()
    case.stop_by_hand()
    created = case.application.created
    case.world.user.delete_application(ApplicationName="sensors", CreateTimestamp=created)
    case.wait(60)
    (message,) = case.messages
    assert "is gone" in message


def test_a_finished_bounded_job_is_deployed_again_and_again() -> None:
    """It ended: there is no state to lose, and no choice to be made."""
    short = replace(FINISHES, finishes_after=60)
    case = Case()
    for code in ("v1", "v2", "v3"):
        outcome = case.deploy(code, short, bounded=True)
        assert outcome.succeeded, outcome.reason
        case.wait(30)


def test_a_restore_choice_that_is_used_up_says_so() -> None:
    case = Case()
    short = replace(FINISHES, finishes_after=60)
    empty = restoring(EMPTY)
    assert case.deploy("v1", short, bounded=True, restore=empty).succeeded
    case.wait(30)
    outcome = case.deploy("v2", HEALTHY, bounded=False, restore=empty)
    assert "used up" in outcome.reason


def test_desired_state_stopped_gets_the_new_setting_and_stays_stopped() -> None:
    """Stopped with its state, without an alarm; RUNNING again starts it from there."""
    case = Case().running()
    before = case.run
    assert case.deploy("v2", desired=STOPPED).succeeded
    assert case.application.status is Status.READY
    assert case.application.configuration.key == "v2"
    case.wait(120)
    assert case.application.status is Status.READY
    assert set(case.measured("stuck")) == {0}
    assert case.measured("newestSnapshotAge")[-1] == 0
    assert case.deploy("v2", desired=RUNNING).succeeded
    assert case.lost(case.run, before) == timedelta(0)
