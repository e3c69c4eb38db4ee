"""The calls of the service on applications; what follows from them is in `transitions`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.lifecycle.application import (
    CUSTOM,
    LATEST,
    SKIP,
    Application,
    Configuration,
    Version,
    held_groups,
)
from tests.lifecycle.clock import Clock
from tests.lifecycle.faults import refusal
from tests.lifecycle.jobs import Snapshots
from tests.lifecycle.operations import CANCELLED, IN_PROGRESS, START, STOP, UPDATE
from tests.lifecycle.pages import Pages
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.running import Observer, StartAsked
from tests.lifecycle.snapshot_calls import SnapshotCalls
from tests.lifecycle.snapshots import ENHANCED, LEGACY, READY, Snapshot
from tests.lifecycle.statuses import (
    DELETABLE,
    FORCE_STOPPABLE,
    REVERTIBLE,
    STARTABLE,
    STEADY,
    STOPPABLE,
    UPDATABLE,
    Status,
)
from tests.lifecycle.transitions import Transitions

DOWNTIME = (
    "Failed to take snapshot for the application {} at this moment. The application is currently "
    "experiencing downtime. Please check the application's CloudWatch metrics or CloudWatch logs "
    "for any possible errors and retry the request."
)
DELETION_SECONDS = 10.0
Parameters = dict[str, Any]


def supports_enhanced(runtime: str) -> bool:
    """Flink 1.20 and later."""
    major, minor = runtime.removeprefix("FLINK-").split("_")
    return (int(major), int(minor)) >= (1, 20)


class FlinkModel:
    """kinesisanalyticsv2 of one account: `call` is what stands behind every client of it."""

    def __init__(self, clock: Clock, observer: Observer, quirks: Quirks) -> None:
        self.state = Transitions(clock, observer, quirks)
        self.quirks = quirks
        self.pages = Pages()
        self.snapshot_calls = SnapshotCalls(self.state, self.pages, self.application)

    def call(self, operation: str, parameters: Parameters, caller: str) -> dict[str, Any]:
        held: object = self if hasattr(self, operation) else self.snapshot_calls
        method: Callable[[Parameters, str], dict[str, Any]] = getattr(held, operation)
        return method(parameters, caller)

    def application(
        self, operation: str, name: str, missing: str = "ResourceNotFoundException"
    ) -> Application:
        found = self.state.applications.get(name)
        if not found:
            raise refusal(operation, missing, f"Application {name} was not found")
        return found

    def _in(
        self, operation: str, parameters: Parameters, allowed: frozenset[Status], code: str = ""
    ) -> Application:
        """The application, if its status is one that the call is taken in."""
        found = self.application(operation, parameters["ApplicationName"])
        if found.status not in allowed:
            steady = code if found.status in STEADY and code else "ResourceInUseException"
            raise refusal(
                operation, steady, f"Application {found.name} is in status {found.status}"
            )
        return found

    # -- reading ----------------------------------------------------------------------------

    def DescribeApplication(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        found = self.application("DescribeApplication", asked["ApplicationName"])
        return {"ApplicationDetail": found.describe(mode_told=self.quirks.mode_told)}

    def ListApplicationOperations(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        name = "ListApplicationOperations"
        found = self.application(name, asked["ApplicationName"])
        told = self.quirks.operations_lag
        lag = self.quirks.list_lag if told is None else told
        listed = [
            held.summary()
            for held in found.operations.held
            if self.state.began_before(held.began, lag)
            and asked.get("Operation", held.kind) == held.kind
            and asked.get("OperationStatus", held.status) == held.status
        ]
        if self.quirks.newest_first:
            listed.reverse()
        else:  # no order is documented
            listed.sort(key=lambda held: str(held["OperationId"])[-1:])
        return self.pages.cut(
            name, asked, listed, "ApplicationOperationInfoList", self.quirks.page_size
        )

    def DescribeApplicationOperation(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        name = "DescribeApplicationOperation"
        found = self.application(name, asked["ApplicationName"])
        operation = found.operations.find(asked["OperationId"])
        if not operation:
            raise refusal(name, "ResourceNotFoundException", "no such operation")
        return {"ApplicationOperationInfoDetails": operation.details()}

    def ListApplicationVersions(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        name = "ListApplicationVersions"
        found = self.application(name, asked["ApplicationName"])
        listed = [
            {
                "ApplicationVersionId": held.number,
                "ApplicationStatus": (
                    found.status.value
                    if held is found.version
                    else Status.ROLLED_BACK.value
                    if held.rolled_back
                    else Status.READY.value
                ),
            }
            for held in reversed(found.versions)
        ]
        return self.pages.cut(
            name, asked, listed, "ApplicationVersionSummaries", self.quirks.page_size
        )

    # -- life -------------------------------------------------------------------------------

    def StartApplication(self, asked: Parameters, caller: str) -> dict[str, Any]:  # noqa: N802
        name = "StartApplication"
        found = self._in(name, asked, STARTABLE)
        configuration = asked.get("RunConfiguration", {})
        restore = configuration.get("ApplicationRestoreConfiguration")
        allow = configuration.get("FlinkRunConfiguration", {}).get("AllowNonRestoredState", False)
        start = self._asked(name, found, restore, caller, allow=allow)
        found.restore = dict(restore or {"ApplicationRestoreType": LATEST})
        found.allow_non_restored = allow
        operation = self.state.begin(found, START, caller)
        self.state.start(found, operation, start)
        return {"OperationId": operation.identity}

    def _asked(
        self,
        name: str,
        found: Application,
        restore: dict[str, str] | None,
        caller: str,
        *,
        allow: bool,
    ) -> StartAsked:
        kind = restore["ApplicationRestoreType"] if restore else LATEST
        named = {} if restore is None else {k: v for k, v in restore.items() if "Snapshot" in k}
        if (kind == CUSTOM) != (len(named) == 1) or (named and kind != CUSTOM):
            raise refusal(
                name, "InvalidArgumentException", "exactly one of SnapshotName and SnapshotArn"
            )
        if kind == SKIP:
            return StartAsked(kind, None, allow, caller)
        if kind == LATEST:
            usable = self.state.of(found, READY)
            return StartAsked(kind, usable[-1] if usable else None, allow, caller)
        return StartAsked(kind, self._named(name, found, named), allow, caller)

    def _named(self, name: str, found: Application, named: dict[str, str]) -> Snapshot:
        member = "SnapshotArn" if found.enhanced else "SnapshotName"
        if member not in named:
            raise refusal(
                name, "InvalidArgumentException", f"{found.configuration.mode} takes a {member}"
            )
        for held in self.state.snapshots:
            if found.enhanced:
                fits = held.mode == ENHANCED and held.arn == named[member]
            else:
                own = held.application == found.name and held.mode == LEGACY
                fits = own and held.name == named[member]
            if fits and held.status == READY:
                return held
            if fits:
                raise refusal(
                    name, "InvalidArgumentException", f"snapshot {held.name} is {held.status}"
                )
        raise refusal(name, "ResourceNotFoundException", f"no snapshot {named[member]}")

    def StopApplication(self, asked: Parameters, caller: str) -> dict[str, Any]:  # noqa: N802
        name, force = "StopApplication", asked.get("Force", False)
        allowed = FORCE_STOPPABLE if force else STOPPABLE
        found = self._in(name, asked, allowed, self.quirks.stop_refusal)
        if not force:
            self._must_be_saved(name, found)
        if found.run:
            self.state.observer.stops(found.run, caller, force=force)
        operation = self.state.begin(found, STOP, caller)
        if force:
            self.state.force_stop(found, operation)
        else:
            self.state.stop(found, operation)
        return {"OperationId": operation.identity}

    def _must_be_saved(self, name: str, found: Application) -> None:
        run = found.run
        saves = found.configuration.snapshots_enabled
        if run and saves and self.state.outcome_of(run) is Snapshots.REFUSED:
            raise refusal(
                name, "InvalidApplicationConfigurationException", DOWNTIME.format(found.name)
            )

    # -- configuration ----------------------------------------------------------------------

    def create(self, name: str, configuration: Configuration) -> Application:
        """What CloudFormation's create does; only StartApplication starts it."""
        assert name not in self.state.applications, f"{name} already exists"
        created = self.state.stamp()
        made = Application(name, created, [Version(1, configuration, created)])
        self.state.applications[name] = made
        # The logging option is a second resource, whose addition is a version of its own.
        self.state.new_version(made, replace(configuration, log_stream=name))
        return made

    def UpdateApplication(self, asked: Parameters, caller: str) -> dict[str, Any]:  # noqa: N802
        name = "UpdateApplication"
        found = self._in(name, asked, UPDATABLE)
        self._must_be_current(name, found, asked)
        run = asked.get("RunConfigurationUpdate", {})
        if run and found.status is not Status.RUNNING:
            raise refusal(
                name, "InvalidRequestException", "RunConfigurationUpdate needs status RUNNING"
            )
        configuration = self._changed(name, found, asked)
        restore = run.get("ApplicationRestoreConfiguration")
        allow = run.get("FlinkRunConfiguration", {}).get("AllowNonRestoredState", False)
        start = self._asked(name, found, restore, caller, allow=allow) if restore else None
        if found.run:
            self._must_be_saved(name, found)
        found.allow_non_restored = allow
        operation = self.state.begin(found, UPDATE, caller)
        before = found.version.number
        self.state.new_version(found, configuration)
        operation.versions = (before, found.version.number)
        self.state.update(found, operation, start)
        detail = found.describe(mode_told=self.quirks.mode_told)
        return {"ApplicationDetail": detail, "OperationId": operation.identity}

    def _must_be_current(self, name: str, found: Application, asked: Parameters) -> None:
        version, token = asked.get("CurrentApplicationVersionId"), asked.get("ConditionalToken")
        if version is None and token is None:
            raise refusal(
                name,
                "InvalidArgumentException",
                "CurrentApplicationVersionId or ConditionalToken is required",
            )
        if version not in (None, found.version.number) or token not in (None, found.token):
            raise refusal(
                name, "ConcurrentModificationException", f"version is {found.version.number}"
            )

    def _changed(self, name: str, found: Application, asked: Parameters) -> Configuration:
        changes: dict[str, Any] = {}
        if "ServiceExecutionRoleUpdate" in asked:
            changes["role"] = asked["ServiceExecutionRoleUpdate"]
        if "RuntimeEnvironmentUpdate" in asked:
            changes["runtime"] = asked["RuntimeEnvironmentUpdate"]
        update = asked.get("ApplicationConfigurationUpdate", {})
        code = update.get("ApplicationCodeConfigurationUpdate", {}).get("CodeContentUpdate", {})
        location = code.get("S3ContentLocationUpdate", {})
        for member, field in (
            ("BucketARNUpdate", "bucket"),
            ("FileKeyUpdate", "key"),
            ("ObjectVersionUpdate", "object_version"),
        ):
            if member in location:
                changes[field] = location[member]
        snapshots = update.get("ApplicationSnapshotConfigurationUpdate", {})
        if snapshots:
            changes["snapshots_enabled"] = snapshots["SnapshotsEnabledUpdate"]
            changes["mode"] = snapshots.get("SnapshotModeUpdate", found.configuration.mode)
        environment = update.get("EnvironmentPropertyUpdates", {})
        if environment:
            changes["groups"] = held_groups(environment["PropertyGroups"])
        rollback = update.get("ApplicationSystemRollbackConfigurationUpdate", {})
        if rollback:
            changes["rollback_enabled"] = rollback["RollbackEnabledUpdate"]
        changed = replace(found.configuration, **changes)
        if changed.mode == LEGACY and found.enhanced:
            raise refusal(name, "InvalidArgumentException", "enhanced snapshots are one way")
        if changed.mode == ENHANCED and not supports_enhanced(changed.runtime):
            raise refusal(name, "InvalidArgumentException", "needs Flink 1.20 or later")
        return changed

    def RollbackApplication(self, asked: Parameters, caller: str) -> dict[str, Any]:  # noqa: N802
        name = "RollbackApplication"
        found = self._in(name, asked, REVERTIBLE, "InvalidRequestException")
        if asked["CurrentApplicationVersionId"] != found.version.number:
            raise refusal(
                name, "ConcurrentModificationException", f"version is {found.version.number}"
            )
        if not self.state.of(found, READY) or not self.state.previous(found):
            raise refusal(name, "InvalidRequestException", "no snapshot or no earlier version")
        for other in found.operations.held:
            if other.status == IN_PROGRESS:
                other.finish(CANCELLED, self.state.stamp())
        operation = self.state.revert(found, caller)
        detail = found.describe(mode_told=self.quirks.mode_told)
        return {"ApplicationDetail": detail, "OperationId": operation.identity}

    def DeleteApplication(self, asked: Parameters, _: str) -> dict[str, Any]:  # noqa: N802
        name = "DeleteApplication"
        found = self._in(name, asked, DELETABLE)
        if asked["CreateTimestamp"] != found.created:
            raise refusal(name, "InvalidArgumentException", "CreateTimestamp does not match")
        if found.run:
            found.run.end(self.state.clock.now)
            found.run = None
        found.turn(Status.DELETING)

        def deleted() -> None:
            del self.state.applications[found.name]
            self.state.snapshots = [
                held
                for held in self.state.snapshots
                if held.application != found.name or held.mode == ENHANCED
            ]

        self.state.clock.later(DELETION_SECONDS, deleted)
        return {}
