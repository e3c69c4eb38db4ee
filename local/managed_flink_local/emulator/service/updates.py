"""UpdateApplication, by a caller or by a template."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import execution_role
from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.service import code_location, snapshot_mode
from managed_flink_local.emulator.service.lifecycle import Lifecycle
from managed_flink_local.emulator.service.operations import OperationLog
from managed_flink_local.emulator.service.snapshots import Snapshots, Start, mode
from managed_flink_local.emulator.service.versions import Versions

MUTABLE = ("READY", "RUNNING")

Handler = Callable[[dict[str, Any]], Any]


def told_the_version(update: Handler) -> Handler:
    """Callers have to say which version they mean; CloudFormation, which calls in-process, not."""

    def told(data: dict[str, Any]) -> Any:  # noqa: ANN401
        if data.get("CurrentApplicationVersionId") is None and not data.get("ConditionalToken"):
            return ministack.error(
                "InvalidArgumentException",
                "Either CurrentApplicationVersionId or ConditionalToken must be provided.",
            )
        return update(data)

    return told


class Updates:
    """The emulator's own update, checked before and logged after."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        operations: OperationLog,
        snapshots: Snapshots,
        versions: Versions,
    ) -> None:
        self._lifecycle = lifecycle
        self._operations = operations
        self._snapshots = snapshots
        self._versions = versions
        self._service = ministack.service("kinesisanalyticsv2")
        self._updating = threading.local()

    def install(self) -> None:
        """Wrap what a request and what CloudFormation calls."""
        ministack.replace(self._service, "update_application", self._update)
        ministack.replace(self._service, "replace_from_template", self._replace_from_template)
        self._service._restart_for_update = self._restart_for_update

    def _update(self, original: Handler) -> Handler:
        def update(data: dict[str, Any]) -> Any:  # noqa: ANN401
            record = self._service._applications.get(data.get("ApplicationName"))
            if record is None or record["ApplicationStatus"] not in MUTABLE:
                return original(data)
            try:
                if role := data.get("ServiceExecutionRoleUpdate"):
                    execution_role.check(role, record["ApplicationARN"])
                self._check_mode(record, data.get("ApplicationConfigurationUpdate"), "Update")
                run = data.get("RunConfigurationUpdate") or {}
                start = self._snapshots.start_of(
                    record, run.get("ApplicationRestoreConfiguration") or {}
                )
            except (ValueError, execution_role.RoleRefusedError) as error:
                return ministack.error("InvalidArgumentException", str(error))
            if run and record["ApplicationStatus"] != "RUNNING":
                return ministack.error(
                    "InvalidRequestException",
                    "RunConfigurationUpdate is only accepted in RUNNING status.",
                )
            self._updating.previous = copy.deepcopy(record)
            response = original(data)
            if response[0] >= 400:
                return response
            body = json.loads(response[2])
            choices = run.get("FlinkRunConfiguration") or {}
            body["OperationId"] = self._record_update(record, start, choices)
            # The status changed after the original rendered its answer.
            body["ApplicationDetail"]["ApplicationStatus"] = record["ApplicationStatus"]
            return ministack.answer(body)

        return update

    @staticmethod
    def _check_mode(
        record: dict[str, Any], configuration: dict[str, Any] | None, suffix: str = ""
    ) -> None:
        wanted = snapshot_mode.wanted_by(configuration, suffix)
        reason = snapshot_mode.refusal(wanted, mode(record), record["RuntimeEnvironment"])
        if reason:
            raise ValueError(reason)

    def _record_update(
        self, record: dict[str, Any], start: Start | None, choices: dict[str, Any]
    ) -> str:
        """Log the update that has just been made, restarting a running application for it."""
        previous = self._updating.previous
        running = previous["ApplicationStatus"] == "RUNNING"
        if running:
            # An update that does not say it takes it back.
            allowed = choices.get("AllowNonRestoredState", False)
            record.setdefault("_RunConfiguration", {})["FlinkRunConfiguration"] = {
                "AllowNonRestoredState": allowed
            }
        self._versions.keep(record)
        versions = (previous["ApplicationVersionId"], record["ApplicationVersionId"])
        operation = self._operations.begin(record["ApplicationARN"], "UpdateApplication", versions)
        if running:
            self._lifecycle.restart_for_update(record, previous, operation, start)
        else:
            operation.finish()
        return operation.operation_id

    def _restart_for_update(self, record: dict[str, Any], _previous_version: int) -> None:
        """What the emulator calls in the middle of an update; `_record_update` does it after."""

    def _replace_from_template(self, original: Callable[..., None]) -> Callable[..., None]:
        def replace(name: str, props: dict[str, Any]) -> None:
            record = self._service._applications.get(name)
            if record is None:
                raise ValueError(f"Application {name} is not found.")
            status = record["ApplicationStatus"]
            if status not in MUTABLE:
                raise ValueError(
                    'Resource handler returned message: "Application cannot be updated in '
                    f"'{status}' state (Service: KinesisAnalyticsV2, ResourceInUseException)\""
                )
            if role := props.get("ServiceExecutionRole"):
                try:
                    execution_role.check(role, record["ApplicationARN"])
                except execution_role.RoleRefusedError as error:
                    raise ValueError(str(error)) from error
            configuration = props.get("ApplicationConfiguration") or {}
            if (reason := code_location.problem(configuration)) is not None:
                raise ValueError(reason)
            self._check_mode(record, configuration)
            self._updating.previous = copy.deepcopy(record)
            present = mode(record)
            original(name, props)
            # A template that does not name the mode leaves it, as the update it stands for does.
            if snapshot_mode.wanted_by(configuration) is None and present != mode(record):
                snapshots = record["_Configuration"].setdefault(
                    "ApplicationSnapshotConfiguration", {}
                )
                snapshots["SnapshotMode"] = present
            choices = (props.get("RunConfiguration") or {}).get("FlinkRunConfiguration") or {}
            self._record_update(record, None, choices)

        return replace
