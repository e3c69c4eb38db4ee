"""Puts the service's behaviour into the emulator's kinesisanalyticsv2."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import execution_role
from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.flink.cluster_pool import ClusterPool
from managed_flink_local.emulator.flink.data_plane import DataPlane
from managed_flink_local.emulator.service import code_location, snapshot_mode, updates
from managed_flink_local.emulator.service.account_snapshots import AccountSnapshots
from managed_flink_local.emulator.service.lifecycle import Lifecycle
from managed_flink_local.emulator.service.operations import OperationLog, list_applications
from managed_flink_local.emulator.service.rollback import Rollback
from managed_flink_local.emulator.service.runs import Runs
from managed_flink_local.emulator.service.snapshot_api import SnapshotApi
from managed_flink_local.emulator.service.snapshots import Snapshots
from managed_flink_local.emulator.service.taking import SnapshotTaking
from managed_flink_local.emulator.service.updates import Updates
from managed_flink_local.emulator.service.versions import Versions

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")

Handler = Callable[[dict[str, Any]], Any]


class ServiceApi:
    """The operations that are added to or replaced in the emulator's."""

    def __init__(
        self, data_plane: DataPlane, pool: ClusterPool, runs: Runs, versions: Versions
    ) -> None:
        self._data_plane = data_plane
        self._pool = pool
        self._versions = versions
        self._operations = OperationLog()
        self._snapshots = Snapshots(AccountSnapshots())
        self._lifecycle = Lifecycle(
            data_plane, pool, self._operations, runs, self._snapshots, versions
        )
        self._taking = SnapshotTaking(data_plane, runs, self._operations, self._snapshots)
        self._rollback = Rollback(runs, self._operations, self._snapshots, versions)
        self._updates = Updates(self._lifecycle, self._operations, self._snapshots, versions)
        self._service = ministack.service("kinesisanalyticsv2")

    def install(self) -> None:
        """Replace the handlers, and the functions that CloudFormation calls in-process."""
        service = self._service
        service._dataplane = _NoContainers()
        ministack.replace(service, "create_application", self._create)
        self._updates.install()
        ministack.replace(service, "delete_application", self._delete)
        for name in ("add_logging_option", "delete_logging_option"):
            ministack.replace(service, name, self._in_steady_status)
        snapshot_mode.install()
        service._HANDLERS |= {
            "CreateApplication": service.create_application,
            "UpdateApplication": updates.told_the_version(service.update_application),
            "DeleteApplication": service.delete_application,
            "AddApplicationCloudWatchLoggingOption": service.add_logging_option,
            "DeleteApplicationCloudWatchLoggingOption": service.delete_logging_option,
            "StartApplication": self._lifecycle.start,
            "StopApplication": self._lifecycle.stop,
            "RollbackApplication": self._rollback.rollback,
            "CreateApplicationSnapshot": self._taking.create_application_snapshot,
            "DeleteApplicationSnapshot": self._delete_snapshot(
                service._HANDLERS["DeleteApplicationSnapshot"]
            ),
            "CreateSnapshot": self._taking.create_snapshot,
            **SnapshotApi(self._snapshots.account, self._drop_account_snapshot).handlers(),
            "ListApplications": list_applications,
            "ListApplicationOperations": self._operations.list,
            "DescribeApplicationOperation": self._operations.describe,
            "ListApplicationVersions": self._versions.list,
            "DescribeApplicationVersion": self._versions.describe,
        }

    def _drop_account_snapshot(self, name: str) -> None:
        self._data_plane.drop_snapshot(self._data_plane.folder(None, name))

    def _arn(self, name: str) -> str:
        return str(self._service._arn(name))

    def _create(self, original: Handler) -> Handler:
        def create(data: dict[str, Any]) -> Any:  # noqa: ANN401
            name = data.get("ApplicationName") or ""
            if not _NAME.fullmatch(name):
                return ministack.error(
                    "InvalidArgumentException",
                    f"ApplicationName {name!r} must be 1 to 128 characters of a-z A-Z 0-9 _ . -",
                )
            if name in self._service._applications:
                return original(data)
            try:
                if data.get("ServiceExecutionRole"):
                    execution_role.check(data["ServiceExecutionRole"], self._arn(name))
            except execution_role.RoleRefusedError as error:
                return ministack.error("InvalidArgumentException", str(error))
            configuration = data.get("ApplicationConfiguration")
            runtime = str(data.get("RuntimeEnvironment"))
            wanted = snapshot_mode.wanted_by(configuration)
            if wanted and (reason := snapshot_mode.refusal(wanted, wanted, runtime)):
                return ministack.error("InvalidArgumentException", reason)
            if (reason := code_location.problem(configuration)) is not None:
                return ministack.error("InvalidArgumentException", reason)
            response = original(data)
            if response[0] < 400:
                record = self._service._applications[name]
                self._versions.keep(record)
                self._operations.begin(record["ApplicationARN"], "CreateApplication").finish()
                self._pool.prepare_in_background(Application.of(record))
            return response

        return create

    def _in_steady_status(self, original: Handler) -> Handler:
        def checked(data: dict[str, Any]) -> Any:  # noqa: ANN401
            record = self._service._applications.get(data.get("ApplicationName"))
            if record is not None and record["ApplicationStatus"] not in updates.MUTABLE:
                return ministack.error(
                    "ResourceInUseException",
                    f"Application cannot be updated in '{record['ApplicationStatus']}' state",
                )
            response = original(data)
            if record is not None and response[0] < 400:
                self._versions.keep(record)
            return response

        return checked

    def _delete(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def delete(data: dict[str, Any], check_timestamp: bool = True) -> Any:  # noqa: ANN401
            record = self._service._applications.get(data.get("ApplicationName"))
            if record is not None and record["ApplicationStatus"] == "ROLLING_BACK":
                return ministack.error(
                    "ResourceInUseException",
                    f"Application {record['ApplicationName']} is in ROLLING_BACK status and "
                    "cannot be deleted.",
                )
            response = original(data, check_timestamp)
            if record is not None and response[0] < 400:
                self._lifecycle.deleted(record)
            return response

        return delete

    def _delete_snapshot(self, original: Handler) -> Handler:
        def delete(data: dict[str, Any]) -> Any:  # noqa: ANN401
            response = original(data)
            record = self._service._applications.get(data.get("ApplicationName"))
            if record is not None and response[0] < 400:
                self._data_plane.drop_snapshot(
                    self._data_plane.folder(Application.of(record), data["SnapshotName"])
                )
            return response

        return delete


class _NoContainers:
    """In the place of the emulator's own data plane, which needs Docker; nothing calls it."""

    @staticmethod
    def available() -> bool:
        return False

    @staticmethod
    def supports(runtime: str) -> bool:
        return False

    @staticmethod
    def reset() -> None:
        return None

    @staticmethod
    def delete(application: dict[str, Any]) -> None:
        return None
