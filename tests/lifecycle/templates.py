"""A pipeline as its template says, and the properties its two custom resources get."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tests.lifecycle.application import Configuration
from tests.lifecycle.observability import NAMESPACE, STREAM
from tests.lifecycle.snapshots import LEGACY

WITH_SNAPSHOT, FORCE_STOP, IN_PLACE = "STOP_WITH_SNAPSHOT", "FORCE_STOP", "IN_PLACE"
RUNNING, ALWAYS_RUNNING, STOPPED = "RUNNING", "ALWAYS_RUNNING", "STOPPED"
NEWEST, NAMED, EMPTY = "LATEST", "SNAPSHOT", "EMPTY"
GATE = {
    "WindowSeconds": "300",
    "PeriodSeconds": "60",
    "MaxRestarts": "2",
    "DeadlineSeconds": "1200",
    "MinRecords": "0",
}
DEADLINE_SECONDS = 3000


@dataclass(frozen=True)
class Restore:
    kind: str = NEWEST
    snapshot: str = ""

    @property
    def properties(self) -> dict[str, str]:
        return {"Type": self.kind, **({"Snapshot": self.snapshot} if self.snapshot else {})}


@dataclass(frozen=True)
class Schedule:
    """What `tend` is told of snapshots."""

    every_seconds: int = 3600
    keep: int = 24
    max_age_seconds: int = 7 * 86400
    pinned: tuple[str, ...] = ()
    period_seconds: int = 300


@dataclass(frozen=True)
class Template:
    code: str
    application: str = "sensors"
    strategy: str = WITH_SNAPSHOT
    desired: str = RUNNING
    restore: Restore = Restore()
    bounded: bool = False
    max_state_loss: int = 7200
    allow_non_restored: bool = False
    mode: str = LEGACY
    runtime: str = "FLINK-1_20"
    snapshots_enabled: bool = True
    rollback_enabled: bool = False
    schedule: Schedule = field(default_factory=Schedule)

    @property
    def configuration(self) -> Configuration:
        return Configuration(
            key=self.code,
            mode=self.mode,
            runtime=self.runtime,
            snapshots_enabled=self.snapshots_enabled,
            rollback_enabled=self.rollback_enabled,
        )

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.configuration).encode()).hexdigest()

    def _common(self) -> dict[str, Any]:
        return {
            "ApplicationName": self.application,
            "Application": {"Digest": self.digest, "Inputs": ["code"]},
            "DeadlineSeconds": str(DEADLINE_SECONDS),
            "Strategy": self.strategy,
            "DesiredState": self.desired,
            "Restore": self.restore.properties,
            "Bounded": str(self.bounded).lower(),
        }

    def prepare(self) -> dict[str, Any]:
        return {**self._common(), "MaxStateLossSeconds": str(self.max_state_loss)}

    def prove(self, prepared: dict[str, str]) -> dict[str, Any]:
        two = self.runtime > "FLINK-2"
        held = self.configuration
        return {
            **self._common(),
            "Prepared": prepared.get("Snapshot", ""),
            "Run": prepared.get("Run", "true"),
            "LogGroupName": f"/aws/kinesis-analytics/{self.application}",
            "LogStreamName": STREAM,
            "Gate": dict(GATE),
            "Metrics": {
                "Namespace": NAMESPACE,
                "Uptime": "runningTime" if two else "uptime",
                "Restarts": "numRestarts" if two else "fullRestarts",
                "FailedCheckpoints": "numberOfFailedCheckpoints",
                "RecordsIn": "numRecordsIn",
            },
            "AllowNonRestoredState": str(self.allow_non_restored).lower(),
            "Definition": {
                "Role": held.role,
                "BucketArn": held.bucket,
                "FileKey": held.key,
                "ObjectVersion": held.object_version,
                "Runtime": held.runtime,
            },
        }

    def tend(self, stack_id: str, trigger: str) -> dict[str, Any]:
        return {
            "Trigger": trigger,
            "ApplicationName": self.application,
            "StackId": stack_id,
            "DesiredState": self.desired,
            "Bounded": str(self.bounded).lower(),
            "SnapshotEverySeconds": str(self.schedule.every_seconds),
            "SnapshotKeep": str(self.schedule.keep),
            "SnapshotMaxAgeSeconds": str(self.schedule.max_age_seconds),
            "Pinned": list(self.schedule.pinned),
            "TopicArn": "arn:aws:sns:us-east-1:111111111111:alerts",
            "PeriodSeconds": str(self.schedule.period_seconds),
            "MetricNamespace": "cdk-managed-flink",
        }
