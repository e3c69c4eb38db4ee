"""Snapshots of an application, of either kind, in a strict order."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Protocol

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.service.account_snapshots import AccountSnapshots

LEGACY, ENHANCED = "APPLICATION_SNAPSHOTS_LEGACY", "ENHANCED_SNAPSHOTS"
SKIP, CUSTOM = "SKIP_RESTORE_FROM_SNAPSHOT", "RESTORE_FROM_CUSTOM_SNAPSHOT"

Record = dict[str, Any]

_lock = threading.Lock()
_last = 0.0


def next_time() -> float:
    """Now, and later than every earlier snapshot, so that the newest is always one."""
    global _last
    with _lock:
        _last = max(time.time(), _last + 0.001)
        return round(_last, 3)


def mode(record: Record) -> str:
    """The application's snapshot mode."""
    configured = record["_Configuration"].get("ApplicationSnapshotConfiguration") or {}
    return str(configured.get("SnapshotMode") or LEGACY)


@dataclass(frozen=True)
class Start:
    """What an update says of the state that its version starts with; None is an empty start."""

    location: str | None


class Snapshot(Protocol):
    """One that is being taken."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def of_account(self) -> bool:
        """Whether it outlives its application."""

    @property
    def location(self) -> str:
        """Where its savepoint is, once it is READY."""

    def ready(self, location: str) -> None:
        """The savepoint is complete."""

    def failed(self, reason: str) -> None:
        """It is not, and can't be restored from."""


@dataclass(frozen=True)
class ApplicationSnapshot:
    """One of the legacy kind: its application's own, a record of the emulator's."""

    record: Record

    @property
    def name(self) -> str:
        """Its name within the application."""
        return str(self.record["SnapshotName"])

    @property
    def of_account(self) -> bool:
        """It ends with its application."""
        return False

    @property
    def location(self) -> str:
        """Where its savepoint is."""
        return str(self.record["_SavepointPath"])

    def ready(self, location: str) -> None:
        """The savepoint is complete."""
        self.record["_SavepointPath"] = location
        self.record["SnapshotStatus"] = "READY"

    def failed(self, reason: str) -> None:
        """The reason is the operation's; the snapshot has no place for it."""
        self.record["SnapshotStatus"] = "FAILED"


def of(record: Record) -> dict[str, Record]:
    """The application's legacy snapshots by name."""
    found: dict[str, Record] = (
        ministack.service("kinesisanalyticsv2")._snapshots.get(record["ApplicationName"]) or {}
    )
    return found


class Snapshots:
    """Both kinds: each application has one at a time."""

    def __init__(self, account: AccountSnapshots) -> None:
        self.account = account

    def begin(self, record: Record, name: str) -> ApplicationSnapshot:
        """Add a legacy snapshot that is being taken."""
        service = ministack.service("kinesisanalyticsv2")
        added: Record = service._add_snapshot(record, name, None, status="CREATING")
        added["SnapshotCreationTimestamp"] = next_time()
        return ApplicationSnapshot(added)

    def begin_system(
        self, record: Record, kind: str, version: int, operation_id: str
    ) -> Snapshot | None:
        """The service's own snapshot of a version, when the application has them enabled."""
        configured = record["_Configuration"].get("ApplicationSnapshotConfiguration") or {}
        if str(configured.get("SnapshotsEnabled", False)).lower() != "true":
            return None
        name, now = record["ApplicationName"], int(time.time() * 1000)
        if mode(record) == ENHANCED:
            return self.account.begin(
                record,
                f"SYSTEMSNAPSHOT-{name[:60]}-{now}",
                version=version,
                created=next_time(),
                application_operation=operation_id,
            )
        taken = self.begin(record, f"{kind}-{name}-{now}")
        taken.record["ApplicationVersionId"] = version
        return taken

    def newest(self, record: Record) -> str | None:
        """Where the newest READY one is that the application can be restored from."""
        found = [
            (snapshot.created, snapshot.location) for snapshot in self.account.ready_of(record)
        ]
        if mode(record) == LEGACY:
            found = [
                (each["SnapshotCreationTimestamp"], each["_SavepointPath"])
                for each in of(record).values()
                if each["SnapshotStatus"] == "READY"
            ]
        return max(found)[1] if found else None

    def start_of(self, record: Record, restore: dict[str, Any]) -> Start | None:
        """What an update's restore choice says; None leaves it to the service.

        Raises:
            ValueError: it can't be restored.
        """
        if restore.get("ApplicationRestoreType") in (SKIP, CUSTOM):
            return Start(self.location(record, restore))
        return None

    def location(self, record: Record, restore: dict[str, Any]) -> str | None:
        """Where the run configuration's restore choice leads; None is an empty start.

        Raises:
            ValueError: the snapshot it names is not there, not READY, or of the other kind.
        """
        kind = restore.get("ApplicationRestoreType", "RESTORE_FROM_LATEST_SNAPSHOT")
        if kind == SKIP:
            return None
        if kind != CUSTOM:
            return self.newest(record)
        enhanced = mode(record) == ENHANCED
        member, other = ("SnapshotArn", "SnapshotName")[:: 1 if enhanced else -1]
        wanted = restore.get(member)
        if not wanted or restore.get(other):
            raise ValueError(f"{CUSTOM} needs {member}, and only it, in the mode {mode(record)}.")
        if enhanced:
            return self.account.location(wanted)
        snapshot = of(record).get(wanted)
        if snapshot is None:
            raise ValueError(
                f"The snapshot name {wanted} provided for restore configuration does not exist."
            )
        if snapshot["SnapshotStatus"] != "READY":
            raise ValueError(
                f"Snapshot {wanted} is {snapshot['SnapshotStatus']} and cannot be restored."
            )
        return str(snapshot["_SavepointPath"])
