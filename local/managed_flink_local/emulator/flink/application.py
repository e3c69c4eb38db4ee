"""What the data plane needs to know of an application, read from the emulator's record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack


@dataclass(frozen=True, kw_only=True)
class Application:
    """One version of an application."""

    name: str
    arn: str
    account: str
    region: str
    version: int
    runtime: str
    role_arn: str
    parallelism: int
    parallelism_per_kpu: int
    checkpointing: tuple[int, int] | None
    """Interval and minimum pause in milliseconds, None when checkpointing is off."""
    log_level: str
    property_groups: list[dict[str, Any]]
    bucket: str
    key: str
    object_version: str | None
    log_stream_arn: str | None
    snapshots_enabled: bool

    @property
    def kpus(self) -> int:
        """KPUs of a running application, with the one for orchestration."""
        return math.ceil(self.parallelism / self.parallelism_per_kpu) + 1

    @property
    def log_group_and_stream(self) -> tuple[str, str] | None:
        """Names out of the logging option's ARN."""
        if self.log_stream_arn is None:
            return None
        resource = self.log_stream_arn.split(":log-group:", 1)[-1]
        group, _, stream = resource.partition(":log-stream:")
        return (group, stream) if stream else None

    @classmethod
    def of(cls, record: dict[str, Any]) -> Application:
        """Read a record of the emulator's control plane."""
        detail = ministack.service("kinesisanalyticsv2").application_detail(record)
        account, region = (
            detail["ApplicationARN"].split(":")[4],
            detail["ApplicationARN"].split(":")[3],
        )
        configuration = detail["ApplicationConfigurationDescription"]
        flink = configuration["FlinkApplicationConfigurationDescription"]
        checkpoints = flink["CheckpointConfigurationDescription"]
        scale = flink["ParallelismConfigurationDescription"]
        groups = configuration.get("EnvironmentPropertyDescriptions", {}).get(
            "PropertyGroupDescriptions", []
        )
        code = (
            configuration.get("ApplicationCodeConfigurationDescription", {})
            .get("CodeContentDescription", {})
            .get("S3ApplicationCodeLocationDescription", {})
        )
        options = detail.get("CloudWatchLoggingOptionDescriptions") or []
        # Numbers arrive as text from some templates.
        enabled = str(checkpoints.get("CheckpointingEnabled", True)).lower() == "true"
        return cls(
            name=detail["ApplicationName"],
            arn=detail["ApplicationARN"],
            account=account,
            region=region,
            version=int(detail["ApplicationVersionId"]),
            runtime=detail["RuntimeEnvironment"],
            role_arn=detail["ServiceExecutionRole"],
            parallelism=max(1, int(scale.get("Parallelism", 1))),
            parallelism_per_kpu=max(1, int(scale.get("ParallelismPerKPU", 1))),
            checkpointing=(
                int(checkpoints.get("CheckpointInterval", 60000)),
                int(checkpoints.get("MinPauseBetweenCheckpoints", 5000)),
            )
            if enabled
            else None,
            log_level=str(
                flink["MonitoringConfigurationDescription"].get("LogLevel", "INFO")
            ).upper(),
            property_groups=[
                {"PropertyGroupId": g["PropertyGroupId"], "PropertyMap": g.get("PropertyMap", {})}
                for g in groups
            ],
            bucket=code.get("BucketARN", "").split(":::", 1)[-1],
            key=code.get("FileKey", ""),
            object_version=code.get("ObjectVersion"),
            log_stream_arn=options[0]["LogStreamARN"] if options else None,
            snapshots_enabled=bool(
                configuration["ApplicationSnapshotConfigurationDescription"]["SnapshotsEnabled"]
            ),
        )
