"""Start, stop, update and snapshot of applications, with the service's statuses and operations."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.flink.cluster_pool import ClusterPool
from managed_flink_local.emulator.flink.data_plane import DataPlane
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.service import execution_role, snapshots
from managed_flink_local.emulator.service.application import Application
from managed_flink_local.emulator.service.operations import (
    CANCELLED,
    FAILED,
    Operation,
    OperationLog,
)
from managed_flink_local.emulator.service.runs import MAX_REASON, Run, Runs, in_thread

_FORCIBLE = ("STARTING", "UPDATING", "STOPPING", "AUTOSCALING", "RUNNING")


class Lifecycle:
    """The applications' lives. Each call answers at once; what takes time is in a thread."""

    def __init__(
        self,
        data_plane: DataPlane,
        pool: ClusterPool,
        operations: OperationLog,
        on_running: Callable[[RunningJob, Callable[[str], None]], None],
    ) -> None:
        self._flink = data_plane
        self._pool = pool
        self._operations = operations
        self._runs = Runs(data_plane, on_running)

    # ---- start ------------------------------------------------------------------------------

    def start(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - a response
        """StartApplication."""
        record = _record(data)
        if record is None:
            return _not_found(data)
        with self._runs.lock:
            status = record["ApplicationStatus"]
            if status != "READY":
                return ministack.error(
                    "ResourceInUseException", f"Application cannot be started in '{status}' state"
                )
            run = copy.deepcopy(data.get("RunConfiguration") or {})
            try:
                savepoint = snapshots.location(
                    record, run.get("ApplicationRestoreConfiguration") or {}
                )
                execution_role.check(record["ServiceExecutionRole"], record["ApplicationARN"])
            except (ValueError, execution_role.RoleRefusedError) as error:
                return ministack.error("InvalidArgumentException", str(error))
            if not self._pool.supports(record["RuntimeEnvironment"]):
                return ministack.error(
                    "InvalidApplicationConfigurationException",
                    f"There is no Flink for {record['RuntimeEnvironment']} on this machine.",
                )
            record["_RunConfiguration"] = run
            record["ApplicationStatus"] = "STARTING"
            record["_driven"] = True
            operation = self._operations.begin(record["ApplicationARN"], "StartApplication")
            self._runs.launch(record, savepoint, operation)
        return ministack.answer({"OperationId": operation.operation_id})

    # ---- stop -------------------------------------------------------------------------------

    def stop(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        """StopApplication."""
        record = _record(data)
        if record is None:
            return _not_found(data)
        force = bool(data.get("Force"))
        with self._runs.lock:
            status = record["ApplicationStatus"]
            if status != "RUNNING" and not (force and status in _FORCIBLE):
                return ministack.error(
                    "ResourceInUseException",
                    f"Application cannot be Stopped in '{status}' state",
                )
            operation = self._operations.begin(record["ApplicationARN"], "StopApplication")
            run = self._runs.of(record)
            if force or run is None:
                record["ApplicationStatus"] = "FORCE_STOPPING" if force else "STOPPING"
                if run is not None:
                    run.overtaken = True
                    run.operation.finish(CANCELLED)
                in_thread(self._force_stop, record, run, operation)
            else:
                record["ApplicationStatus"] = "STOPPING"
                snapshot = self._begin_snapshot(record, "STOP")
                in_thread(self._graceful_stop, record, run, operation, snapshot)
        return ministack.answer({"OperationId": operation.operation_id})

    def _force_stop(self, record: dict[str, Any], run: Run | None, operation: Operation) -> None:
        if run is not None and run.cluster is not None:
            run.cluster.close()
        with self._runs.lock:
            self._runs.ended(record, run)
            operation.finish()
        self._pool.prepare(Application.of(record))

    def _graceful_stop(
        self,
        record: dict[str, Any],
        run: Run,
        operation: Operation,
        snapshot: dict[str, Any] | None,
    ) -> None:
        failure = self._end_job(run, snapshot)
        with self._runs.lock:
            if run.overtaken:
                operation.finish(CANCELLED)
            elif failure:
                # The service leaves the job running when the snapshot of the stop fails.
                operation.finish(FAILED, failure)
                record["ApplicationStatus"] = "RUNNING"
            else:
                run.overtaken = True
                self._runs.ended(record, run)
                operation.finish()

    def _end_job(self, run: Run, snapshot: dict[str, Any] | None) -> str:
        """Stop the job with its snapshot; returns the failure, or an empty string."""
        if run.job is None:
            return "no job is running"
        if snapshot is None:
            run.job.cluster.close()
            return ""
        try:
            location = self._flink.stop_with_snapshot(run.job, snapshot["SnapshotName"])
        except (FlinkError, OSError) as error:
            snapshots.failed(snapshot)
            return f"Failed to take snapshot {snapshot['SnapshotName']}: {error}"[:MAX_REASON]
        snapshots.ready(snapshot, location)
        return ""

    # ---- update -----------------------------------------------------------------------------

    def restart_for_update(
        self, record: dict[str, Any], previous: dict[str, Any], operation: Operation
    ) -> None:
        """An update of a running application: stop with a snapshot, start the new version."""
        with self._runs.lock:
            run = self._runs.of(record)
            record["ApplicationStatus"] = "UPDATING"
            snapshot = self._begin_snapshot(record, "UPDATEAPPLICATION")
            if snapshot is not None:
                snapshot["ApplicationVersionId"] = previous["ApplicationVersionId"]
        in_thread(self._update, record, previous, operation, run, snapshot)

    def _update(
        self,
        record: dict[str, Any],
        previous: dict[str, Any],
        operation: Operation,
        run: Run | None,
        snapshot: dict[str, Any] | None,
    ) -> None:
        failure = self._end_job(run, snapshot) if run else ""
        with self._runs.lock:
            if run is not None and run.overtaken:
                operation.finish(CANCELLED)
                return
            if failure:
                # The old version goes on; so does its configuration.
                for key in ("_Configuration", "RuntimeEnvironment", "ServiceExecutionRole"):
                    record[key] = previous[key]
                record["ApplicationStatus"] = "RUNNING"
                operation.finish(FAILED, failure)
                return
            if run is not None:
                run.overtaken = True
            location = snapshot["_SavepointPath"] if snapshot else None
            self._runs.launch(record, location, operation)

    # ---- snapshots and the end --------------------------------------------------------------

    @staticmethod
    def _begin_snapshot(record: dict[str, Any], kind: str) -> dict[str, Any] | None:
        """The service's own snapshot, when the application has them enabled."""
        if not Application.of(record).snapshots_enabled:
            return None
        name = f"{kind}-{record['ApplicationName']}-{int(time.time() * 1000)}"
        return snapshots.begin(record, name)

    def create_snapshot(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        """CreateApplicationSnapshot."""
        record = _record(data)
        if record is None:
            return _not_found(data)
        name, application = data.get("SnapshotName", ""), record["ApplicationName"]
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
            run = self._runs.of(record)
            snapshot = snapshots.begin(record, name)
            operation = self._operations.begin(
                record["ApplicationARN"], "CreateApplicationSnapshot"
            )
        in_thread(self._snapshot, run, snapshot, operation)
        return ministack.answer({})

    def _snapshot(self, run: Run | None, snapshot: dict[str, Any], operation: Operation) -> None:
        try:
            if run is None or run.job is None:
                raise FlinkError("no job is running")
            snapshots.ready(snapshot, self._flink.snapshot(run.job, snapshot["SnapshotName"]))
        except (FlinkError, OSError) as error:
            snapshots.failed(snapshot)
            operation.finish(FAILED, str(error)[:MAX_REASON])
        else:
            operation.finish()

    def deleted(self, record: dict[str, Any]) -> None:
        """The application is gone from the control plane: end and delete what it has."""
        run = self._runs.drop(record)
        self._operations.forget(record["ApplicationARN"])
        application = Application.of(record)

        def clean() -> None:
            if run is not None and run.cluster is not None:
                run.cluster.close()
            self._flink.delete(application)

        in_thread(clean)


def _record(data: dict[str, Any]) -> dict[str, Any] | None:
    record: dict[str, Any] | None = ministack.service("kinesisanalyticsv2")._applications.get(
        data.get("ApplicationName")
    )
    return record


def _not_found(data: dict[str, Any]) -> Any:  # noqa: ANN401
    return ministack.error(
        "ResourceNotFoundException", f"Application '{data.get('ApplicationName')}' does not exist."
    )
