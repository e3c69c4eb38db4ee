"""S3Destination: a delivery stream that delivers to a bucket."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_managed_flink.application.binding import Watch, WatchKind
from cdk_managed_flink.application.errors import cannot_combine, invalid
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.firehose.buffering import Buffering
from cdk_managed_flink.firehose.conversion import FormatConversion
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream, Destination
from cdk_managed_flink.firehose.prefixes import check_error_prefix, check_prefix
from cdk_managed_flink.firehose.processors import metadata_extraction, new_line, processing
from cdk_managed_flink.firehose.storage import DeliveryBucket
from cdk_managed_flink.firehose.watching import firehose_watch

_L1 = firehose.CfnDeliveryStream
_LEAST_MIB_OF_LARGE_OBJECTS = 64
_COMPRESSIONS = ("UNCOMPRESSED", "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARTITION_RETRY_SECONDS = 300


@dataclass(frozen=True, kw_only=True, eq=False)
class S3Destination(Destination):
    """Objects in a bucket, each row in them at least once.

    Attributes:
        bucket: An existing bucket; it is never changed. Default: a new one, versioned, closed to
            the public, TLS only.
        encryption_key: Key of the existing bucket, if the imported resource does not expose it.
        prefix: Where below the bucket, with the service's expressions such as
            ``day=!{timestamp:yyyy-MM-dd}/`` or ``page=!{partitionKeyFromQuery:page}/``. A prefix
            without a time gets ``yyyy/MM/dd/HH/`` from the service. Default: the whole new bucket;
            the id of the delivery stream in an existing one.
        error_prefix: Where records go that cannot be partitioned or converted. Default
            ``errors/`` and the kind of error.
        buffering: Default 300 seconds or 5 MiB; 128 MiB with partitions or conversion.
        compression: Compression of the objects. Default ``GZIP``; with conversion the format
            compresses.
        new_line: Whether each record ends with a line feed. Default yes: Flink's rows come
            without one. Conversion needs none.
        partition_keys: Dynamic partitioning: names for the prefix, each with the JQ expression
            that finds it in a JSON record. It can't be switched on or off later without
            replacing the delivery stream.
        conversion: To Parquet or ORC, by a table of the Glue Data Catalog. Default: as it comes.
        expire_after: When objects of the new bucket are deleted. Default: never.
        server_access_logs_bucket: Where the new bucket's access log goes. Default: none.

    Raises:
        ValueError: What the service refuses, or settings of a new bucket with an existing one.
    """

    bucket: s3.IBucket | None = None
    encryption_key: kms.IKey | None = None
    prefix: str | None = None
    error_prefix: str | None = None
    buffering: Buffering | None = None
    compression: str | None = None
    new_line: bool = True
    partition_keys: Mapping[str, str] = field(default_factory=dict)
    conversion: FormatConversion | None = None
    expire_after: Duration | None = None
    server_access_logs_bucket: s3.IBucket | None = None

    metrics = "DeliveryToS3"

    def __post_init__(self) -> None:
        self._storage()
        self._check_partition_keys()
        check_prefix("S3Destination", self.prefix or "", list(self.partition_keys))
        check_error_prefix("S3Destination", self._error_prefix())
        if self.compression is not None:
            self._check_compression(self.compression)
        if self.partition_keys or self.conversion is not None:
            self._buffering().check(
                "S3Destination.buffering",
                least_mib=_LEAST_MIB_OF_LARGE_OBJECTS,
                least_seconds=60 if self.partition_keys else 0,
                reason="Dynamic partitioning and format conversion gather at least 64 MiB, and "
                "partitioning at least 60 seconds.",
            )

    def configure(self, stream: DeliveryStream) -> Mapping[str, Any]:
        """Create or use the bucket; grant delivery below the prefixes, and the schema."""
        storage = self._storage()
        bucket = storage.in_scope(stream, "Bucket", key=stream.key, removal=stream.removal_policy)
        prefix = self.prefix
        if prefix is None:
            prefix = "" if self.bucket is None else f"{stream.node.id}/"
        error_prefix = self._error_prefix()
        storage.grant_delivery(bucket, stream.role, prefix, error_prefix)
        processors = []
        if self.partition_keys:
            processors.append(metadata_extraction(self.partition_keys))
        if self.new_line and self.conversion is None:
            processors.append(new_line())
        return {
            "extended_s3_destination_configuration": _L1.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=bucket.bucket_arn,
                role_arn=stream.role.role_arn,
                prefix=prefix or None,
                error_output_prefix=error_prefix,
                buffering_hints=_L1.BufferingHintsProperty(**self._buffering().hints()),
                compression_format=self._compression(),
                cloud_watch_logging_options=stream.logging("Delivery"),
                processing_configuration=processing(processors),
                dynamic_partitioning_configuration=self._partitioning(),
                data_format_conversion_configuration=(
                    None if self.conversion is None else self.conversion.configure(stream)
                ),
            )
        }

    def watches(self, stream: DeliveryStream) -> Sequence[Watch]:
        """Records that could not be converted, and partitions beyond the quota."""
        found = []
        if self.conversion is not None:
            found.append(
                firehose_watch(
                    stream.delivery_stream_name,
                    "FailedConversions",
                    WatchKind.ERRORS,
                    "FailedConversion.Records",
                    "Rows do not fit the Glue table: they are below the error prefix.",
                )
            )
        if self.partition_keys:
            found.append(
                firehose_watch(
                    stream.delivery_stream_name,
                    "PartitionCountExceeded",
                    WatchKind.ERRORS,
                    "PartitionCountExceeded",
                    "More partitions are open at once than the quota: rows go to the error prefix.",
                )
            )
        return found

    def _storage(self) -> DeliveryBucket:
        return DeliveryBucket(
            bucket=self.bucket,
            encryption_key=self.encryption_key,
            expire_after=self.expire_after,
            server_access_logs_bucket=self.server_access_logs_bucket,
        )

    def _buffering(self) -> Buffering:
        large = bool(self.partition_keys) or self.conversion is not None
        return self.buffering or Buffering(size_mib=128 if large else 5)

    def _compression(self) -> str:
        return self.compression or ("GZIP" if self.conversion is None else "UNCOMPRESSED")

    def _error_prefix(self) -> str:
        if self.error_prefix is not None:
            return self.error_prefix
        return "errors/!{firehose:error-output-type}/"

    def _partitioning(
        self,
    ) -> firehose.CfnDeliveryStream.DynamicPartitioningConfigurationProperty | None:
        if not self.partition_keys:
            return None
        return _L1.DynamicPartitioningConfigurationProperty(
            enabled=True,
            retry_options=_L1.RetryOptionsProperty(duration_in_seconds=_PARTITION_RETRY_SECONDS),
        )

    def _check_compression(self, compression: str) -> None:
        if is_token(compression):
            return
        if compression not in _COMPRESSIONS:
            raise invalid(
                "S3Destination",
                "compression",
                compression,
                ", ".join(_COMPRESSIONS),
                "These are the service's own names.",
            )
        if self.conversion is not None and compression != "UNCOMPRESSED":
            raise cannot_combine(
                "S3Destination",
                "compression",
                compression,
                "conversion=",
                "Parquet and ORC compress by themselves: FormatConversion(compression=...).",
            )

    def _check_partition_keys(self) -> None:
        for name, expression in self.partition_keys.items():
            if not _KEY.fullmatch(name):
                raise invalid(
                    "S3Destination",
                    "partition_keys",
                    name,
                    "names of letters, digits and _ that begin with no digit",
                    "The name is what partitionKeyFromQuery in the prefix refers to.",
                )
            if not is_token(expression) and not expression.strip():
                raise invalid(
                    "S3Destination",
                    f"partition_keys[{name!r}]",
                    expression,
                    'a JQ expression, such as ".page"',
                    "It is evaluated on each record, which has to be JSON.",
                )
