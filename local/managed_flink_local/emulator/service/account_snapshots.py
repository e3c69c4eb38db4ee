"""Enhanced snapshots: the account's own, each with a name that is taken until it is deleted."""

from __future__ import annotations

import threading
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.service.operations import FAILED, Operation

Record = dict[str, Any]


@dataclass
class AccountSnapshot:
    """One snapshot, changed in place until it is READY or FAILED."""

    name: str
    arn: str
    created: float
    source: Record
    runtime: str
    encryption: Record
    operation: Operation
    system: bool = False
    description: str = ""
    status: str = "CREATING"
    location: str = ""
    of_account: bool = True

    def ready(self, location: str) -> None:
        """The savepoint is complete."""
        self.location, self.status = location, "READY"
        self.operation.finish()

    def failed(self, reason: str) -> None:
        """It is not; the name stays taken."""
        self.status = "FAILED"
        self.operation.finish(FAILED, reason)

    @property
    def size(self) -> int:
        """Bytes, 0 until it is READY."""
        if self.status != "READY":
            return 0
        path = Path(urllib.parse.urlparse(self.location).path)
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())

    def summary(self) -> Record:
        """As listed."""
        return {
            "SnapshotName": self.name,
            "SnapshotArn": self.arn,
            "SnapshotStatus": self.status,
            "SnapshotCreationTimestamp": self.created,
            "SnapshotInitiator": "SYSTEM" if self.system else "USER",
            "SnapshotInitiatorOperation": "SystemCreateSnapshot"
            if self.system
            else "CreateSnapshot",
            "SourceApplicationName": self.source["ApplicationName"],
            "SnapshotFormat": "CANONICAL",
        }

    def details(self) -> Record:
        """As described."""
        listed = self.summary()
        del listed["SourceApplicationName"]
        return {
            **listed,
            "SnapshotDescription": self.description,
            "RuntimeEnvironment": self.runtime,
            "SnapshotSizeInBytes": self.size,
            "SnapshotEncryptionConfigurationDescription": self.encryption,
            "SnapshotSourceDescription": {"SourceApplicationDescription": self.source},
        }

    def accepted(self, operation: Operation) -> Record:
        """What the asynchronous calls answer."""
        return {
            "SnapshotArn": self.arn,
            "SnapshotStatus": self.status,
            "SnapshotOperationId": operation.operation_id,
            "SnapshotOperationStatus": operation.status,
        }


@dataclass
class AccountSnapshots:
    """All of this account, by name, and the operations, which outlive them."""

    held: dict[str, AccountSnapshot] = field(default_factory=dict)
    operations: dict[str, list[Operation]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def begin(
        self,
        record: Record,
        name: str,
        *,
        version: int,
        created: float,
        description: str = "",
        application_operation: str = "",
    ) -> AccountSnapshot:
        """Add one that is being taken, by the service itself when an operation of its began it."""
        service = ministack.service("kinesisanalyticsv2")
        region, account = record["ApplicationARN"].split(":")[3:5]
        kind = "SystemCreateSnapshot" if application_operation else "CreateSnapshot"
        operation = Operation(kind, application_operation=application_operation)
        snapshot = AccountSnapshot(
            name=name,
            arn=f"arn:aws:kinesisanalytics:{region}:{account}:snapshot/{name}",
            created=created,
            source={
                "ApplicationName": record["ApplicationName"],
                "ApplicationCreationTimestamp": record["CreateTimestamp"],
                "ApplicationVersionId": version,
            },
            runtime=record["RuntimeEnvironment"],
            encryption=service._encryption_description(record),
            operation=operation,
            system=bool(application_operation),
            description=description,
        )
        with self.lock:
            self.held[name] = snapshot
            self.operations.setdefault(name, []).append(operation)
        return snapshot

    def of(self, record: Record) -> list[AccountSnapshot]:
        """The application's; one of the same name that came before it had its own."""
        source = (record["ApplicationName"], record["CreateTimestamp"])
        with self.lock:
            return [
                snapshot
                for snapshot in self.held.values()
                if (
                    snapshot.source["ApplicationName"],
                    snapshot.source["ApplicationCreationTimestamp"],
                )
                == source
            ]

    def ready_of(self, record: Record) -> list[AccountSnapshot]:
        """Those of the application that it can be restored from."""
        return [snapshot for snapshot in self.of(record) if snapshot.status == "READY"]

    def location(self, arn: str) -> str:
        """Where the savepoint is that an application, of whichever name, is to start from.

        Raises:
            ValueError: it is not there, or not READY.
        """
        snapshot = self.held.get(arn.rpartition("/")[2])
        if snapshot is None or snapshot.arn != arn:
            raise ValueError(f"Snapshot {arn} does not exist.")
        if snapshot.status != "READY":
            raise ValueError(f"Snapshot {arn} is {snapshot.status} and cannot be restored.")
        return snapshot.location

    def remove(self, snapshot: AccountSnapshot) -> None:
        """It is deleted: its name is free."""
        with self.lock:
            self.held.pop(snapshot.name, None)
