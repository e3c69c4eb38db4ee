"""Start, stop, update and snapshot of applications, with the service's statuses and operations."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.flink.cluster import Cluster
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
from managed_flink_local.emulator.service.run import Run

logger = logging.getLogger("managed_flink")

_FORCIBLE = ("STARTING", "UPDATING", "STOPPING", "AUTOSCALING", "RUNNING")


class Lifecycle:
    """The applications' lives. Each call answers at once; what takes time is in a thread."""

    def __init__(
        self,
        data_plane: DataPlane,
        pool: ClusterPool,
        operations: OperationLog,
        on_running: Callable[[RunningJob, Callable[[str], None]], None] = lambda job, end: None,
    ) -> None:
        self._flink = data_plane
        self._pool = pool
        self._operations = operations
        self._on_running = on_running
        self._runs: dict[str, Run] = {}
        self._lock = threading.RLock()

    # ---- start ------------------------------------------------------------------------------

    def start(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - a response
        """StartApplication."""
        record = _record(data)
        if record is None:
            return _not_found(data)
        status = record["ApplicationStatus"]
        if status != "READY":
            return ministack.error(
                "ResourceInUseException", f"Application cannot be started in '{status}' state"
            )
        run = copy.deepcopy(data.get("RunConfiguration") or {})
        try:
            savepoint = snapshots.location(record, run.get("ApplicationRestoreConfiguration") or {})
            execution_role.check(record["ServiceExecutionRole"], record["ApplicationARN"])
        except (ValueError, execution_role.RoleRefusedError) as error:
            return ministack.error("InvalidArgumentException", str(error))
        if not self._pool.supports(record["RuntimeEnvironment"]):
            return ministack.error(
                "InvalidApplicationConfigurationException",
                f"There is no Flink for {record['RuntimeEnvironment']} on this machine.",
            )
        record["RunConfiguration"] = run
        record["ApplicationStatus"] = "STARTING"
        record["_driven"] = True
        operation = self._operations.begin(record["ApplicationARN"], "StartApplication")
        self._launch(record, savepoint, operation)
        return ministack.answer({"OperationId": operation.operation_id})

    def _launch(self, record: dict[str, Any], savepoint: str | None, operation: Operation) -> None:
        run = Run(operation)
        with self._lock:
            self._runs[record["ApplicationARN"]] = run
        _in_thread(self._run, record, savepoint, run)

    def _run(self, record: dict[str, Any], savepoint: str | None, run: Run) -> None:
        def known(cluster: Cluster) -> bool:
            with self._lock:
                run.cluster = cluster
                return not run.overtaken

        allow = record.get("RunConfiguration", {}).get("FlinkRunConfiguration") or {}
        try:
            job = self._flink.start(
                Application.of(record),
                savepoint,
                allow_non_restored_state=(
                    str(allow.get("AllowNonRestoredState", False)).lower() == "true"
                ),
                cluster_known=known,
            )
        except Exception as error:
            if not isinstance(error, FlinkError):
                logger.exception("starting %s", record["ApplicationName"])
            with self._lock:
                if run.overtaken:
                    return
                logger.info("%s did not start: %s", record["ApplicationName"], error)
                run.operation.finish(FAILED, str(error)[:2000])
                self._settle(record, "READY", run)
            return
        with self._lock:
            if run.overtaken:
                job.cluster.close()
                return
            run.job = job
            record["ApplicationStatus"] = "RUNNING"
            run.operation.finish()
        self._on_running(job, lambda state: self._job_ended(record, run, state))

    def _job_ended(self, record: dict[str, Any], run: Run, state: str) -> None:
        """The job has ended by itself, in this state."""
        # A bounded job that finished leaves a READY application; one that failed leaves it
        # RUNNING without a job, as on the service.
        with self._lock:
            if run.overtaken or record["ApplicationStatus"] != "RUNNING":
                return
            logger.info("the job of %s is %s", record["ApplicationName"], state)
            if state == "FINISHED" and run.cluster is not None:
                run.cluster.close()
                self._settle(record, "READY", run)

    def _settle(self, record: dict[str, Any], status: str, run: Run) -> None:
        record["ApplicationStatus"] = status
        if status == "READY":
            record["_driven"] = False
            if self._runs.get(record["ApplicationARN"]) is run:
                del self._runs[record["ApplicationARN"]]

    # ---- stop -------------------------------------------------------------------------------

    def stop(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        """StopApplication."""
        record = _record(data)
        if record is None:
            return _not_found(data)
        force = bool(data.get("Force"))
        with self._lock:
            status = record["ApplicationStatus"]
            if status != "RUNNING" and not (force and status in _FORCIBLE):
                return ministack.error(
                    "ResourceInUseException",
                    f"Application cannot be Stopped in '{status}' state",
                )
            operation = self._operations.begin(record["ApplicationARN"], "StopApplication")
            run = self._runs.get(record["ApplicationARN"])
            if force or run is None or run.job is None:
                record["ApplicationStatus"] = "FORCE_STOPPING" if force else "STOPPING"
                if run is not None:
                    run.overtaken = True
                    run.operation.finish(CANCELLED)
                _in_thread(self._force_stop, record, run, operation)
            else:
                record["ApplicationStatus"] = "STOPPING"
                snapshot = None
                if Application.of(record).snapshots_enabled:
                    name = f"STOP-{record['ApplicationName']}-{int(time.time() * 1000)}"
                    snapshot = snapshots.begin(record, name)
                _in_thread(self._graceful_stop, record, run, operation, snapshot)
        return ministack.answer({"OperationId": operation.operation_id})

    def _force_stop(self, record: dict[str, Any], run: Run | None, operation: Operation) -> None:
        if run is not None and run.cluster is not None:
            run.cluster.close()
        with self._lock:
            self._settle(record, "READY", run or Run(operation))
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
        with self._lock:
            if run.overtaken:
                operation.finish(CANCELLED)
                return
            if failure:
                # The service leaves the job running when the snapshot of the stop fails.
                operation.finish(FAILED, failure)
                record["ApplicationStatus"] = "RUNNING"
                return
            run.overtaken = True
            self._settle(record, "READY", run)
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
            return f"Failed to take snapshot {snapshot['SnapshotName']}: {error}"[:2000]
        snapshots.ready(snapshot, location)
        return ""

    # ---- update -----------------------------------------------------------------------------

    def restart_for_update(
        self, record: dict[str, Any], previous: dict[str, Any], operation: Operation
    ) -> None:
        """An update of a running application: stop with a snapshot, start the new version."""
        with self._lock:
            run = self._runs.get(record["ApplicationARN"])
            record["ApplicationStatus"] = "UPDATING"
            snapshot = None
            if Application.of(record).snapshots_enabled:
                name = f"UPDATEAPPLICATION-{record['ApplicationName']}-{int(time.time() * 1000)}"
                snapshot = snapshots.begin(record, name)
                snapshot["ApplicationVersionId"] = previous["ApplicationVersionId"]
        _in_thread(self._update, record, previous, operation, run, snapshot)

    def _update(
        self,
        record: dict[str, Any],
        previous: dict[str, Any],
        operation: Operation,
        run: Run | None,
        snapshot: dict[str, Any] | None,
    ) -> None:
        failure = self._end_job(run, snapshot) if run else ""
        with self._lock:
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
        self._launch(record, snapshot["_SavepointPath"] if snapshot else None, operation)

    # ---- snapshots and the end --------------------------------------------------------------

    def create_snapshot(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        """CreateApplicationSnapshot."""
        record = _record(data)
        if record is None:
            return _not_found(data)
        name, application = data.get("SnapshotName", ""), record["ApplicationName"]
        with self._lock:
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
            run = self._runs.get(record["ApplicationARN"])
            snapshot = snapshots.begin(record, name)
            operation = self._operations.begin(
                record["ApplicationARN"], "CreateApplicationSnapshot"
            )
        _in_thread(self._snapshot, run, snapshot, operation)
        return ministack.answer({})

    def _snapshot(self, run: Run | None, snapshot: dict[str, Any], operation: Operation) -> None:
        try:
            if run is None or run.job is None:
                raise FlinkError("no job is running")
            snapshots.ready(snapshot, self._flink.snapshot(run.job, snapshot["SnapshotName"]))
        except (FlinkError, OSError) as error:
            snapshots.failed(snapshot)
            operation.finish(FAILED, str(error)[:2000])
        else:
            operation.finish()

    def deleted(self, record: dict[str, Any]) -> None:
        """The application is gone from the control plane: end and delete what it has."""
        with self._lock:
            run = self._runs.pop(record["ApplicationARN"], None)
            if run is not None:
                run.overtaken = True
        self._operations.forget(record["ApplicationARN"])
        application = Application.of(record)

        def clean() -> None:
            if run is not None and run.cluster is not None:
                run.cluster.close()
            self._flink.delete(application)

        _in_thread(clean)


def _record(data: dict[str, Any]) -> dict[str, Any] | None:
    record: dict[str, Any] | None = ministack.service("kinesisanalyticsv2")._applications.get(
        data.get("ApplicationName")
    )
    return record


def _not_found(data: dict[str, Any]) -> Any:  # noqa: ANN401
    return ministack.error(
        "ResourceNotFoundException", f"Application '{data.get('ApplicationName')}' does not exist."
    )


def _in_thread(function: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=function, args=arguments, daemon=True).start()
