"""The operations of enhanced snapshots that need no running job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.service.account_snapshots import (
    AccountSnapshot,
    AccountSnapshots,
)
from managed_flink_local.emulator.service.operations import Operation
from managed_flink_local.emulator.service.pages import page
from managed_flink_local.emulator.service.runs import in_thread

Data = dict[str, Any]

_FILTERS = (
    "SourceApplicationName",
    "SnapshotInitiator",
    "SnapshotInitiatorOperation",
    "SnapshotStatus",
)
_OPERATION_FILTERS = ("SnapshotOperation", "SnapshotOperationStatus")


class SnapshotApi:
    """Describe, list and delete; `drop` deletes a snapshot's files."""

    def __init__(self, snapshots: AccountSnapshots, drop: Callable[[str], None]) -> None:
        self._snapshots = snapshots
        self._drop = drop

    def handlers(self) -> dict[str, Callable[[Data], Any]]:
        """By name, as the emulator dispatches them."""
        return {
            "DescribeSnapshot": self.describe,
            "ListSnapshots": self.list,
            "DeleteSnapshot": self.delete,
            "DescribeSnapshotOperation": self.describe_operation,
            "ListSnapshotOperations": self.list_operations,
        }

    def describe(self, data: Data) -> Any:  # noqa: ANN401 - a response
        """DescribeSnapshot."""
        snapshot = self._snapshots.held.get(data.get("SnapshotName", ""))
        if snapshot is None:
            return _not_found(data)
        return ministack.answer({"SnapshotInfoDetails": snapshot.details()})

    def list(self, data: Data) -> Any:  # noqa: ANN401
        """ListSnapshots: newest first, by one filter at most."""
        filters = {key: data[key] for key in _FILTERS if data.get(key)}
        if len(filters) > 1:
            return _one_filter(filters)
        with self._snapshots.lock:
            held = sorted(self._snapshots.held.values(), key=lambda s: s.created, reverse=True)
        found = [s.summary() for s in held if filters.items() <= s.summary().items()]
        return page(data, "SnapshotInfoList", found)

    def delete(self, data: Data) -> Any:  # noqa: ANN401
        """DeleteSnapshot."""
        with self._snapshots.lock:
            snapshot = self._snapshots.held.get(data.get("SnapshotName", ""))
            if snapshot is None:
                return _not_found(data)
            # Clients send whole seconds.
            if int(float(data.get("SnapshotCreationTimestamp") or 0)) != int(snapshot.created):
                return ministack.error(
                    "InvalidArgumentException",
                    f"Snapshot {snapshot.name} has a different SnapshotCreationTimestamp than the "
                    "one you provided. Please call DescribeSnapshot to fetch the valid one.",
                )
            if snapshot.status not in ("READY", "FAILED"):
                return ministack.error(
                    "ResourceInUseException",
                    f"Snapshot {snapshot.name} is {snapshot.status} and cannot be deleted.",
                )
            snapshot.status = "DELETING"
            operation = Operation("DeleteSnapshot")
            self._snapshots.operations[snapshot.name].append(operation)
            answer = snapshot.accepted(operation)
        in_thread(self._deleted, snapshot, operation)
        return ministack.answer(answer)

    def _deleted(self, snapshot: AccountSnapshot, operation: Operation) -> None:
        self._drop(snapshot.name)
        self._snapshots.remove(snapshot)
        operation.finish()

    def describe_operation(self, data: Data) -> Any:  # noqa: ANN401
        """DescribeSnapshotOperation."""
        for operation in self._snapshots.operations.get(data.get("SnapshotName", ""), []):
            if operation.operation_id == data.get("SnapshotOperationId"):
                return ministack.answer({"SnapshotOperationInfoDetails": _details(data, operation)})
        return _not_found(data)

    def list_operations(self, data: Data) -> Any:  # noqa: ANN401
        """ListSnapshotOperations: newest first, by one filter at most."""
        operations = self._snapshots.operations.get(data.get("SnapshotName", ""))
        if operations is None:
            return _not_found(data)
        filters = {key: data[key] for key in _OPERATION_FILTERS if data.get(key)}
        if len(filters) > 1:
            return _one_filter(filters)
        found = [_summary(operation) for operation in reversed(operations)]
        found = [shown for shown in found if filters.items() <= shown.items()]
        return page(data, "SnapshotOperationInfoList", found)


def _summary(operation: Operation) -> Data:
    shown: Data = {
        "SnapshotOperationId": operation.operation_id,
        "SnapshotOperation": operation.name,
        "SnapshotOperationStatus": operation.status,
        "StartTime": operation.start,
    }
    if operation.end is not None:
        shown["EndTime"] = operation.end
    return shown


def _details(data: Data, operation: Operation) -> Data:
    scope = ministack.core("responses")
    shown = {
        **_summary(operation),
        "SnapshotArn": f"arn:aws:kinesisanalytics:{scope.get_region()}:{scope.get_account_id()}"
        f":snapshot/{data['SnapshotName']}",
    }
    if operation.application_operation:
        shown["ApplicationOperationDescription"] = {
            "ApplicationOperationId": operation.application_operation
        }
    if operation.failure:
        error = {"ErrorCode": "SnapshotFailed", "ErrorString": operation.failure[:512]}
        shown["SnapshotOperationFailureDetails"] = {"ErrorInfo": error}
    return shown


def _not_found(data: Data) -> Any:  # noqa: ANN401
    return ministack.error(
        "ResourceNotFoundException", f"Snapshot {data.get('SnapshotName')} does not exist."
    )


def _one_filter(filters: Data) -> Any:  # noqa: ANN401
    return ministack.error(
        "InvalidArgumentException",
        f"Only one filter can be specified in a request, these are: {', '.join(filters)}.",
    )
