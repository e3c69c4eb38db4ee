"""KinesisSink: a Kinesis data stream as a table that is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink, TableRules
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.place import region_of
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.connectors.connectors import connector_for
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.formats.confluent import check_subject
from cdk_managed_flink.formats.formats import Format, Side, check_records, format_of
from cdk_managed_flink.kinesis import connector_warnings, watches
from cdk_managed_flink.kinesis.connector_actions import WRITES, is_legacy
from cdk_managed_flink.kinesis.stream import (
    DEFAULT_HOURS,
    check_place,
    check_settings,
    grant_stream,
    is_elsewhere,
    key_of,
    made_stream,
    new_stream,
    stream_arn,
    stream_name,
)

_PARTITIONER = "sink.partitioner"


@dataclass(frozen=True, kw_only=True, eq=False)
class KinesisSink(Sink[kinesis.IStream]):
    """A stream that the job writes: made in the stack, or an existing one.

    Each row is in the stream at least once: after a restart, rows since the last checkpoint are
    there twice, and so are those of a request that failed in part. The order of rows, those of one
    partition key too, is not kept.

    ``PARTITIONED BY`` in the table's DDL makes the partition key of these columns, so that rows
    with the same values go into the same shard. Without it each row goes anywhere;
    ``table_options`` takes ``sink.partitioner`` instead.

    Attributes:
        stream: An existing stream; it is never changed. Default: a new one.
        encryption_key: Key of the existing stream. An imported stream does not expose its key, and
            without it the role cannot encrypt.
        resource_policy_in_place: Whether the policy of an existing stream of another account lets
            the role in. Default no.
        shards: Provisioned shards of the new stream. Default: on-demand, which needs no planning.
        retention: How long the new stream keeps records, 24 hours to 365 days. Default 24 hours.
        format: Flink's format of the records. Default ``json``.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the stream when the table is renamed. Default: the table's name.
        removal_policy: Removal policy of the new stream. Default: the application's.

    Raises:
        ValueError: Settings of a new stream together with an existing one, or out of range; in
            ``bind`` an option that the connector does not know, or a stream that it cannot reach.
    """

    stream: kinesis.IStream | None = None
    encryption_key: kms.IKey | None = None
    resource_policy_in_place: bool = False
    shards: int | None = None
    retention: Duration = field(default_factory=lambda: durations.hours(DEFAULT_HOURS))
    format: str | Format = "json"
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        check_records("KinesisSink", self.format)
        check_settings(
            "KinesisSink",
            stream=self.stream,
            encryption_key=self.encryption_key,
            shards=self.shards,
            retention=self.retention,
            removal_policy=self.removal_policy,
            resource_policy_in_place=self.resource_policy_in_place,
        )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return [connector_for("kinesis", runtime), *format_of(self.format).artifacts(runtime)]

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[kinesis.IStream]:
        """Create or use the stream; grant the one action that the connector calls."""
        if self.stream is not None:
            check_place(
                application,
                name,
                self.stream,
                actions=WRITES,
                resource_policy_in_place=self.resource_policy_in_place,
            )
        stream = self.stream or new_stream(
            scope,
            self.resource_id or name,
            application,
            shards=self.shards,
            retention=self.retention,
            removal_policy=self.removal_policy,
        )
        key = key_of(
            "KinesisSink",
            application,
            name,
            stream,
            given=self.encryption_key,
            existing=self.stream is not None,
        )
        grant_stream(application, stream, key, actions=WRITES, key_actions=["kms:GenerateDataKey"])
        format_ = format_of(self.format)
        format_.grant(application, Side.WRITE)
        connector_warnings.writes(application)
        place = (
            {"stream": stream_name(stream)}
            if is_legacy(application.runtime)
            else {"stream.arn": stream_arn(stream)}
        )
        elsewhere = is_elsewhere(application, stream)
        options = checked_options(
            "KinesisSink",
            {
                "connector": "kinesis",
                **place,
                **format_.options(),
                "aws.region": region_of(stream),
            },
            self.table_options,
            runtime=application.runtime,
            kind="sink",
            fields={
                "stream": "Use stream= instead.",
                "stream.arn": "Use stream= instead.",
                "aws.region": "It is the stream's.",
                "format": "Use format= instead.",
            },
        )
        check_subject("KinesisSink", options)
        return Binding(
            properties=options,
            resource=stream,
            watches=[] if elsewhere else watches.writing(stream),
            volume_metrics=[] if elsewhere else watches.volume_metrics(stream),
            service_endpoints=["kinesis-streams", *format_.service_endpoints],
            rules=_AMBIGUOUS if _PARTITIONER in options else None,
            store=None if self.stream else made_stream(stream),
        )


_AMBIGUOUS = TableRules(
    no_partitions=f"its option {_PARTITIONER} says otherwise what the partition key is: leave out "
    "one of them"
)
