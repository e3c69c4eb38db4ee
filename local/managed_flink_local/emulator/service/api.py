"""Puts the service's behaviour into the emulator's kinesisanalyticsv2."""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.flink.cluster_pool import ClusterPool
from managed_flink_local.emulator.flink.data_plane import DataPlane
from managed_flink_local.emulator.service import execution_role
from managed_flink_local.emulator.service.application import Application
from managed_flink_local.emulator.service.lifecycle import Lifecycle
from managed_flink_local.emulator.service.operations import OperationLog, list_applications

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_MUTABLE = ("READY", "RUNNING")

Handler = Callable[[dict[str, Any]], Any]


class ServiceApi:
    """The operations that are added to or replaced in the emulator's."""

    def __init__(
        self,
        data_plane: DataPlane,
        pool: ClusterPool,
        lifecycle: Lifecycle,
        operations: OperationLog,
    ) -> None:
        self._data_plane = data_plane
        self._pool = pool
        self._lifecycle = lifecycle
        self._operations = operations
        self._service = ministack.service("kinesisanalyticsv2")
        self._updating = threading.local()

    def install(self) -> None:
        """Replace the handlers, and the functions that CloudFormation calls in-process."""
        service = self._service
        service._dataplane = _NoContainers()
        ministack.replace(service, "create_application", self._create)
        ministack.replace(service, "update_application", self._update)
        ministack.replace(service, "replace_from_template", self._replace_from_template)
        ministack.replace(service, "delete_application", self._delete)
        for name in ("add_logging_option", "delete_logging_option"):
            ministack.replace(service, name, self._in_steady_status)
        service._restart_for_update = self._restart_for_update
        service._HANDLERS |= {
            "CreateApplication": service.create_application,
            "UpdateApplication": service.update_application,
            "DeleteApplication": service.delete_application,
            "AddApplicationCloudWatchLoggingOption": service.add_logging_option,
            "DeleteApplicationCloudWatchLoggingOption": service.delete_logging_option,
            "StartApplication": self._lifecycle.start,
            "StopApplication": self._lifecycle.stop,
            "CreateApplicationSnapshot": self._lifecycle.create_snapshot,
            "DeleteApplicationSnapshot": self._delete_snapshot(
                service._HANDLERS["DeleteApplicationSnapshot"]
            ),
            "ListApplications": list_applications,
            "ListApplicationOperations": self._operations.list,
            "DescribeApplicationOperation": self._operations.describe,
        }

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
            if (refused := self._missing_code(data.get("ApplicationConfiguration"))) is not None:
                return refused
            response = original(data)
            if response[0] < 400:
                record = self._service._applications[name]
                self._operations.begin(record["ApplicationARN"], "CreateApplication").finish()
                self._pool.prepare_in_background(Application.of(record))
            return response

        return create

    def _missing_code(self, configuration: dict[str, Any] | None) -> Any:  # noqa: ANN401
        """The service looks at the code object when an application is created or updated."""
        location = (
            ((configuration or {}).get("ApplicationCodeConfiguration") or {}).get("CodeContent")
            or {}
        ).get("S3ContentLocation")
        if not location:
            return None
        bucket, key = location.get("BucketARN", "").split(":::", 1)[-1], location.get("FileKey", "")
        version = location.get("ObjectVersion")
        if ministack.service("s3")._get_object_data(bucket, key, version) is not None:
            return None
        return ministack.error(
            "InvalidArgumentException",
            "Please check the role provided or validity of S3 location you provided. We are "
            f"unable to get the specified fileKey: {key} in the specified bucket: {bucket}",
        )

    def _update(self, original: Handler) -> Handler:
        def update(data: dict[str, Any]) -> Any:  # noqa: ANN401
            record = self._service._applications.get(data.get("ApplicationName"))
            if record is None or record["ApplicationStatus"] not in _MUTABLE:
                return original(data)
            role = data.get("ServiceExecutionRoleUpdate")
            try:
                if role:
                    execution_role.check(role, record["ApplicationARN"])
            except execution_role.RoleRefusedError as error:
                return ministack.error("InvalidArgumentException", str(error))
            self._updating.previous = copy.deepcopy(record)
            response = original(data)
            if response[0] >= 400:
                return response
            body = json.loads(response[2])
            body["OperationId"] = self._record_update(record)
            # The status changed after the original rendered its answer.
            body["ApplicationDetail"]["ApplicationStatus"] = record["ApplicationStatus"]
            return ministack.answer(body)

        return update

    def _record_update(self, record: dict[str, Any]) -> str:
        """Log the update that has just been made, restarting a running application for it."""
        previous = self._updating.previous
        versions = (previous["ApplicationVersionId"], record["ApplicationVersionId"])
        operation = self._operations.begin(record["ApplicationARN"], "UpdateApplication", versions)
        if previous["ApplicationStatus"] == "RUNNING":
            self._lifecycle.restart_for_update(record, previous, operation)
        else:
            operation.finish()
        return operation.operation_id

    def _restart_for_update(self, record: dict[str, Any], previous_version: int) -> None:
        """What the emulator calls in the middle of an update; `_record_update` does it after."""

    def _replace_from_template(self, original: Callable[..., None]) -> Callable[..., None]:
        def replace(name: str, props: dict[str, Any]) -> None:
            record = self._service._applications.get(name)
            if record is None:
                raise ValueError(f"Application {name} is not found.")
            status = record["ApplicationStatus"]
            if status not in _MUTABLE:
                raise ValueError(
                    'Resource handler returned message: "Application cannot be updated in '
                    f"'{status}' state (Service: KinesisAnalyticsV2, ResourceInUseException)\""
                )
            if role := props.get("ServiceExecutionRole"):
                try:
                    execution_role.check(role, record["ApplicationARN"])
                except execution_role.RoleRefusedError as error:
                    raise ValueError(str(error)) from error
            refused = self._missing_code(props.get("ApplicationConfiguration"))
            if refused is not None:
                raise ValueError(json.loads(refused[2])["message"])
            self._updating.previous = copy.deepcopy(record)
            original(name, props)
            self._record_update(record)

        return replace

    def _in_steady_status(self, original: Handler) -> Handler:
        def checked(data: dict[str, Any]) -> Any:  # noqa: ANN401
            record = self._service._applications.get(data.get("ApplicationName"))
            if record is not None and record["ApplicationStatus"] not in _MUTABLE:
                return ministack.error(
                    "ResourceInUseException",
                    f"Application cannot be updated in '{record['ApplicationStatus']}' state",
                )
            return original(data)

        return checked

    def _delete(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def delete(data: dict[str, Any], check_timestamp: bool = True) -> Any:  # noqa: ANN401
            record = self._service._applications.get(data.get("ApplicationName"))
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
                self._data_plane.drop_snapshot(Application.of(record), data["SnapshotName"])
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
