"""The operations of an application, as ListApplicationOperations shows them."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.service.pages import page

IN_PROGRESS, SUCCESSFUL, FAILED, CANCELLED = "IN_PROGRESS", "SUCCESSFUL", "FAILED", "CANCELLED"


@dataclass
class Operation:
    """One operation, changed in place when it ends."""

    name: str
    operation_id: str = field(default_factory=lambda: secrets.token_hex(8))
    start: float = field(default_factory=time.time)
    end: float | None = None
    status: str = IN_PROGRESS
    failure: str = ""
    versions: tuple[int, int] | None = None
    application_operation: str = ""
    """Of an operation on a snapshot: the application's that began it."""

    def finish(self, status: str = SUCCESSFUL, failure: str = "") -> None:
        """End it, once: what a later thread thinks of it does not count."""
        if self.status == IN_PROGRESS:
            self.status, self.failure, self.end = status, failure, time.time()

    def summary(self) -> dict[str, Any]:
        """As listed."""
        shown: dict[str, Any] = {
            "Operation": self.name,
            "OperationId": self.operation_id,
            "StartTime": self.start,
            "OperationStatus": self.status,
        }
        # The API has no open end: an operation in progress shows its last known time.
        shown["EndTime"] = self.end if self.end is not None else time.time()
        return shown

    def details(self) -> dict[str, Any]:
        """As described."""
        shown = {k: v for k, v in self.summary().items() if k != "OperationId"}
        if self.versions:
            shown["ApplicationVersionChangeDetails"] = {
                "ApplicationVersionUpdatedFrom": self.versions[0],
                "ApplicationVersionUpdatedTo": self.versions[1],
            }
        if self.failure:
            shown["OperationFailureDetails"] = {"ErrorInfo": {"ErrorString": self.failure}}
        return shown


class OperationLog:
    """Operations by application ARN, oldest first."""

    def __init__(self) -> None:
        self._operations: dict[str, list[Operation]] = {}
        self._lock = threading.Lock()

    def begin(
        self, application_arn: str, name: str, versions: tuple[int, int] | None = None
    ) -> Operation:
        """Record one that is in progress."""
        operation = Operation(name, versions=versions)
        with self._lock:
            self._operations.setdefault(application_arn, []).append(operation)
        return operation

    def cancel(self, application_arn: str) -> None:
        """Something takes over from what is in progress."""
        for operation in self.of(application_arn):
            operation.finish(CANCELLED)

    def of(self, application_arn: str) -> list[Operation]:
        """All of one application, newest first."""
        with self._lock:
            return list(reversed(self._operations.get(application_arn, [])))

    def forget(self, application_arn: str) -> None:
        """The application was deleted."""
        with self._lock:
            self._operations.pop(application_arn, None)

    # ---- the API ----------------------------------------------------------------------------

    def list(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - a response
        """ListApplicationOperations."""
        arn = _arn_of(data.get("ApplicationName", ""))
        if arn is None:
            return _not_found(data)
        found = [
            operation
            for operation in self.of(arn)
            if data.get("Operation") in (None, operation.name)
            and data.get("OperationStatus") in (None, operation.status)
        ]
        return page(data, "ApplicationOperationInfoList", [o.summary() for o in found])

    def describe(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        """DescribeApplicationOperation."""
        arn = _arn_of(data.get("ApplicationName", ""))
        if arn is None:
            return _not_found(data)
        for operation in self.of(arn):
            if operation.operation_id == data.get("OperationId"):
                return ministack.answer({"ApplicationOperationInfoDetails": operation.details()})
        return ministack.error(
            "ResourceNotFoundException",
            f"Operation {data.get('OperationId')} of application {data.get('ApplicationName')} "
            "does not exist.",
        )


def list_applications(data: dict[str, Any]) -> Any:  # noqa: ANN401
    """ListApplications."""
    records = ministack.service("kinesisanalyticsv2")._applications
    shown = (
        "ApplicationName",
        "ApplicationARN",
        "ApplicationStatus",
        "ApplicationVersionId",
        "RuntimeEnvironment",
        "ApplicationMode",
    )
    found = [{key: records[name][key] for key in shown} for name in sorted(records)]
    return page(data, "ApplicationSummaries", found)


def _arn_of(name: str) -> str | None:
    record = ministack.service("kinesisanalyticsv2")._applications.get(name)
    return None if record is None else str(record["ApplicationARN"])


def _not_found(data: dict[str, Any]) -> Any:  # noqa: ANN401
    return ministack.error(
        "ResourceNotFoundException", f"Application '{data.get('ApplicationName')}' does not exist."
    )
