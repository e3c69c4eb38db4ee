"""Snapshots: savepoints of one application, in a strict order."""

from __future__ import annotations

import threading
import time
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

_lock = threading.Lock()
_last = 0.0


def _next_time() -> float:
    """Now, and later than every earlier snapshot, so that the newest is always one."""
    global _last
    with _lock:
        _last = max(time.time(), _last + 0.001)
        return round(_last, 3)


def begin(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Add a snapshot that is being taken."""
    service = ministack.service("kinesisanalyticsv2")
    snapshot: dict[str, Any] = service._add_snapshot(record, name, None, status="CREATING")
    snapshot["SnapshotCreationTimestamp"] = _next_time()
    return snapshot


def ready(snapshot: dict[str, Any], location: str) -> None:
    """The savepoint is complete."""
    snapshot["_SavepointPath"] = location
    snapshot["SnapshotStatus"] = "READY"


def failed(snapshot: dict[str, Any]) -> None:
    """It is not, and can't be restored from."""
    snapshot["SnapshotStatus"] = "FAILED"


def of(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The application's own snapshots by name: no other application's can be restored."""
    found: dict[str, dict[str, Any]] = (
        ministack.service("kinesisanalyticsv2")._snapshots.get(record["ApplicationName"]) or {}
    )
    return found


def location(record: dict[str, Any], restore: dict[str, Any]) -> str | None:
    """Where the run configuration's restore choice leads; None is an empty start.

    Raises:
        ValueError: the snapshot it names is not there, or not READY.
    """
    kind = restore.get("ApplicationRestoreType", "RESTORE_FROM_LATEST_SNAPSHOT")
    if kind == "SKIP_RESTORE_FROM_SNAPSHOT":
        return None
    if kind == "RESTORE_FROM_CUSTOM_SNAPSHOT":
        name = restore.get("SnapshotName", "")
        snapshot = of(record).get(name)
        if snapshot is None:
            raise ValueError(
                f"The snapshot name {name} provided for restore configuration does not exist."
            )
        if snapshot["SnapshotStatus"] != "READY":
            raise ValueError(
                f"Snapshot {name} is {snapshot['SnapshotStatus']} and cannot be restored."
            )
        return str(snapshot["_SavepointPath"])
    complete = [s for s in of(record).values() if s["SnapshotStatus"] == "READY"]
    if not complete:
        return None
    newest = max(complete, key=lambda s: s["SnapshotCreationTimestamp"])
    return str(newest["_SavepointPath"])
