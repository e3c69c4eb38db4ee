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
from cdk_managed_flink.application.secret_value import FlinkSecret
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
from cdk_managed_flink.services.firehose.buffering import Buffering
from cdk_managed_flink.services.firehose.conversion import ColumnarFormat, FormatConversion
from cdk_managed_flink.services.firehose.delivery_stream import DeliveryStream
from cdk_managed_flink.services.firehose.http_destination import HttpDestination
from cdk_managed_flink.services.firehose.s3_destination import S3Destination
from cdk_managed_flink.services.firehose.storage import DeliveryBucket
from cdk_managed_flink.services.kafka.authentication import KafkaAuthentication, KafkaMode
from cdk_managed_flink.services.kafka.brokers import KafkaMonitoring
from cdk_managed_flink.services.kafka.cluster import KafkaCluster
from cdk_managed_flink.services.kafka.provisioned import MskCluster
from cdk_managed_flink.services.kafka.serverless import MskServerlessCluster
from cdk_managed_flink.services.kafka.storage import BrokerStorage
from cdk_managed_flink.services.kafka.topic import KafkaTopic, Topic
from cdk_managed_flink.services.opensearch.capacity import DomainCapacity
from cdk_managed_flink.services.opensearch.collection import (
    CollectionType,
    OpenSearchServerlessCollection,
)
from cdk_managed_flink.services.opensearch.domain import OpenSearchDomain
from cdk_managed_flink.services.opensearch.existing import (
    ExistingCollection,
    ExistingDomain,
    ExistingPlace,
)
from cdk_managed_flink.services.opensearch.index import IndexRotation
from cdk_managed_flink.sinks.dead_letter import DeadLetterSink
from cdk_managed_flink.sinks.dynamodb import DynamoDbSink
from cdk_managed_flink.sinks.firehose import FirehoseSink
from cdk_managed_flink.sinks.msk import MskSink
from cdk_managed_flink.sinks.opensearch import OpenSearchSink
from cdk_managed_flink.sinks.s3 import Lifecycle, S3Sink
from cdk_managed_flink.sources.kinesis import KinesisSource, StartPosition
from cdk_managed_flink.sources.msk import KafkaStart, MskSource

__all__ = [
    "AlarmThresholds",
    "Bindable",
    "Binding",
    "BrokerStorage",
    "Buffering",
    "Checkpointing",
    "CollectionType",
    "ColumnarFormat",
    "Connector",
    "DeadLetterSink",
    "DeliveryBucket",
    "DeliveryStream",
    "DesiredState",
    "DomainCapacity",
    "DynamoDbSink",
    "ExistingCollection",
    "ExistingDomain",
    "ExistingPlace",
    "FirehoseSink",
    "FlinkAlarms",
    "FlinkApplication",
    "FlinkCode",
    "FlinkLifecycle",
    "FlinkPipeline",
    "FlinkSecret",
    "FormatConversion",
    "HealthGate",
    "HttpDestination",
    "IndexRotation",
    "KafkaAuthentication",
    "KafkaCluster",
    "KafkaMode",
    "KafkaMonitoring",
    "KafkaStart",
    "KafkaTopic",
    "KinesisSource",
    "Lifecycle",
    "LogLevel",
    "MetricsLevel",
    "Monitoring",
    "MskCluster",
    "MskServerlessCluster",
    "MskSink",
    "MskSource",
    "Network",
    "NotificationTopic",
    "Notifications",
    "OpenSearchDomain",
    "OpenSearchServerlessCollection",
    "OpenSearchSink",
    "Parallelism",
    "RestoreFrom",
    "Runtime",
    "S3Destination",
    "S3Sink",
    "Sink",
    "SnapshotAge",
    "SnapshotMode",
    "SnapshotSchedule",
    "Source",
    "StartPosition",
    "Threshold",
    "Topic",
    "UpdateStrategy",
    "Watch",
    "WatchKind",
]
