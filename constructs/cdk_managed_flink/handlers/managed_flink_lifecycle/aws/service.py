"""A thin port over `kinesisanalyticsv2`: one application and its operations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ..contract import Definition
from ..rules.failure_log import root_cause
from ..values.application import IN_PROGRESS, Application, Operation
from ..values.snapshot import Snapshot
from .calls import Client, NotFoundError, ServiceError, TransientError, call
from .snapshots import ENHANCED, LEGACY, EnhancedSnapshots, LegacySnapshots, Snapshots

_PAGE = 50


class FlinkService:
    """Reads and drives one application, as it is at one poll: made anew for each."""

    def __init__(self, client: Client, application: str) -> None:
        self._client = client
        self._name = application
        self._snapshot_mode: str | None = None

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
        self._snapshot_mode = snapshots.get("SnapshotMode") or LEGACY
        restored = restore.get("SnapshotName") or restore.get("SnapshotArn") or ""
        return Application(
            name=self._name,
            status=detail["ApplicationStatus"],
            version=int(detail["ApplicationVersionId"]),
            created=detail.get("CreateTimestamp"),
            snapshots_enabled=bool(snapshots.get("SnapshotsEnabled", True)),
            restored_from=restored.rpartition("/")[2],
            definition=_definition(detail, described),
        )

    @cached_property
    def snapshots(self) -> Snapshots:
        """The application's snapshots, in the mode that it has."""
        if self._snapshot_mode is None:
            self.describe()
        port = EnhancedSnapshots if self._snapshot_mode == ENHANCED else LegacySnapshots
        return port(self._client, self._name)

    def find_snapshot(self, name_or_arn: str) -> Snapshot | None:
        """The snapshot a person named; None when this application can't restore it.

        One with an ARN is the account's: the application need not exist yet.
        """
        if name_or_arn.startswith("arn:"):
            return EnhancedSnapshots(self._client, self._name).find(name_or_arn)
        return self.snapshots.find(name_or_arn)

    def operations(self) -> list[Operation]:
        """The operations the service remembers, newest first; read once."""
        return self._operations

    @cached_property
    def _operations(self) -> list[Operation]:
        operations: list[Operation] = []
        token: dict[str, str] = {}
        while True:
            page = call(
                self._client,
                "list_application_operations",
                ApplicationName=self._name,
                Limit=_PAGE,
                **token,
            )
            operations.extend(
                _operation(entry)
                for entry in page.get("ApplicationOperationInfoList") or []
                if "StartTime" in entry
            )
            if not page.get("NextToken"):
                return sorted(operations, key=lambda o: o.started, reverse=True)
            token = {"NextToken": page["NextToken"]}

    def operation_failure(self, operation: Operation) -> str:
        """The root of what the service says about a failed operation; empty if it says nothing.

        Its text begins with a preface and the frames of its own REST handler, and has the cause
        at its end.
        """
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
        return root_cause(str((details.get("ErrorInfo") or {}).get("ErrorString", "")))

    def start(self, *, snapshot: Snapshot | None, allow_non_restored_state: bool) -> str:
        """Starts from the snapshot, or empty; returns the operation's id."""
        empty = {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}
        answer = call(
            self._client,
            "start_application",
            ApplicationName=self._name,
            RunConfiguration={
                # Not sticky: the service takes false whenever it is left out.
                "FlinkRunConfiguration": {"AllowNonRestoredState": allow_non_restored_state},
                "ApplicationRestoreConfiguration": snapshot.restore if snapshot else empty,
            },
        )
        return str(answer.get("OperationId", ""))

    def stop(self, *, force: bool) -> str:
        """Stops, with a snapshot unless forced; returns the operation's id."""
        answer = call(self._client, "stop_application", ApplicationName=self._name, Force=force)
        return str(answer.get("OperationId", ""))

    def redefine(self, version: int, wanted: Definition) -> str:
        """Updates the stopped application to this; the operation's id."""
        location: dict[str, str] = {
            "BucketARNUpdate": wanted.bucket_arn,
            "FileKeyUpdate": wanted.file_key,
        }
        if wanted.object_version:
            location["ObjectVersionUpdate"] = wanted.object_version
        configuration: dict[str, Any] = {
            "ApplicationCodeConfigurationUpdate": {
                "CodeContentUpdate": {"S3ContentLocationUpdate": location}
            }
        }
        if wanted.property_groups is not None:
            configuration["EnvironmentPropertyUpdates"] = {"PropertyGroups": wanted.property_groups}
        answer = call(
            self._client,
            "update_application",
            ApplicationName=self._name,
            CurrentApplicationVersionId=version,
            ServiceExecutionRoleUpdate=wanted.role,
            RuntimeEnvironmentUpdate=wanted.runtime,
            ApplicationConfigurationUpdate=configuration,
        )
        return str(answer.get("OperationId", ""))


def _definition(detail: Mapping[str, Any], described: Mapping[str, Any]) -> Definition:
    code = described.get("ApplicationCodeConfigurationDescription") or {}
    content = code.get("CodeContentDescription") or {}
    location = content.get("S3ApplicationCodeLocationDescription") or {}
    environment = described.get("EnvironmentPropertyDescriptions") or {}
    return Definition(
        role=detail.get("ServiceExecutionRole", ""),
        bucket_arn=location.get("BucketARN", ""),
        file_key=location.get("FileKey", ""),
        object_version=location.get("ObjectVersion", ""),
        runtime=detail.get("RuntimeEnvironment", ""),
        property_groups=environment.get("PropertyGroupDescriptions") or [],
    )


def _operation(entry: Mapping[str, Any]) -> Operation:
    status = entry.get("OperationStatus", "")
    return Operation(
        id=entry.get("OperationId", ""),
        kind=entry.get("Operation", ""),
        status=status,
        started=entry["StartTime"],
        # While an operation is in progress the service may show when it looked last.
        ended=None if status == IN_PROGRESS else entry.get("EndTime"),
    )
