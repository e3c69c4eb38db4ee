"""Start, stop, update and snapshot of applications, with the service's statuses and operations."""

from __future__ import annotations

import copy
from typing import Any

from managed_flink_local.emulator import execution_role
from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.flink.cluster_pool import ClusterPool
from managed_flink_local.emulator.flink.data_plane import DataPlane
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.service.operations import (
    CANCELLED,
    FAILED,
    Operation,
    OperationLog,
)
from managed_flink_local.emulator.service.runs import MAX_REASON, Run, Runs, in_thread
from managed_flink_local.emulator.service.snapshots import Snapshot, Snapshots, Start
from managed_flink_local.emulator.service.versions import Versions

_FORCIBLE = ("STARTING", "UPDATING", "STOPPING", "AUTOSCALING", "RUNNING")


class Lifecycle:
    """The applications' lives. Each call answers at once; what takes time is in a thread."""

    def __init__(
        self,
        data_plane: DataPlane,
        pool: ClusterPool,
        operations: OperationLog,
        runs: Runs,
        snapshots: Snapshots,
        versions: Versions,
    ) -> None:
        self._flink = data_plane
        self._pool = pool
        self._operations = operations
        self._runs = runs
        self._snapshots = snapshots
        self._versions = versions

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
                savepoint = self._snapshots.location(
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
            if force:
                self._operations.cancel(record["ApplicationARN"])
            operation = self._operations.begin(record["ApplicationARN"], "StopApplication")
            run = self._runs.of(record)
            if force or run is None:
                record["ApplicationStatus"] = "FORCE_STOPPING" if force else "STOPPING"
                if run is not None:
                    run.overtaken = True
                in_thread(self._force_stop, record, run, operation)
            else:
                record["ApplicationStatus"] = "STOPPING"
                snapshot = self._snapshots.begin_system(
                    record, "STOP", record["ApplicationVersionId"], operation.operation_id
                )
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
        snapshot: Snapshot | None,
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

    def _end_job(self, run: Run, snapshot: Snapshot | None) -> str:
        """Stop the job with its snapshot; returns the failure, or an empty string."""
        if run.job is None:
            return "no job is running"
        if snapshot is None:
            run.job.cluster.close()
            return ""
        owner = None if snapshot.of_account else run.job.application
        try:
            location = self._flink.stop_with_snapshot(
                run.job, self._flink.folder(owner, snapshot.name)
            )
        except (FlinkError, OSError) as error:
            reason = f"Failed to take snapshot {snapshot.name}: {error}"[:MAX_REASON]
            snapshot.failed(reason)
            return reason
        snapshot.ready(location)
        return ""

    # ---- update -----------------------------------------------------------------------------

    def restart_for_update(
        self,
        record: dict[str, Any],
        previous: dict[str, Any],
        operation: Operation,
        start: Start | None,
    ) -> None:
        """An update of a running application: stop with a snapshot, start the new version.

        It starts from that snapshot, unless the update itself says how to `start`.
        """
        with self._runs.lock:
            run = self._runs.of(record)
            record["ApplicationStatus"] = "UPDATING"
            snapshot = self._snapshots.begin_system(
                record,
                "UPDATEAPPLICATION",
                previous["ApplicationVersionId"],
                operation.operation_id,
            )
        in_thread(self._update, record, previous, operation, start, run, snapshot)

    def _update(
        self,
        record: dict[str, Any],
        previous: dict[str, Any],
        operation: Operation,
        start: Start | None,
        run: Run | None,
        snapshot: Snapshot | None,
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
                self._versions.keep(record)
                operation.finish(FAILED, failure)
                return
            if run is not None:
                run.overtaken = True
            taken = snapshot.location if snapshot else None
            self._runs.launch(record, start.location if start else taken, operation)

    # ---- the end ----------------------------------------------------------------------------

    def deleted(self, record: dict[str, Any]) -> None:
        """The application is gone from the control plane: end and delete what it has."""
        run = self._runs.drop(record)
        self._operations.forget(record["ApplicationARN"])
        self._versions.forget(record["ApplicationARN"])
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
