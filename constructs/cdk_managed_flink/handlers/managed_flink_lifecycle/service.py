"""A thin port over `kinesisanalyticsv2`: one application, its operations and snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .calls import Client, NotFoundError, ServiceError, TransientError, call

READY, RUNNING, STARTING, STOPPING = "READY", "RUNNING", "STARTING", "STOPPING"
# ROLLED_BACK is where a rollback of an application that did not run ends: nothing runs in it.
STOPPED = frozenset({READY, "ROLLED_BACK"})
# From these the service accepts StopApplication with Force.
FORCEABLE = frozenset({STARTING, "UPDATING", STOPPING, "AUTOSCALING", RUNNING})

START, STOP, UPDATE = "StartApplication", "StopApplication", "UpdateApplication"
IN_PROGRESS, SUCCESSFUL = "IN_PROGRESS", "SUCCESSFUL"
SNAPSHOT_READY, SNAPSHOT_CREATING, SNAPSHOT_FAILED = "READY", "CREATING", "FAILED"
_PAGE = 50


@dataclass(frozen=True)
class Application:
    """The application as the service describes it now."""

    name: str
    status: str
    version: int
    snapshots_enabled: bool
    restored_from: str


@dataclass(frozen=True)
class Operation:
    """One entry of the service's log of operations."""

    id: str
    kind: str
    status: str
    started: datetime
    ended: datetime | None

    @property
    def failed(self) -> bool:
        """Whether it ended, and not well."""
        return self.status not in (IN_PROGRESS, SUCCESSFUL)


@dataclass(frozen=True)
class Snapshot:
    """One snapshot in the application's list."""

    name: str
    status: str
    version: int
    created: datetime

    @property
    def ready(self) -> bool:
        """Whether an application can be started from it."""
        return self.status == SNAPSHOT_READY


class FlinkService:
    """Reads and drives one application; nothing is remembered between calls."""

    def __init__(self, client: Client, application: str) -> None:
        self._client = client
        self._name = application

    def describe(self) -> Application | None:
        """The application, or None when there is none of that name."""
        try:
            answer = call(self._client, "describe_application", ApplicationName=self._name)
        except NotFoundError:
            return None
        detail = answer["ApplicationDetail"]
        described = detail.get("ApplicationConfigurationDescription") or {}
        snapshots = described.get("ApplicationSnapshotConfigurationDescription") or {}
        run = described.get("RunConfigurationDescription") or {}
        restore = run.get("ApplicationRestoreConfigurationDescription") or {}
        return Application(
            name=self._name,
            status=detail["ApplicationStatus"],
            version=int(detail["ApplicationVersionId"]),
            snapshots_enabled=bool(snapshots.get("SnapshotsEnabled", True)),
            restored_from=restore.get("SnapshotName", ""),
        )

    def operations(self) -> list[Operation]:
        """The operations the service remembers, newest first."""
        entries = self._pages("list_application_operations", "ApplicationOperationInfoList")
        operations = [
            Operation(
                id=entry.get("OperationId", ""),
                kind=entry.get("Operation", ""),
                status=entry.get("OperationStatus", ""),
                started=entry["StartTime"],
                # While an operation is in progress the service may show when it looked last.
                ended=None if entry.get("OperationStatus") == IN_PROGRESS else entry.get("EndTime"),
            )
            for entry in entries
            if "StartTime" in entry
        ]
        return sorted(operations, key=lambda operation: operation.started, reverse=True)

    def operation_failure(self, operation: Operation) -> str:
        """What the service says about a failed operation, empty when it says nothing."""
        try:
            answer = call(
                self._client,
                "describe_application_operation",
                ApplicationName=self._name,
                OperationId=operation.id,
            )
        except (TransientError, ServiceError):  # an explanation only: never worth a failure
            return ""
        details = answer["ApplicationOperationInfoDetails"].get("OperationFailureDetails") or {}
        return str((details.get("ErrorInfo") or {}).get("ErrorString", ""))

    def snapshots(self) -> list[Snapshot]:
        """The application's snapshots, newest first."""
        entries = self._pages("list_application_snapshots", "SnapshotSummaries")
        snapshots = [
            Snapshot(
                name=entry["SnapshotName"],
                status=entry["SnapshotStatus"],
                version=int(entry["ApplicationVersionId"]),
                created=entry["SnapshotCreationTimestamp"],
            )
            for entry in entries
            if "SnapshotCreationTimestamp" in entry
        ]
        return sorted(snapshots, key=lambda snapshot: snapshot.created, reverse=True)

    def start(self, *, snapshot: str, allow_non_restored_state: bool) -> str:
        """Starts from the named snapshot, or empty; returns the operation's id."""
        restore = (
            {
                "ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT",
                "SnapshotName": snapshot,
            }
            if snapshot
            else {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}
        )
        answer = call(
            self._client,
            "start_application",
            ApplicationName=self._name,
            RunConfiguration={
                # Not sticky: the service takes false whenever it is left out.
                "FlinkRunConfiguration": {"AllowNonRestoredState": allow_non_restored_state},
                "ApplicationRestoreConfiguration": restore,
            },
        )
        return str(answer.get("OperationId", ""))

    def stop(self, *, force: bool) -> str:
        """Stops, with a snapshot unless forced; returns the operation's id."""
        answer = call(self._client, "stop_application", ApplicationName=self._name, Force=force)
        return str(answer.get("OperationId", ""))

    def create_snapshot(self, name: str) -> None:
        """Begins a snapshot of the running job."""
        call(
            self._client,
            "create_application_snapshot",
            ApplicationName=self._name,
            SnapshotName=name,
        )

    def _pages(self, method: str, member: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = call(self._client, method, ApplicationName=self._name, Limit=_PAGE, **token)
            entries.extend(page.get(member) or [])
            if not page.get("NextToken"):
                return entries
            token = {"NextToken": page["NextToken"]}
