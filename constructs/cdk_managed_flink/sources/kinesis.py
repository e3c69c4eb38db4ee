"""KinesisSource: a Kinesis data stream as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aws_cdk import Annotations, Duration, RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.binding import Binding, Source, Watch, WatchKind
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.connectors import connector_for

_DEFAULT_RETENTION = Duration.hours(24)


@dataclass(frozen=True)
class StartPosition:
    """Where a job without state begins to read; a restored one goes on where it was."""

    name: str
    timestamp: str | None = None

    @classmethod
    def trim_horizon(cls) -> "StartPosition":
        """The oldest record that the stream still has: none that came before the start is lost."""
        return cls("TRIM_HORIZON")

    @classmethod
    def latest(cls) -> "StartPosition":
        """Only records that come after the start."""
        return cls("LATEST")

    @classmethod
    def at(cls, timestamp: datetime) -> "StartPosition":
        """Records from this time on.

        Raises:
            ValueError: The time has no time zone.
        """
        if timestamp.tzinfo is None:
            raise invalid(
                "StartPosition",
                "timestamp",
                timestamp.isoformat(),
                "a time with its time zone",
                "Use datetime(..., tzinfo=timezone.utc).",
            )
        return cls("AT_TIMESTAMP", timestamp.isoformat(timespec="milliseconds"))


@dataclass(frozen=True, kw_only=True, eq=False)
class KinesisSource(Source[kinesis.IStream]):
    """A stream that the job polls: made in the stack, or an existing one.

    Attributes:
        stream: An existing stream; it is never changed. Default: a new one.
        encryption_key: Key of the existing stream. An imported stream does not tell its key, and
            without it the role cannot decrypt.
        shards: Provisioned shards of the new stream. Default: on-demand, which needs no planning.
        retention: How long the new stream keeps records, 24 hours to 365 days. Default 24 hours,
            the cheapest; a job that is down for longer loses what has gone by then.
        start: Where a job without state begins. Default the oldest record.
        format: Flink's format of the records. Default ``json``; ``raw`` hands the job the bytes,
            which a dead-letter path needs.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the stream when the table is renamed. Default: the table's name.
        removal_policy: Of the new stream. Default: the application's.

    Raises:
        ValueError: Settings of a new stream together with an existing one, or out of range.
    """

    stream: kinesis.IStream | None = None
    encryption_key: kms.IKey | None = None
    shards: int | None = None
    retention: Duration = field(default=_DEFAULT_RETENTION)
    start: StartPosition = field(default_factory=StartPosition.trim_horizon)
    format: str = "json"
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        if self.stream is not None:
            for name, made in (
                ("shards", self.shards is not None),
                ("retention", self.retention is not _DEFAULT_RETENTION),
                ("removal_policy", self.removal_policy is not None),
            ):
                if made:
                    raise invalid(
                        "KinesisSource",
                        name,
                        getattr(self, name),
                        "nothing beside stream=",
                        "An existing stream is never changed: leave it out, or leave out stream.",
                    )
        elif self.encryption_key is not None:
            raise invalid(
                "KinesisSource",
                "encryption_key",
                self.encryption_key,
                "the key of an existing stream",
                "A new stream is encrypted with the pipeline's data key.",
            )
        if self.shards is not None and not Token.is_unresolved(self.shards) and self.shards < 1:
            raise invalid(
                "KinesisSource", "shards", self.shards, "1 or more", "Leave it out for on-demand."
            )
        if (
            not self.retention.is_unresolved()
            and not 24 <= self.retention.to_hours(integral=False) <= 8760
        ):
            raise invalid(
                "KinesisSource",
                "retention",
                self.retention,
                "24 hours to 365 days",
                "The service keeps records for at least a day.",
            )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        """The Kinesis connector of the runtime's line."""
        return [connector_for("kinesis", runtime)]

    def bind(
        self, scope: Construct, application: FlinkApplication, name: str
    ) -> Binding[kinesis.IStream]:
        """Make or take the stream; grant what the polling reader calls."""
        stream = self.stream or self._new_stream(scope, application, name)
        key = stream.encryption_key or self.encryption_key
        if key is None and self.stream is not None:
            Annotations.of(application).add_info(
                f"{name}: if the existing stream is encrypted with a customer managed key, hand "
                "it in as KinesisSource(encryption_key=...), or the role cannot decrypt."
            )
        legacy = _is_legacy(application.runtime)
        iam.Grant.add_to_principal(
            grantee=application,
            # DescribeStream is called by the legacy reader alone.
            actions=[
                *(["kinesis:DescribeStream"] if legacy else []),
                "kinesis:DescribeStreamSummary",
                "kinesis:ListShards",
                "kinesis:GetShardIterator",
                "kinesis:GetRecords",
            ],
            resource_arns=[stream.stream_arn],
        )
        if key is not None:
            grant_key_through(
                key,
                application,
                service="kinesis",
                actions=["kms:Decrypt"],
                context={"aws:kinesis:arn": stream.stream_arn},
            )
        options = self._legacy_options(stream) if legacy else self._options(stream)
        options = {"connector": "kinesis", **options, "format": self.format}
        region = Stack.of(application).region
        return Binding(
            properties={**options, "aws.region": region, **self.table_options},
            resource=stream,
            watches=_watches(stream),
        )

    def _new_stream(
        self, scope: Construct, application: FlinkApplication, name: str
    ) -> kinesis.Stream:
        wanted = self.removal_policy or application.removal_policy
        key = application.data_key
        stream = kinesis.Stream(
            scope,
            self.resource_id or name,
            stream_mode=(
                kinesis.StreamMode.ON_DEMAND
                if self.shards is None
                else kinesis.StreamMode.PROVISIONED
            ),
            shard_count=self.shards,
            retention_period=self.retention,
            encryption=(kinesis.StreamEncryption.KMS if key else kinesis.StreamEncryption.MANAGED),
            encryption_key=key,
            removal_policy=effective_removal(scope, wanted),
        )
        if key is not None:
            acknowledge(
                stream,
                "KDS3",
                "A customer managed key can be withdrawn and audited, which aws/kinesis cannot.",
            )
        return stream

    def _legacy_options(self, stream: kinesis.IStream) -> dict[str, str]:
        options = {"stream": stream.stream_name, "scan.stream.initpos": self.start.name}
        if self.start.timestamp is not None:
            options["scan.stream.initpos-timestamp"] = self.start.timestamp
            options["scan.stream.initpos-timestamp-format"] = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
        return options

    def _options(self, stream: kinesis.IStream) -> dict[str, str]:
        options = {"stream.arn": stream.stream_arn, "source.init.position": self.start.name}
        if self.start.timestamp is not None:
            options["source.init.timestamp"] = self.start.timestamp
            options["source.init.timestamp.format"] = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
        return options


def _is_legacy(runtime: Runtime) -> bool:
    """Whether the runtime's connector is of the lines before 5.0, with their own option names."""
    return int(connector_for("kinesis", runtime).version.split(".")[0]) < 5


def _watches(stream: kinesis.IStream) -> list[Watch]:
    # At the stream, because how the service maps the connector's own lag metric to dimensions
    # changed with the connector and is not documented.
    dimensions = {"StreamName": stream.stream_name}
    return [
        Watch(
            id="IteratorAge",
            kind=WatchKind.LAG,
            namespace="AWS/Kinesis",
            metric_name="GetRecords.IteratorAgeMilliseconds",
            dimensions=dimensions,
            statistic="Maximum",
            meaning="The job falls behind the stream: look at CPU, back pressure and the sinks.",
        ),
        Watch(
            id="ReadThrottles",
            kind=WatchKind.THROTTLES,
            namespace="AWS/Kinesis",
            metric_name="ReadProvisionedThroughputExceeded",
            dimensions=dimensions,
            statistic="Sum",
            meaning="Reads of the stream are throttled: too many readers poll the same shards.",
        ),
    ]
