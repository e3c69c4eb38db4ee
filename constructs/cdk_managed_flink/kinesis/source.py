"""KinesisSource: a Kinesis data stream as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Source, TableRules
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import region_of
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.connectors.connectors import connector_for
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.formats.formats import Format, Side, check_records, format_of
from cdk_managed_flink.kinesis import connector_warnings, watches
from cdk_managed_flink.kinesis.connector_actions import is_legacy, reader, reads
from cdk_managed_flink.kinesis.consumer import add_consumer, consumer_options
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

_NO_METADATA = TableRules(
    no_metadata="the Kinesis connector from 5.0 on announces such columns and fails on the first "
    "record: have the producer write the time into the record, or read it from there"
)


@dataclass(frozen=True)
class KinesisStart:
    """Where a job without state begins to read; a restored one goes on where it was."""

    name: str
    timestamp: str | None = None

    @classmethod
    def trim_horizon(cls) -> "KinesisStart":
        """The oldest record that the stream still has: none that came before the start is lost."""
        return cls("TRIM_HORIZON")

    @classmethod
    def latest(cls) -> "KinesisStart":
        """Only records that come after the start."""
        return cls("LATEST")

    @classmethod
    def at(cls, timestamp: datetime) -> "KinesisStart":
        """Records from this time on.

        Raises:
            ValueError: The time has no time zone.
        """
        if timestamp.tzinfo is None:
            raise invalid(
                "KinesisStart",
                "timestamp",
                timestamp.isoformat(),
                "a time with its time zone",
                "Use datetime(..., tzinfo=timezone.utc).",
            )
        return cls("AT_TIMESTAMP", timestamp.isoformat(timespec="milliseconds"))


@dataclass(frozen=True, kw_only=True, eq=False)
class KinesisSource(Source[kinesis.IStream]):
    """A stream that the job reads: made in the stack, or an existing one.

    Records that a producer has aggregated (Kinesis Producer Library) are taken apart by the
    connector of Flink 1.20, and not by those from 5.0 on.

    Attributes:
        stream: An existing stream; it is never changed. Default: a new one.
        encryption_key: Key of the existing stream. An imported stream does not expose its key, and
            without it the role cannot decrypt.
        resource_policy_in_place: Whether the policy of an existing stream of another account lets
            the role in. Default no.
        shards: Provisioned shards of the new stream. Default: on-demand, which needs no planning.
        retention: How long the new stream keeps records, 24 hours to 365 days. Default 24 hours,
            the cheapest; a job that is down for longer loses what has gone by then.
        fan_out: Whether the job reads by a registered consumer, made in the stack, with 2 MB/s a
            shard of its own and records pushed to it. Default: it polls, which shares 2 MB/s a
            shard with other readers and costs nothing.
        start: Where a job without state begins. Default the oldest record.
        format: Flink's format of the records. Default ``json``; ``raw`` hands the job the bytes,
            which a dead-letter path needs.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the stream, and the consumer, when the table is renamed. Default: the
            table's name.
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
    fan_out: bool = False
    start: KinesisStart = field(default_factory=KinesisStart.trim_horizon)
    format: str | Format = "json"
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.start, KinesisStart):
            raise invalid(
                "KinesisSource",
                "start",
                self.start,
                "a KinesisStart",
                "Call it: start=KinesisStart.latest().",
            )
        check_records("KinesisSource", self.format)
        check_settings(
            "KinesisSource",
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
        """Create or use the stream and the consumer; grant what the reader calls."""
        calls = reads(application.runtime, fan_out=self.fan_out)
        if self.stream is not None:
            self._check_place(application, name, self.stream, calls.stream)
        stream = self.stream or new_stream(
            scope,
            self.resource_id or name,
            application,
            shards=self.shards,
            retention=self.retention,
            removal_policy=self.removal_policy,
        )
        key = key_of(
            "KinesisSource",
            application,
            name,
            stream,
            given=self.encryption_key,
            existing=self.stream is not None,
        )
        grant_stream(application, stream, key, actions=calls.stream, key_actions=["kms:Decrypt"])
        format_ = format_of(self.format)
        format_.grant(application, Side.READ)
        options = self._options(stream, legacy=is_legacy(application.runtime))
        watched = [] if is_elsewhere(application, stream) else watches.polling(stream)
        if self.fan_out:
            connector_warnings.reads_by_fan_out(application, name)
            id_ = f"{self.resource_id or name}Consumer"
            consumer = add_consumer(scope, id_, application, stream)
            options |= consumer_options(application, stream, consumer)
            watched = watches.fan_out(stream, consumer)
        connector_warnings.loses_aggregates(
            application, name, {**format_.options(), **self.table_options}
        )
        return Binding(
            reader=reader(application.runtime),
            properties=checked_options(
                "KinesisSource",
                {
                    "connector": "kinesis",
                    **options,
                    **format_.options(),
                    "aws.region": region_of(stream),
                },
                self.table_options,
                runtime=application.runtime,
                kind="source",
                fields={
                    "stream": "Use stream= instead.",
                    "stream.arn": "Use stream= instead.",
                    "aws.region": "It is the stream's.",
                    "format": "Use format= instead.",
                    "scan.stream.recordpublisher": "Use fan_out= instead.",
                    "source.reader.type": "Use fan_out= instead.",
                },
            ),
            resource=stream,
            watches=watched,
            service_endpoints=["kinesis-streams", *format_.service_endpoints],
            rules=None if is_legacy(application.runtime) else _NO_METADATA,
            store=None if self.stream else made_stream(stream),
        )

    def _check_place(
        self,
        application: ApplicationBase,
        name: str,
        stream: kinesis.IStream,
        actions: Sequence[str],
    ) -> None:
        if self.fan_out and is_elsewhere(application, stream):
            raise invalid(
                application,
                f"fan_out of {name!r}",
                True,
                "polling a stream of another account or Region",
                "A consumer belongs to the stream's account and Region: leave fan_out out.",
            )
        check_place(
            application,
            name,
            stream,
            actions=actions,
            resource_policy_in_place=self.resource_policy_in_place,
        )

    def _options(self, stream: kinesis.IStream, *, legacy: bool) -> dict[str, str]:
        if legacy:
            options = {"stream": stream_name(stream), "scan.stream.initpos": self.start.name}
            timestamp, form = (
                "scan.stream.initpos-timestamp",
                "scan.stream.initpos-timestamp-format",
            )
        else:
            options = {
                "stream.arn": stream_arn(stream),
                "source.init.position": self.start.name,
            }
            timestamp, form = "source.init.timestamp", "source.init.timestamp.format"
        if self.start.timestamp is not None:
            options[timestamp] = self.start.timestamp
            options[form] = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
        return options
