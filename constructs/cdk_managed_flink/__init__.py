"""AWS CDK constructs for Amazon Managed Service for Apache Flink.

A name is imported when it is first asked for: a pipeline pays for what it is made of alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from cdk_managed_flink.public_names import MODULES

if TYPE_CHECKING:
    from cdk_managed_flink.application.application import FlinkApplication
    from cdk_managed_flink.application.base import ApplicationBase
    from cdk_managed_flink.application.binding import (
        Bindable,
        Binding,
        Sink,
        Source,
        TableRules,
        Watch,
        WatchKind,
    )
    from cdk_managed_flink.application.code_location import Code, CodeLocation
    from cdk_managed_flink.application.connector import Connector, ConnectorLine
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
    from cdk_managed_flink.connectors.connectors import secret_reader
    from cdk_managed_flink.dead_letters.dead_letter import DeadLetterSink
    from cdk_managed_flink.dynamodb.sink import DynamoDbSink
    from cdk_managed_flink.firehose.buffering import Buffering
    from cdk_managed_flink.firehose.conversion import ColumnarFormat, FormatConversion
    from cdk_managed_flink.firehose.delivery_stream import DeliveryStream
    from cdk_managed_flink.firehose.http_destination import HttpDestination
    from cdk_managed_flink.firehose.s3_destination import S3Destination
    from cdk_managed_flink.firehose.sink import FirehoseSink
    from cdk_managed_flink.firehose.storage import DeliveryBucket
    from cdk_managed_flink.formats.confluent import AvroConfluent, ConfluentSchemaRegistry
    from cdk_managed_flink.formats.formats import Format, Side
    from cdk_managed_flink.formats.glue_format import GlueFormat
    from cdk_managed_flink.formats.schema_registry import (
        Compatibility,
        DataFormat,
        Schema,
        SchemaRegistry,
    )
    from cdk_managed_flink.iceberg.definition import IcebergTable
    from cdk_managed_flink.iceberg.maintenance import IcebergMaintenance
    from cdk_managed_flink.iceberg.s3_tables_sink import S3TablesSink
    from cdk_managed_flink.iceberg.sink import IcebergSink
    from cdk_managed_flink.kafka.authentication import KafkaAuthentication, KafkaMode
    from cdk_managed_flink.kafka.brokers import KafkaMonitoring
    from cdk_managed_flink.kafka.cluster import KafkaCluster
    from cdk_managed_flink.kafka.provisioned import MskCluster
    from cdk_managed_flink.kafka.self_managed import SelfManagedKafkaCluster
    from cdk_managed_flink.kafka.serverless import MskServerlessCluster
    from cdk_managed_flink.kafka.sink import MskSink
    from cdk_managed_flink.kafka.source import KafkaStart, MskSource
    from cdk_managed_flink.kafka.storage import BrokerStorage
    from cdk_managed_flink.kafka.topic import KafkaTopic, Topic
    from cdk_managed_flink.kinesis.sink import KinesisSink
    from cdk_managed_flink.kinesis.source import KinesisSource, KinesisStart
    from cdk_managed_flink.lifecycle.desired_state import DesiredState
    from cdk_managed_flink.lifecycle.health_gate import HealthGate
    from cdk_managed_flink.lifecycle.lifecycle import FlinkLifecycle
    from cdk_managed_flink.lifecycle.restore_from import RestoreFrom
    from cdk_managed_flink.lifecycle.snapshot_schedule import SnapshotSchedule
    from cdk_managed_flink.lifecycle.update_strategy import UpdateStrategy
    from cdk_managed_flink.opensearch.capacity import DomainCapacity
    from cdk_managed_flink.opensearch.collection import (
        CollectionType,
        OpenSearchServerlessCollection,
    )
    from cdk_managed_flink.opensearch.domain import OpenSearchDomain
    from cdk_managed_flink.opensearch.existing import (
        ExistingCollection,
        ExistingDomain,
        ExistingPlace,
    )
    from cdk_managed_flink.opensearch.index import IndexRotation
    from cdk_managed_flink.opensearch.sink import OpenSearchSink
    from cdk_managed_flink.operations.alarms import FlinkAlarms
    from cdk_managed_flink.operations.notifications import Notifications, NotificationTopic
    from cdk_managed_flink.operations.thresholds import AlarmThresholds, SnapshotAge, Threshold
    from cdk_managed_flink.pipeline import FlinkPipeline
    from cdk_managed_flink.redshift.copy_sink import RedshiftCopySink
    from cdk_managed_flink.redshift.firehose_sink import RedshiftFirehoseSink
    from cdk_managed_flink.redshift.provisioned import RedshiftProvisionedWarehouse
    from cdk_managed_flink.redshift.serverless import RedshiftServerlessWarehouse
    from cdk_managed_flink.redshift.streaming_sink import RedshiftStreamingSink
    from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse
    from cdk_managed_flink.s3.athena import AthenaWorkgroup
    from cdk_managed_flink.s3.bucket import BucketLifecycle
    from cdk_managed_flink.s3.lake_table import LakeTable
    from cdk_managed_flink.s3.projections import (
        DateProjection,
        EnumProjection,
        InjectedProjection,
        IntegerProjection,
    )
    from cdk_managed_flink.s3.sink import S3Sink
    from cdk_managed_flink.s3.source import S3Source
else:

    def __getattr__(name: str) -> object:
        module = MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found: object = getattr(import_module(f"{__name__}.{module}"), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *MODULES})


__all__ = [
    "AlarmThresholds",
    "ApplicationBase",
    "AthenaWorkgroup",
    "AvroConfluent",
    "Bindable",
    "Binding",
    "BrokerStorage",
    "BucketLifecycle",
    "Buffering",
    "Checkpointing",
    "Code",
    "CodeLocation",
    "CollectionType",
    "ColumnarFormat",
    "Compatibility",
    "ConfluentSchemaRegistry",
    "Connector",
    "ConnectorLine",
    "DataFormat",
    "DateProjection",
    "DeadLetterSink",
    "DeliveryBucket",
    "DeliveryStream",
    "DesiredState",
    "DomainCapacity",
    "DynamoDbSink",
    "EnumProjection",
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
    "Format",
    "FormatConversion",
    "GlueFormat",
    "HealthGate",
    "HttpDestination",
    "IcebergMaintenance",
    "IcebergSink",
    "IcebergTable",
    "IndexRotation",
    "InjectedProjection",
    "IntegerProjection",
    "KafkaAuthentication",
    "KafkaCluster",
    "KafkaMode",
    "KafkaMonitoring",
    "KafkaStart",
    "KafkaTopic",
    "KinesisSink",
    "KinesisSource",
    "KinesisStart",
    "LakeTable",
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
    "RedshiftCopySink",
    "RedshiftFirehoseSink",
    "RedshiftProvisionedWarehouse",
    "RedshiftServerlessWarehouse",
    "RedshiftStreamingSink",
    "RedshiftWarehouse",
    "RestoreFrom",
    "Runtime",
    "S3Destination",
    "S3Sink",
    "S3Source",
    "S3TablesSink",
    "Schema",
    "SchemaRegistry",
    "SelfManagedKafkaCluster",
    "Side",
    "Sink",
    "SnapshotAge",
    "SnapshotMode",
    "SnapshotSchedule",
    "Source",
    "TableRules",
    "Threshold",
    "Topic",
    "UpdateStrategy",
    "Watch",
    "WatchKind",
    "secret_reader",
]
