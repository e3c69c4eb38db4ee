"""One application as the service keeps it: versions, a status, at most one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from tests.lifecycle.clock import Timer
from tests.lifecycle.jobs import Run
from tests.lifecycle.operations import OperationLog
from tests.lifecycle.snapshots import ACCOUNT, ENHANCED, LEGACY
from tests.lifecycle.statuses import TRANSITIONS, Status

SKIP, LATEST = "SKIP_RESTORE_FROM_SNAPSHOT", "RESTORE_FROM_LATEST_SNAPSHOT"
CUSTOM = "RESTORE_FROM_CUSTOM_SNAPSHOT"
# Property groups in a form that can be compared and hashed.
Groups: TypeAlias = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def groups_of(held: Groups) -> list[dict[str, Any]]:
    """As the service's API has them."""
    return [{"PropertyGroupId": name, "PropertyMap": dict(pairs)} for name, pairs in held]


def held_groups(groups: Sequence[dict[str, Any]]) -> Groups:
    """The reverse of `groups_of`."""
    return tuple((g["PropertyGroupId"], tuple(g["PropertyMap"].items())) for g in groups)


@dataclass(frozen=True)
class Configuration:
    """What a version fixes; `key` names the code, and so the job."""

    key: str
    role: str = f"arn:aws:iam::{ACCOUNT}:role/sensors"
    bucket: str = "arn:aws:s3:::code"
    object_version: str = ""
    runtime: str = "FLINK-1_20"
    snapshots_enabled: bool = True
    mode: str = LEGACY
    rollback_enabled: bool = False
    log_stream: str = ""
    groups: Groups = (("job", (("stream", "clicks"),)),)

    @property
    def code(self) -> str:
        return f"{self.key}@{self.object_version}" if self.object_version else self.key


@dataclass
class Version:
    number: int
    configuration: Configuration
    created: datetime
    has_run: bool = False
    rolled_back: bool = False


@dataclass
class Application:
    name: str
    created: datetime
    versions: list[Version]
    status: Status = Status.READY
    run: Run | None = None
    operations: OperationLog = field(default_factory=OperationLog)
    runs: list[Run] = field(default_factory=list)
    restore: dict[str, str] = field(default_factory=dict)
    allow_non_restored: bool = False
    rolled_back_from: int = 0
    timer: Timer | None = None
    updated: datetime | None = None

    @property
    def version(self) -> Version:
        return self.versions[-1]

    @property
    def configuration(self) -> Configuration:
        return self.version.configuration

    @property
    def enhanced(self) -> bool:
        return self.configuration.mode == ENHANCED

    @property
    def arn(self) -> str:
        return f"arn:aws:kinesisanalytics:us-east-1:{ACCOUNT}:application/{self.name}"

    @property
    def token(self) -> str:
        """Changes with every change, as a conditional token has to."""
        return f"{self.version.number}-{len(self.operations.held)}-{self.status.value.lower()}"

    def turn(self, status: Status) -> None:
        assert status in TRANSITIONS[self.status], f"{self.status} cannot become {status}"
        self.status = status

    def describe(self, *, mode_told: bool = True) -> dict[str, Any]:
        held = self.configuration
        code: dict[str, Any] = {"BucketARN": held.bucket, "FileKey": held.key}
        if held.object_version:
            code["ObjectVersion"] = held.object_version
        snapshots: dict[str, Any] = {"SnapshotsEnabled": held.snapshots_enabled}
        if self.enhanced or mode_told:
            snapshots["SnapshotMode"] = held.mode
        run: dict[str, Any] = {
            "FlinkRunConfigurationDescription": {"AllowNonRestoredState": self.allow_non_restored}
        }
        if self.restore:
            run["ApplicationRestoreConfigurationDescription"] = dict(self.restore)
        answer: dict[str, Any] = {
            "ApplicationARN": self.arn,
            "ApplicationName": self.name,
            "RuntimeEnvironment": held.runtime,
            "ServiceExecutionRole": held.role,
            "ApplicationStatus": self.status.value,
            "ApplicationVersionId": self.version.number,
            "CreateTimestamp": self.created,
            "LastUpdateTimestamp": self.updated or self.created,
            "ApplicationVersionCreateTimestamp": self.version.created,
            "ConditionalToken": self.token,
            "ApplicationMode": "STREAMING",
            "ApplicationConfigurationDescription": {
                "ApplicationCodeConfigurationDescription": {
                    "CodeContentType": "ZIPFILE",
                    "CodeContentDescription": {"S3ApplicationCodeLocationDescription": code},
                },
                "ApplicationSnapshotConfigurationDescription": snapshots,
                "EnvironmentPropertyDescriptions": {
                    "PropertyGroupDescriptions": groups_of(held.groups)
                },
                "ApplicationSystemRollbackConfigurationDescription": {
                    "RollbackEnabled": held.rollback_enabled
                },
                "RunConfigurationDescription": run,
            },
        }
        if len(self.versions) > 1:
            answer["ApplicationVersionUpdatedFrom"] = self.versions[-2].number
        if self.rolled_back_from:
            answer["ApplicationVersionRolledBackFrom"] = self.rolled_back_from
        return answer
