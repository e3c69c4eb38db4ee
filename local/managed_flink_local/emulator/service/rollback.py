"""RollbackApplication: the version that ran before, with the state of the newest snapshot."""

from __future__ import annotations

import copy
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.service import snapshots
from managed_flink_local.emulator.service.operations import Operation, OperationLog
from managed_flink_local.emulator.service.runs import Run, Runs, in_thread
from managed_flink_local.emulator.service.snapshots import Snapshots
from managed_flink_local.emulator.service.versions import Versions

_STATUSES = ("UPDATING", "AUTOSCALING", "RUNNING")
_CONFIGURATION = ("_Configuration", "RuntimeEnvironment", "ServiceExecutionRole", "_CodeStats")


class Rollback:
    """The one operation."""

    def __init__(
        self, runs: Runs, operations: OperationLog, held: Snapshots, versions: Versions
    ) -> None:
        self._runs = runs
        self._operations = operations
        self._snapshots = held
        self._versions = versions

    def rollback(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - a response
        """RollbackApplication."""
        service = ministack.service("kinesisanalyticsv2")
        name = data.get("ApplicationName")
        record = service._applications.get(name)
        if record is None:
            return ministack.error(
                "ResourceNotFoundException", f"Application '{name}' does not exist."
            )
        with self._runs.lock:
            status, version = record["ApplicationStatus"], record["ApplicationVersionId"]
            if data.get("CurrentApplicationVersionId") != version:
                return ministack.error(
                    "ConcurrentModificationException",
                    "The provided application version ID does not match the most recent version "
                    "for the application.",
                )
            if status not in _STATUSES:
                return ministack.error(
                    "InvalidRequestException",
                    f"Application {name} cannot be rolled back in '{status}' state",
                )
            target = self._versions.previous_running(record)
            location = self._newest(record)
            if target is None or location is None:
                lacking = "version that ran before" if target is None else "snapshot"
                return ministack.error(
                    "InvalidRequestException", f"Application {name} has no {lacking}."
                )
            operation = self._begin(record, target)
            run = self._runs.of(record)
            if run is not None:
                run.overtaken = True
            in_thread(self._relaunch, record, run, location, operation)
            detail = service.application_detail(record)
        return ministack.answer(
            {"ApplicationDetail": detail, "OperationId": operation.operation_id}
        )

    def _newest(self, record: dict[str, Any]) -> str | None:
        """Of either kind: the version before may have had the other one."""
        ready = [
            (each["SnapshotCreationTimestamp"], each["_SavepointPath"])
            for each in snapshots.of(record).values()
            if each["SnapshotStatus"] == "READY"
        ]
        ready += [
            (each.created, each.location) for each in self._snapshots.account.ready_of(record)
        ]
        return max(ready)[1] if ready else None

    def _begin(self, record: dict[str, Any], target: dict[str, Any]) -> Operation:
        before = record["ApplicationVersionId"]
        self._operations.cancel(record["ApplicationARN"])
        self._versions.rolled_back(record)
        for key in _CONFIGURATION:
            if key in target:
                record[key] = copy.deepcopy(target[key])
        ministack.service("kinesisanalyticsv2")._bump_version(record)
        record["ApplicationStatus"] = "ROLLING_BACK"
        self._versions.keep(record)
        return self._operations.begin(
            record["ApplicationARN"],
            "RollbackApplication",
            (before, record["ApplicationVersionId"]),
        )

    def _relaunch(
        self, record: dict[str, Any], run: Run | None, location: str, operation: Operation
    ) -> None:
        # Never two jobs at a time.
        if run is not None and run.cluster is not None:
            run.cluster.close()
        self._runs.launch(record, location, operation)
