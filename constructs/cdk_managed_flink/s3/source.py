"""S3Source: files in a bucket as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Annotations, Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Source
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import check_new_or_existing, invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.formats.formats import Format, Side, format_of
from cdk_managed_flink.s3.bucket import (
    BucketLifecycle,
    check_prefix,
    grant_objects,
    new_bucket,
)

# Their bytes don't mark where a record ends.
_OF_STREAMS = frozenset({"avro-confluent", "debezium-avro-confluent"})
# Connector option names, spelled once.
_MONITOR = "source.monitor-interval"
_PATTERN = "source.path.regex-pattern"


@dataclass(frozen=True, kw_only=True, eq=False)
class S3Source(Source[s3.IBucket]):
    """Files below a prefix, read once and done, or read as they come.

    Columns of ``PARTITIONED BY`` come from folders named ``column=value/``. Names that begin with
    ``_`` or ``.`` are not read. Files are read in any order. A file counts as read once it has been
    seen: rows that are added to it later are lost, so files are written under another prefix or
    name and put in place whole, as S3 does by itself.

    Attributes:
        bucket: An existing bucket; it is never changed. Default: a new one, for others to put files
            into: versioned, closed to the public, TLS only.
        encryption_key: Key of the existing bucket, if the imported resource does not expose it.
        prefix: Where below the bucket, ending in ``/``. Default: the whole new bucket; the table's
            name in an existing one.
        format: Default ``json``, a document a line; ``json-lines`` is the same. ``csv``, ``raw``
            (a line a row, as bytes), ``parquet``, ``avro``, ``orc``.
        monitor_interval: How often the prefix is listed for files that are new. The job keeps the
            names of all that it has seen in its state, so a prefix that only grows makes snapshots
            and restarts slower. Default ``None``: a back-fill that ends when all files are read.
        path_pattern: Regular expression, as Java has them, for the part of a file's path below the
            prefix, as a whole, such as ``2026-.*[.]json``. Default: all files.
        lifecycle: Lifecycle rules of the new bucket.
        server_access_logs: Whether the new bucket logs into one that is made for it. Default no.
        server_access_logs_bucket: Where the new bucket's access log goes instead.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the bucket when the table is renamed. Default: the table's name.
        removal_policy: Removal policy of the new bucket. Default: the application's.

    Raises:
        ValueError: A malformed prefix or pattern, an interval of less than a second, or settings of
            a new bucket with an existing one.
    """

    bucket: s3.IBucket | None = None
    encryption_key: kms.IKey | None = None
    prefix: str | None = None
    format: str | Format = "json"
    monitor_interval: Duration | None = None
    path_pattern: str | None = None
    lifecycle: BucketLifecycle | None = None
    server_access_logs: bool = False
    server_access_logs_bucket: s3.IBucket | None = None
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        check_prefix("S3Source", self.prefix)
        check_new_or_existing(
            "S3Source",
            "bucket",
            self.bucket,
            self.encryption_key,
            {
                "lifecycle": self.lifecycle,
                "server_access_logs": self.server_access_logs,
                "server_access_logs_bucket": self.server_access_logs_bucket,
                "removal_policy": self.removal_policy,
            },
        )
        if (name := self._format.name) in _OF_STREAMS:
            raise invalid(
                "S3Source",
                "format",
                name,
                "a format of files, such as json, parquet or avro",
                "It is for single records of a stream, and a file of them can't be distinguished.",
            )
        interval = self.monitor_interval
        if (
            interval is not None
            and not interval.is_unresolved()
            and interval.to_milliseconds() < 1000
        ):
            raise invalid(
                "S3Source",
                "monitor_interval",
                interval,
                "a second or more",
                "Each listing of the prefix is paid; leave it out for a back-fill that ends.",
            )
        # Python's regular expressions are others than Java's, so no more than this is certain.
        if self.path_pattern is not None and self.path_pattern.startswith(("*", "+", "?")):
            raise invalid(
                "S3Source",
                "path_pattern",
                self.path_pattern,
                "a regular expression, which begins with what is to be repeated",
                "For *.json use .*[.]json.",
            )

    @property
    def _format(self) -> Format:
        # What the library writes as json-lines is read by Flink's own json.
        return format_of("json" if self.format == "json-lines" else self.format)

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return list(self._format.artifacts(runtime))

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[s3.IBucket]:
        """Create or use the bucket; grant listing it and reading below the prefix."""
        bucket = self.bucket or new_bucket(
            scope,
            self.resource_id or name,
            application,
            rule=(self.lifecycle or BucketLifecycle()).rule(),
            removal_policy=self.removal_policy,
            server_access_logs=self.server_access_logs,
            server_access_logs_bucket=self.server_access_logs_bucket,
        )
        prefix = self.prefix if self.prefix is not None else f"{name}/" if self.bucket else ""
        key = bucket.encryption_key or self.encryption_key
        if key is None and self.bucket is not None:
            Annotations.of(application).add_info(
                f"{name}: if the existing bucket is encrypted with a customer managed key, hand "
                "it in as S3Source(encryption_key=...), or the role cannot decrypt."
            )
        grant_objects(
            bucket,
            key,
            application,
            prefix=prefix,
            actions=["s3:GetObject"],
            key_actions=["kms:Decrypt"],
            # Not for s3:prefix alone: the file system asks for objects that are none, the folders
            # themselves, and without the plain right S3 answers 403 in place of 404.
            of_bucket=["s3:ListBucket"],
            reason="Files of any name are read below the prefix.",
        )
        format_ = self._format
        format_.grant(application, Side.READ)
        further = {}
        if self.monitor_interval is not None:
            further[_MONITOR] = f"{self.monitor_interval.to_milliseconds()} ms"
        if self.path_pattern is not None:
            # Flink holds the whole path without the bucket against it.
            further[_PATTERN] = f"\\Q/{prefix}\\E(?:{self.path_pattern})"
        options = {
            "connector": "filesystem",
            "path": f"s3://{bucket.bucket_name}/{prefix}",
            **format_.options(),
            **further,
        }
        return Binding(
            properties=checked_options(
                "S3Source",
                options,
                self.table_options,
                runtime=application.runtime,
                kind="source",
                fields={
                    "path": "Use bucket= and prefix= instead.",
                    "format": "Use format= instead.",
                    _MONITOR: "Use monitor_interval= instead.",
                    _PATTERN: "Use path_pattern= instead.",
                },
            ),
            resource=bucket,
            service_endpoints=["s3", *format_.service_endpoints],
        )
