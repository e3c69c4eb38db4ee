"""FirehoseSink: a delivery stream as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import cannot_combine, invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.firehose.binding import (
    AnyDeliveryStream,
    bind_delivery_stream,
    ends_lines,
    firehose_connectors,
)
from cdk_managed_flink.firehose.buffering import Buffering
from cdk_managed_flink.firehose.conversion import FormatConversion
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream, Destination
from cdk_managed_flink.firehose.http_destination import HTTP_BUFFERING, RETRY_FOR, HttpDestination
from cdk_managed_flink.firehose.s3_destination import S3Destination
from cdk_managed_flink.firehose.storage import NEW_BUCKET, DeliveryBucket
from cdk_managed_flink.formats.formats import Format, check_records, format_of


@dataclass(frozen=True, kw_only=True, eq=False)
class FirehoseSink(Sink[AnyDeliveryStream]):
    """Rows put into a delivery stream, each at least once: a restart may put some again.

    ``FirehoseSink.s3(...)`` and ``FirehoseSink.http(...)`` make a delivery stream; an existing one
    is ``FirehoseSink(delivery_stream=...)``. The table takes insertions only.

    Attributes:
        delivery_stream: An existing stream; it is never changed.
        destination: Destination of the new stream.
        format: Flink's format of the records, none of whole files. Default ``json``.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the delivery stream when the table is renamed. Default: its name.
        removal_policy: Removal policy of the new bucket. Default: the application's.

    Raises:
        ValueError: Both or none of an existing stream and a destination, a format of whole files,
            or a destination that reads JSON with another format; in ``bind`` a stream of another
            account.
    """

    delivery_stream: firehose.IDeliveryStream | None = None
    destination: Destination | None = None
    format: str | Format = "json"
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    @classmethod
    def s3(
        cls,
        *,
        bucket: s3.IBucket | None = None,
        encryption_key: kms.IKey | None = None,
        prefix: str | None = None,
        error_prefix: str | None = None,
        buffering: Buffering | None = None,
        compression: str | None = None,
        new_line: bool | None = None,
        partition_keys: Mapping[str, str] | None = None,
        conversion: FormatConversion | None = None,
        expire_after: Duration | None = None,
        server_access_logs_bucket: s3.IBucket | None = None,
        format: str | Format = "json",
        table_options: Mapping[str, str] | None = None,
        resource_id: str | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> "FirehoseSink":
        """Objects in a bucket; see ``S3Destination`` for what each argument means.

        A line feed after each record is the default for JSON and CSV alone.
        """
        return cls(
            destination=S3Destination(
                bucket=bucket,
                encryption_key=encryption_key,
                prefix=prefix,
                error_prefix=error_prefix,
                buffering=buffering,
                compression=compression,
                new_line=ends_lines(format_of(format).name) if new_line is None else new_line,
                partition_keys=partition_keys or {},
                conversion=conversion,
                expire_after=expire_after,
                server_access_logs_bucket=server_access_logs_bucket,
            ),
            format=format,
            table_options=table_options or {},
            resource_id=resource_id,
            removal_policy=removal_policy,
        )

    @classmethod
    def http(
        cls,
        url: str,
        *,
        access_key: secretsmanager.ISecret | None = None,
        name: str | None = None,
        common_attributes: Mapping[str, str] | None = None,
        compress: bool = True,
        buffering: Buffering = HTTP_BUFFERING,
        retry_for: Duration = RETRY_FOR,
        failed: DeliveryBucket = NEW_BUCKET,
        format: str | Format = "json",
        table_options: Mapping[str, str] | None = None,
        resource_id: str | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> "FirehoseSink":
        """Requests to an HTTPS endpoint; see ``HttpDestination`` for what each argument means."""
        return cls(
            destination=HttpDestination(
                url=url,
                access_key=access_key,
                name=name,
                common_attributes=common_attributes or {},
                compress=compress,
                buffering=buffering,
                retry_for=retry_for,
                failed=failed,
            ),
            format=format,
            table_options=table_options or {},
            resource_id=resource_id,
            removal_policy=removal_policy,
        )

    def __post_init__(self) -> None:
        if (self.delivery_stream is None) == (self.destination is None):
            raise invalid(
                "FirehoseSink",
                "delivery_stream",
                "neither a stream nor a destination"
                if self.destination is None
                else "an existing stream and a destination",
                "one of both",
                "Use FirehoseSink.s3(...) or FirehoseSink.http(...) for a new stream, "
                "FirehoseSink(delivery_stream=...) for an existing one, which is never changed.",
            )
        if self.delivery_stream is not None and self.removal_policy is not None:
            raise cannot_combine(
                "FirehoseSink",
                "removal_policy",
                self.removal_policy,
                "delivery_stream=",
                "An existing stream is never changed: leave it out.",
            )
        check_records(
            "FirehoseSink",
            self.format,
            mend="For files in Parquet or ORC remove it, and use "
            "FirehoseSink.s3(conversion=FormatConversion(...)).",
        )
        format_ = format_of(self.format).name
        reads_json = isinstance(self.destination, S3Destination) and (
            self.destination.partition_keys or self.destination.conversion
        )
        if reads_json and format_ != "json":
            raise invalid(
                "FirehoseSink",
                "format",
                format_,
                "json with partition_keys or conversion",
                "Firehose reads the rows then, and it reads JSON only.",
            )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return firehose_connectors(self.format, runtime)

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[AnyDeliveryStream]:
        """Create or use the delivery stream; grant the one action that the connector calls."""
        stream: AnyDeliveryStream
        if self.delivery_stream is not None:
            stream = self.delivery_stream
        else:
            assert self.destination is not None  # checked in __post_init__
            stream = DeliveryStream(
                scope,
                self.resource_id or name,
                destination=self.destination,
                key=application.data_key,
                removal_policy=self.removal_policy or application.removal_policy,
            )
        return bind_delivery_stream(
            stream, application, format=self.format, table_options=self.table_options
        )
