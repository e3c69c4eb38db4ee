"""AWS CDK constructs for Amazon Managed Service for Apache Flink."""

from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.binding import (
    Bindable,
    Binding,
    Sink,
    Source,
    Watch,
    WatchKind,
)
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.settings import (
    Checkpointing,
    LogLevel,
    MetricsLevel,
    Monitoring,
    Parallelism,
)
from cdk_managed_flink.application.snapshot_mode import SnapshotMode
from cdk_managed_flink.code.code import FlinkCode
from cdk_managed_flink.lifecycle.desired_state import DesiredState
from cdk_managed_flink.lifecycle.health_gate import HealthGate
from cdk_managed_flink.lifecycle.lifecycle import FlinkLifecycle
from cdk_managed_flink.lifecycle.restore_from import RestoreFrom
from cdk_managed_flink.lifecycle.snapshot_schedule import SnapshotSchedule
from cdk_managed_flink.lifecycle.update_strategy import UpdateStrategy
from cdk_managed_flink.operations.alarms import FlinkAlarms
from cdk_managed_flink.operations.notifications import Notifications, NotificationTopic
from cdk_managed_flink.operations.thresholds import AlarmThresholds, SnapshotAge, Threshold
from cdk_managed_flink.pipeline import FlinkPipeline
from cdk_managed_flink.sinks.dynamodb import DynamoDbSink
from cdk_managed_flink.sinks.s3 import Lifecycle, S3Sink
from cdk_managed_flink.sources.kinesis import KinesisSource, StartPosition

__all__ = [
    "AlarmThresholds",
    "Bindable",
    "Binding",
    "Checkpointing",
    "Connector",
    "DesiredState",
    "DynamoDbSink",
    "FlinkAlarms",
    "FlinkApplication",
    "FlinkCode",
    "FlinkLifecycle",
    "FlinkPipeline",
    "HealthGate",
    "KinesisSource",
    "Lifecycle",
    "LogLevel",
    "MetricsLevel",
    "Monitoring",
    "Network",
    "NotificationTopic",
    "Notifications",
    "Parallelism",
    "RestoreFrom",
    "Runtime",
    "S3Sink",
    "Sink",
    "SnapshotAge",
    "SnapshotMode",
    "SnapshotSchedule",
    "Source",
    "StartPosition",
    "Threshold",
    "UpdateStrategy",
    "Watch",
    "WatchKind",
]
