"""Bugs that a lifecycle could have, put into the handlers: each has to be found by a story.

Most are of the kinds that cost others their state: a forgotten snapshot, a stale one, a retry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from cdk_managed_flink.handlers.managed_flink_lifecycle.aws import (
    calls,
    metrics,
    service,
    snapshots,
    stack,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Restore, Store
from cdk_managed_flink.handlers.managed_flink_lifecycle.rules import gate, restore, retention
from cdk_managed_flink.handlers.managed_flink_lifecycle.steps import (
    context,
    history,
    lineage,
    positions,
    prove,
    stores,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.values import request
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.lifecycle import test_named_cases as named
from tests.lifecycle import test_restore_choices as choices
from tests.lifecycle import test_shared_stack as shared
from tests.lifecycle.case import Case
from tests.lifecycle.jobs import CANNOT_BE_SAVED, CRASH_LOOPS, HEALTHY
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.templates import TABLE_STORE, Schedule

Patch = pytest.MonkeyPatch
Story = Callable[[Case], None]
LATEST = {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}


@dataclass(frozen=True)
class SeededBug:
    name: str
    put_in: Callable[[Patch], None]
    found_by: Story


def does_not_compare_readers(patch: Patch) -> None:
    patch.setattr(positions, "lost", lambda _: "")


def takes_any_application_for_its_own(patch: Patch) -> None:
    patch.setattr(stack.OwnStack, "owns", lambda *_: True)


# -- stories that are told for the bugs alone -----------------------------------------------------


def the_prepared_snapshot_vanishes(case: Case) -> None:
    """Somebody deletes the stop's snapshot before Prove comes to it; older ones are left."""
    case.running(minutes=65)
    case.later(27, lambda: case.delete_by_hand(case.ready[-1]))
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert named.SKIP not in case.restores


def old_requests_come_in_the_next_deploy(case: Case) -> None:
    """Both requests of one deploy are polled once more while the gate of the next is open."""
    case.running()
    case.deploy("v2")
    old = list(case.deploys.events)
    case.wait(30)
    case.later(150, lambda: case.replay(*old))
    assert case.deploy("v3").status == "UPDATE_COMPLETE"
    assert case.run.code == "v3"


def the_stop_s_snapshot_is_listed_late(case: Case) -> None:
    """The stop is in the log of operations, its snapshot is not in the list yet."""
    late = Case(Quirks(list_lag=40, operations_lag=0)).running(minutes=65)
    before = late.run
    assert late.deploy("v2").status == "UPDATE_COMPLETE"
    assert late.lost(late.run, before) == timedelta(0)
    assert late.world.violations == case.world.violations


def pinned_ones_are_kept(case: Case) -> None:
    case.running(minutes=5, schedule=Schedule(keep=1, pinned=("audit",)))
    case.snapshot_by_hand("audit")
    case.wait(2)
    case.deploy("v2")
    proof = case.ready[-1]
    case.wait(4 * 60)
    assert {"audit", proof.name, case.run.restored_from} <= set(case.names)


def a_sick_version_leaves_a_snapshot(case: Case) -> None:
    """The sick version takes snapshots before it is found out, by its user's hand."""
    case.running()
    before = case.run
    case.later(120, lambda: case.snapshot_by_hand("of-the-sick"))
    crashing = replace(CRASH_LOOPS, crashes_from=120, snapshots=HEALTHY.snapshots)
    outcome = case.deploy("v2", crashing)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.lost(case.run, before) == timedelta(0)
    assert case.run.restored_from != "of-the-sick"


def a_job_that_cannot_be_saved_is_deleted(case: Case) -> None:
    """Its newest snapshot is younger than max_state_loss: it is forced to stop."""
    case.running(minutes=5)
    case.turn(CANNOT_BE_SAVED)
    assert case.delete().status == "DELETE_COMPLETE"


def a_store_is_replaced(case: Case) -> None:
    """A property that changed would give a table a new, empty store: refused, or asked for."""
    case.running()
    stores = {**case.template.stores, "pages": Store(TABLE_STORE, "pages-2")}
    outcome = case.deploy("v2", stores=stores)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "Application sensors was not stopped: table pages" in outcome.reason
    assert case.changes == []
    assert case.deploy("v2", stores=stores, replace_stores=("pages",)).succeeded


def the_alarms_have_datapoints(case: Case) -> None:
    """Each look publishes the age of the newest snapshot and whether a person is needed."""
    case.running(minutes=30)
    assert len(case.measured("newestSnapshotAge")) == len(case.measured("stuck")) > 5


def the_reply_of_the_proof_is_lost(case: Case) -> None:
    named.test_reply_lost_on(case, "CreateApplicationSnapshot", 1)


# -- bugs ---------------------------------------------------------------------------------------


def _on_call(patch: Patch, change: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
    plain = calls.call

    def call(client: Any, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
        return plain(client, method, **change(method, parameters))

    patch.setattr(service, "call", call)


def starts_with_the_latest(patch: Patch) -> None:
    def change(method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if method != "start_application":
            return parameters
        run = {**parameters["RunConfiguration"], "ApplicationRestoreConfiguration": LATEST}
        return {**parameters, "RunConfiguration": run}

    _on_call(patch, change)


def takes_a_timeout_for_a_failure(patch: Patch) -> None:
    plain = calls.call

    def call(client: Any, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
        try:
            return plain(client, method, **parameters)
        except calls.TransientError as error:
            if "Read timeout" not in str(error):
                raise
            return plain(client, method, **parameters)

    assert "Read timeout" in str(ReadTimeoutError(endpoint_url="x"))
    patch.setattr(service, "call", call)
    patch.setattr(snapshots, "call", call)


def takes_the_newest_instead_of_its_own_stop_s(patch: Patch) -> None:
    patch.setattr(restore, "since", lambda snapshots, _: list(snapshots))


def accepts_running_as_proof(patch: Patch) -> None:
    patch.setattr(gate.HealthGate, "off", property(lambda _: True))


def ignores_that_a_request_is_stale(patch: Patch) -> None:
    patch.setattr(context.Context, "drive", lambda self: self.service)


def rolls_back_to_the_newest(patch: Patch) -> None:
    def point(held: Any, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        return restore.newest_ready(held)

    patch.setattr(lineage, "rollback_point", point)


def prunes_what_is_pinned(patch: Patch) -> None:
    patch.setattr(retention, "_held", lambda *_: set())


def starts_empty_when_the_named_one_is_missing(patch: Patch) -> None:
    plain = prove._snapshot_to_restore

    def choose(*given: Any) -> Any:  # noqa: ANN401
        try:
            return plain(*given)
        except DeployFailedError:
            return None

    patch.setattr(prove, "_snapshot_to_restore", choose)


def forces_a_stop_whatever_it_costs(patch: Patch) -> None:
    ages = timedelta(days=3650)
    patch.setattr(request.Request, "max_state_loss", property(lambda _: ages))


def keeps_allowing_non_restored_state(patch: Patch) -> None:
    plain = service.FlinkService.start

    def start(self: Any, *, snapshot: Any, allow_non_restored_state: bool) -> str:  # noqa: ANN401
        del allow_non_restored_state
        return plain(self, snapshot=snapshot, allow_non_restored_state=True)

    patch.setattr(service.FlinkService, "start", start)


def starts_what_was_stopped_by_hand(patch: Patch) -> None:
    patch.setattr(history, "stopped_by_hand", lambda *_: None)


def leaves_a_sick_version_running(patch: Patch) -> None:
    plain = service.FlinkService.stop

    def stop(self: Any, *, force: bool) -> str:  # noqa: ANN401
        if force:
            raise calls.ServiceError("StopApplication", "InvalidRequestException", "no")
        return plain(self, force=force)

    patch.setattr(service.FlinkService, "stop", stop)


def uses_a_restore_choice_again_and_again(patch: Patch) -> None:
    def asked(self: request.Request) -> Restore:
        return self.asked.restore

    patch.setattr(request.Request, "restore_asked", property(asked))


def deletes_with_a_state_loss_of_zero(patch: Patch) -> None:
    plain: property = vars(request.Request)["max_state_loss"]

    def bound(self: request.Request) -> timedelta:
        return timedelta(0) if self.is_delete else plain.__get__(self)

    patch.setattr(request.Request, "max_state_loss", property(bound))


def compares_no_stores(patch: Patch) -> None:
    patch.setattr(stores, "replaced", lambda _: "")


def publishes_in_another_namespace(patch: Patch) -> None:
    plain = metrics.publish

    def publish(*given: Any, **named: Any) -> None:  # noqa: ANN401
        plain(*given, **{**named, "namespace": "cdk-managed-flink"})

    patch.setattr(metrics, "publish", publish)


BUGS = [
    SeededBug(
        "starts with the latest snapshot, not by name",
        starts_with_the_latest,
        named.test_rollback_restores_pre_deploy_not_newest,
    ),
    SeededBug(
        "takes a time-out for a failure and sends again",
        takes_a_timeout_for_a_failure,
        the_reply_of_the_proof_is_lost,
    ),
    SeededBug(
        "takes the newest snapshot instead of its own stop's",
        takes_the_newest_instead_of_its_own_stop_s,
        the_stop_s_snapshot_is_listed_late,
    ),
    SeededBug(
        "accepts RUNNING as proof",
        accepts_running_as_proof,
        named.test_running_but_restarting_fails_gate,
    ),
    SeededBug(
        "ignores that a request is stale",
        ignores_that_a_request_is_stale,
        old_requests_come_in_the_next_deploy,
    ),
    SeededBug(
        "rolls back to the newest", rolls_back_to_the_newest, a_sick_version_leaves_a_snapshot
    ),
    SeededBug(
        "takes any application of the name for the stack's own",
        takes_any_application_for_its_own,
        shared.test_a_pipeline_added_to_an_old_stack_leaves_anothers_application_alone,
    ),
    SeededBug(
        "does not compare what reads a source",
        does_not_compare_readers,
        named.test_a_connector_that_loses_the_position_is_refused_before_anything_stops,
    ),
    SeededBug("prunes what is pinned", prunes_what_is_pinned, pinned_ones_are_kept),
    SeededBug(
        "starts empty when the named snapshot is missing",
        starts_empty_when_the_named_one_is_missing,
        the_prepared_snapshot_vanishes,
    ),
    SeededBug(
        "forces a stop whatever it costs",
        forces_a_stop_whatever_it_costs,
        named.test_latest_too_old_fails_with_choice,
    ),
    SeededBug(
        "keeps allowing non-restored state",
        keeps_allowing_non_restored_state,
        choices.test_allow_non_restored_state_is_sent_with_each_start,
    ),
    SeededBug(
        "starts what was stopped by hand",
        starts_what_was_stopped_by_hand,
        named.test_user_stopped_stays_stopped,
    ),
    SeededBug(
        "leaves a sick version running",
        leaves_a_sick_version_running,
        named.test_running_but_restarting_fails_gate,
    ),
    SeededBug(
        "uses a restore choice again and again",
        uses_a_restore_choice_again_and_again,
        choices.test_restore_from_is_used_once,
    ),
    SeededBug(
        "reads max_state_loss as zero when the stack is deleted",
        deletes_with_a_state_loss_of_zero,
        a_job_that_cannot_be_saved_is_deleted,
    ),
    SeededBug("compares no stores", compares_no_stores, a_store_is_replaced),
    SeededBug(
        "publishes its metrics in another namespace",
        publishes_in_another_namespace,
        the_alarms_have_datapoints,
    ),
]
