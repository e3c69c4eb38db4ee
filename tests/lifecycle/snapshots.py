"""Snapshots of both modes: an application's own (legacy), and an account's (enhanced)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.lifecycle.jobs import Run, State

ACCOUNT = "111111111111"
LEGACY, ENHANCED = "APPLICATION_SNAPSHOTS_LEGACY", "ENHANCED_SNAPSHOTS"
CREATING, READY, DELETING, FAILED = "CREATING", "READY", "DELETING", "FAILED"
# https://docs.aws.amazon.com/managed-flink/latest/java/limits.html
LEGACY_QUOTA = 1000


@dataclass(eq=False)
class Snapshot:
    name: str
    application: str
    version: int
    created: datetime
    runtime: str
    state: State
    run: Run
    by: str
    operation: str = ""
    status: str = CREATING
    mode: str = LEGACY
    code: str = ""
    application_created: datetime | None = None

    @property
    def system(self) -> bool:
        return self.by == "service"

    @property
    def arn(self) -> str:
        return f"arn:aws:kinesisanalytics:us-east-1:{ACCOUNT}:snapshot/{self.name}"

    def legacy(self) -> dict[str, Any]:
        return {
            "SnapshotName": self.name,
            "SnapshotStatus": self.status,
            "ApplicationVersionId": self.version,
            "SnapshotCreationTimestamp": self.created,
            "RuntimeEnvironment": self.runtime,
        }

    def summary(self) -> dict[str, Any]:
        return {
            "SnapshotName": self.name,
            "SnapshotArn": self.arn,
            "SnapshotStatus": self.status,
            "SnapshotCreationTimestamp": self.created,
            "SnapshotInitiator": "SYSTEM" if self.system else "USER",
            "SnapshotInitiatorOperation": (
                "SystemCreateSnapshot" if self.system else "CreateSnapshot"
            ),
            "SourceApplicationName": self.application,
            "SnapshotFormat": "CANONICAL",
        }

    def details(self) -> dict[str, Any]:
        answer = self.summary()
        del answer["SourceApplicationName"]
        answer["RuntimeEnvironment"] = self.runtime
        answer["SnapshotSizeInBytes"] = 4096 if self.status == READY else 0
        answer["SnapshotSourceDescription"] = {
            "SourceApplicationDescription": {
                "ApplicationName": self.application,
                "ApplicationCreationTimestamp": self.application_created,
                "ApplicationVersionId": self.version,
            }
        }
        return answer
