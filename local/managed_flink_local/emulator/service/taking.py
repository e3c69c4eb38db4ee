"""CreateApplicationSnapshot and CreateSnapshot: a savepoint of the running job."""

from __future__ import annotations

import re
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.flink.data_plane import DataPlane
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.service import snapshots
from managed_flink_local.emulator.service.operations import FAILED, Operation, OperationLog
from managed_flink_local.emulator.service.runs import MAX_REASON, Run, Runs, in_thread
from managed_flink_local.emulator.service.snapshots import ENHANCED, Snapshot, Snapshots

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,100}")
_RESERVED = "SYSTEMSNAPSHOT"


class SnapshotTaking:
    """What a user asks for; the service's own are begun by a stop or an update."""

    def __init__(
        self, data_plane: DataPlane, runs: Runs, operations: OperationLog, held: Snapshots
    ) -> None:
        self._flink = data_plane
        self._runs = runs
        self._operations = operations
        self._snapshots = held

    def create_application_snapshot(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        """CreateApplicationSnapshot."""
        record, name = _record(data), data.get("SnapshotName", "")
        if record is None:
            return ministack.error(
                "ResourceNotFoundException",
                f"Application '{data.get('ApplicationName')}' does not exist.",
            )
        application = record["ApplicationName"]
        if snapshots.mode(record) == ENHANCED:
            return ministack.error(
                "UnsupportedOperationException", f"Application {application} is in {ENHANCED} mode"
            )
        with self._runs.lock:
            status = record["ApplicationStatus"]
            if status != "RUNNING":
                return ministack.error(
                    "InvalidRequestException",
                    f"Application {application} is in {status} status. Snapshot creation is only "
                    "allowed when application is in RUNNING status",
                )
            if name in snapshots.of(record):
                return ministack.error(
                    "ResourceInUseException",
                    f"Provided Snapshot name {name} already exists for application {application}",
                )
            snapshot = self._snapshots.begin(record, name)
            operation = self._operations.begin(
                record["ApplicationARN"], "CreateApplicationSnapshot"
            )
            in_thread(self._take, self._runs.of(record), snapshot, operation)
        return ministack.answer({})

    def create_snapshot(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        """CreateSnapshot."""
        record, name = _record(data), data.get("SnapshotName", "")
        if record is None:
            return ministack.error(
                "InvalidArgumentException",
                f"Application '{data.get('ApplicationName')}' does not exist.",
            )
        with self._runs.lock:
            if (refused := self._refusal(record, name)) is not None:
                return ministack.error(*refused)
            snapshot = self._snapshots.account.begin(
                record,
                name,
                version=record["ApplicationVersionId"],
                created=snapshots.next_time(),
                description=data.get("SnapshotDescription", ""),
            )
            answer = snapshot.accepted(snapshot.operation)
            in_thread(self._take, self._runs.of(record), snapshot, None)
        return ministack.answer(answer)

    def _refusal(self, record: dict[str, Any], name: str) -> tuple[str, str] | None:
        application, status = record["ApplicationName"], record["ApplicationStatus"]
        if snapshots.mode(record) != ENHANCED:
            return (
                "InvalidApplicationConfigurationException",
                f"Application {application} is not in {ENHANCED} mode.",
            )
        if not _NAME.fullmatch(name) or name.upper().startswith(_RESERVED):
            return (
                "InvalidArgumentException",
                f"SnapshotName {name!r} must be 1 to 100 characters of a-z A-Z 0-9 _ . - and not "
                f"begin with {_RESERVED}, which is reserved.",
            )
        if name in self._snapshots.account.held:
            return "ResourceInUseException", f"A snapshot named {name} already exists."
        if status == "READY":
            return (
                "InvalidApplicationConfigurationException",
                f"Application {application} is in {status} status.",
            )
        if status != "RUNNING":
            return "ResourceInUseException", f"Application {application} is in {status} status."
        if any(s.status == "CREATING" for s in self._snapshots.account.of(record)):
            return (
                "ResourceInUseException",
                f"A snapshot of application {application} is being created.",
            )
        return None

    def _take(self, run: Run | None, snapshot: Snapshot, operation: Operation | None) -> None:
        try:
            if run is None or run.job is None:
                raise FlinkError("no job is running")
            folder = self._flink.folder(
                None if snapshot.of_account else run.job.application, snapshot.name
            )
            snapshot.ready(self._flink.snapshot(run.job, folder))
        except (FlinkError, OSError) as error:
            reason = str(error)[:MAX_REASON]
            snapshot.failed(reason)
            if operation is not None:
                operation.finish(FAILED, reason)
        else:
            if operation is not None:
                operation.finish()


def _record(data: dict[str, Any]) -> dict[str, Any] | None:
    record: dict[str, Any] | None = ministack.service("kinesisanalyticsv2")._applications.get(
        data.get("ApplicationName")
    )
    return record
