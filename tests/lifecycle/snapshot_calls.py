"""The calls on snapshots, in both modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.lifecycle.application import Application
from tests.lifecycle.faults import refusal
from tests.lifecycle.jobs import Snapshots
from tests.lifecycle.pages import Pages
from tests.lifecycle.running import HANG_SECONDS
from tests.lifecycle.snapshots import (
    CREATING,
    DELETING,
    ENHANCED,
    FAILED,
    LEGACY,
    LEGACY_QUOTA,
    READY,
    Snapshot,
)
from tests.lifecycle.statuses import SNAPSHOTTABLE, STEADY
from tests.lifecycle.transitions import Transitions

RESERVED = "SYSTEMSNAPSHOT"
FILTERS = (
    "SourceApplicationName",
    "SnapshotInitiator",
    "SnapshotInitiatorOperation",
    "SnapshotStatus",
)
Parameters = dict[str, Any]
Find = Callable[..., Application]


class SnapshotCalls:
    def __init__(self, state: Transitions, pages: Pages, find: Find) -> None:
        self.state = state
        self.pages = pages
        self.find = find

    def _own(self, name: str, mode: str, application: str = "") -> Snapshot | None:
        return next(
            (
                held
                for held in self.state.snapshots
                if held.name == name
                and held.mode == mode
                and (mode == ENHANCED or held.application == application)
            ),
            None,
        )

    def _complete(self, application: Application, taken: Snapshot) -> None:
        run = taken.run
        outcome = self.state.outcome_of(run)
        succeeds = outcome is Snapshots.SUCCEED
        seconds = HANG_SECONDS if outcome is Snapshots.HANG else run.job.snapshot_seconds

        def done() -> None:
            # It became sick meanwhile, or went: what was asked of it is not there.
            healthy = application.run is run and self.state.outcome_of(run) is Snapshots.SUCCEED
            self.state.finish_snapshot(taken, READY if succeeds and healthy else FAILED)

        self.state.clock.later(seconds, done)

    # -- an application's own ---------------------------------------------------------------

    def CreateApplicationSnapshot(self, asked: Parameters, caller: str) -> dict[str, Any]:  # noqa: N802
        name = "CreateApplicationSnapshot"
        found = self.find(name, asked["ApplicationName"])
        if found.enhanced:
            raise refusal(name, "UnsupportedOperationException", "the mode is enhanced")
        if found.status not in SNAPSHOTTABLE:
            raise refusal(name, "InvalidRequestException", f"{found.name} is {found.status}")
        if self._own(asked["SnapshotName"], LEGACY, found.name):
            raise refusal(name, "ResourceInUseException", "the name is taken")
        if len(self.state.of(found)) >= LEGACY_QUOTA:
            raise refusal(name, "LimitExceededException", "1000 snapshots")
        self._must_be_up(name, found)
        self._complete(found, self.state.take(found, asked["SnapshotName"], caller))
        return {}

    def _must_be_up(self, name: str, found: Application) -> None:
        if found.run and self.state.outcome_of(found.run) is Snapshots.REFUSED:
            raise refusal(
                name,
                "InvalidApplicationConfigurationException",
                f"The application {found.name} is currently experiencing downtime",
            )

    def DescribeApplicationSnapshot(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        name = "DescribeApplicationSnapshot"
        found = self.find(name, asked["ApplicationName"])
        held = self._own(asked["SnapshotName"], LEGACY, found.name)
        if not held:
            raise refusal(name, "ResourceNotFoundException", "no such snapshot")
        return {"SnapshotDetails": held.legacy()}

    def ListApplicationSnapshots(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        name = "ListApplicationSnapshots"
        found = self.find(name, asked["ApplicationName"], missing="InvalidArgumentException")
        listed = [
            held.legacy()
            for held in self.state.snapshots
            if held.application == found.name and held.mode == LEGACY and self._shown(held)
        ]
        if self.state.quirks.newest_first:
            listed.reverse()
        else:  # no order is documented
            listed.sort(key=lambda held: str(held["SnapshotName"])[::-1])
        return self.pages.cut(name, asked, listed, "SnapshotSummaries", self.state.quirks.page_size)

    def DeleteApplicationSnapshot(self, asked: Parameters, caller: str) -> dict[str, Any]:  # noqa: N802
        name = "DeleteApplicationSnapshot"
        found = self.find(name, asked["ApplicationName"])
        if found.status not in STEADY:
            raise refusal(name, "ResourceInUseException", f"{found.name} is {found.status}")
        self._delete(name, self._own(asked["SnapshotName"], LEGACY, found.name), asked, caller)
        return {}

    def _shown(self, held: Snapshot) -> bool:
        return self.state.began_before(held.created, self.state.quirks.list_lag)

    def _delete(self, name: str, held: Snapshot | None, asked: Parameters, caller: str) -> Snapshot:
        if not held:
            raise refusal(name, "ResourceNotFoundException", "no such snapshot")
        if asked["SnapshotCreationTimestamp"] != held.created:
            raise refusal(name, "InvalidArgumentException", "SnapshotCreationTimestamp differs")
        if held.status not in (READY, FAILED):
            raise refusal(name, "ResourceInUseException", f"the snapshot is {held.status}")
        self.state.observer.deletes(held, caller)
        held.status = DELETING
        self.state.clock.later(
            self.state.quirks.deletion_seconds, lambda: self.state.snapshots.remove(held)
        )
        return held

    # -- an account's -----------------------------------------------------------------------

    def CreateSnapshot(self, asked: Parameters, caller: str) -> dict[str, Any]:  # noqa: N802
        name = "CreateSnapshot"
        found = self.find(name, asked["ApplicationName"], missing="InvalidArgumentException")
        if not found.enhanced:
            raise refusal(name, "InvalidApplicationConfigurationException", "the mode is legacy")
        if asked["SnapshotName"].upper().startswith(RESERVED):
            raise refusal(name, "InvalidArgumentException", f"{RESERVED} is reserved")
        if self._own(asked["SnapshotName"], ENHANCED):
            raise refusal(name, "ResourceInUseException", "the name is taken in this account")
        if found.status not in SNAPSHOTTABLE:
            code = "InvalidApplicationConfigurationException"
            raise refusal(
                name,
                code if found.status in STEADY else "ResourceInUseException",
                f"{found.name} is {found.status}",
            )
        if any(not held.system for held in self.state.of(found, CREATING)):
            raise refusal(name, self.state.quirks.one_snapshot_error, "one create at a time")
        self._must_be_up(name, found)
        taken = self.state.take(found, asked["SnapshotName"], caller)
        taken.operation = f"create{self.state.number():08}"
        self._complete(found, taken)
        return self._accepted(taken)

    def _accepted(self, held: Snapshot) -> dict[str, Any]:
        return {
            "SnapshotArn": held.arn,
            "SnapshotStatus": held.status,
            "SnapshotOperationId": held.operation or "system",
            "SnapshotOperationStatus": "IN_PROGRESS",
        }

    def DescribeSnapshot(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        held = self._own(asked["SnapshotName"], ENHANCED)
        if not held:
            raise refusal("DescribeSnapshot", "ResourceNotFoundException", "no such snapshot")
        return {"SnapshotInfoDetails": held.details()}

    def ListSnapshots(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        name = "ListSnapshots"
        filters = {key: asked[key] for key in FILTERS if key in asked}
        if len(filters) > 1:
            raise refusal(name, "InvalidArgumentException", "only one filter in a request")
        shown = [h for h in self.state.snapshots if h.mode == ENHANCED and self._shown(h)]
        shown.sort(key=lambda held: held.created, reverse=True)
        listed = [
            summary
            for summary in (held.summary() for held in shown)
            if all(summary[key] == value for key, value in filters.items())
        ]
        return self.pages.cut(name, asked, listed, "SnapshotInfoList", self.state.quirks.page_size)

    def DeleteSnapshot(self, asked: Parameters, caller: str) -> dict[str, Any]:  # noqa: N802
        name = "DeleteSnapshot"
        held = self._delete(name, self._own(asked["SnapshotName"], ENHANCED), asked, caller)
        return self._accepted(held)
