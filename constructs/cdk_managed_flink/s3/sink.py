"""S3Sink: files in a bucket as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink, Watch, WatchKind
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import cannot_combine, check_new_or_existing, invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.connectors.options import checked_options
from cdk_managed_flink.formats.formats import Format, Side, format_of
from cdk_managed_flink.s3.bucket import BucketLifecycle as BucketLifecycle
from cdk_managed_flink.s3.bucket import (
    check_prefix,
    grant_objects,
    new_bucket,
)

if TYPE_CHECKING:
    from cdk_managed_flink.s3.lake_table import LakeTable

# Formats that the connector writes row by row, for which it keeps files open over checkpoints.
_OPEN_OVER_CHECKPOINTS = frozenset(
    {
        "avro-confluent",
        "canal-json",
        "csv",
        "debezium-avro-confluent",
        "debezium-json",
        "json",
        "maxwell-json",
        "ogg-json",
        "raw",
    }
)
_COUNTED = "Written"


@dataclass(frozen=True, kw_only=True, eq=False)
class S3Sink(Sink[s3.IBucket]):
    """Files in a bucket, each row in them exactly once: files are committed with checkpoints.

    Partitions come from ``PARTITIONED BY`` in the table's DDL, as ``column=value/`` below the
    prefix. Readers skip names that start with ``_`` or ``.``: files that are being written.

    Attributes:
        bucket: An existing bucket; it is never changed. Default: a new one, versioned, closed to
            the public, TLS only.
        encryption_key: Key of the existing bucket, if the imported resource does not expose it.
        prefix: Where below the bucket, ending in ``/``. Default: the whole new bucket; the table's
            name in an existing one.
        format: Format of the files. Default ``json-lines``: a row a line, as Flink's own JSON
            writes it. Files end with each checkpoint, so its interval decides how fresh the data
            is, and how many files there are. ``parquet``, ``avro`` and ``orc`` do so too. ``json``,
            ``csv`` and ``raw`` are refused: their files stay open over checkpoints, and a snapshot
            that refers to a half-written file can't be restored once another version has finished
            it.
        catalog: The files as a table of the Glue Data Catalog. Default: none.
        lifecycle: Lifecycle rules of the new bucket.
        server_access_logs: Whether the new bucket logs into one that is made for it. Default no.
        server_access_logs_bucket: Where the new bucket's access log goes instead.
        request_metrics: Whether the new bucket counts what is written below the prefix, which a
            dead-letter alarm goes by; about $5 a month. Default no.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the bucket, and names that come from the table's, when the table is
            renamed. Default: the table's name.
        removal_policy: Removal policy of the new bucket, and of that for the results of queries.
            Default: the application's.

    Raises:
        ValueError: A malformed prefix, a format that is refused, or settings of a new bucket with
            an existing one.
    """

    bucket: s3.IBucket | None = None
    encryption_key: kms.IKey | None = None
    prefix: str | None = None
    format: str | Format = "json-lines"
    catalog: "LakeTable | None" = None
    lifecycle: BucketLifecycle | None = None
    server_access_logs: bool = False
    server_access_logs_bucket: s3.IBucket | None = None
    request_metrics: bool = False
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        check_prefix("S3Sink", self.prefix)
        check_new_or_existing(
            "S3Sink",
            "bucket",
            self.bucket,
            self.encryption_key,
            {
                "lifecycle": self.lifecycle,
                "server_access_logs": self.server_access_logs,
                "server_access_logs_bucket": self.server_access_logs_bucket,
                "request_metrics": self.request_metrics,
                "removal_policy": None if self.catalog else self.removal_policy,
            },
        )
        if self.server_access_logs and self.server_access_logs_bucket is not None:
            raise cannot_combine(
                "S3Sink",
                "server_access_logs",
                True,
                "server_access_logs_bucket=",
                "Pass a bucket for the logs, or have one made.",
            )
        name = format_of(self.format).name
        if name in _OPEN_OVER_CHECKPOINTS:
            raise invalid(
                "S3Sink",
                "format",
                name,
                "json-lines, or a bulk format such as parquet, avro or orc",
                "Its files stay open over checkpoints, so the snapshot that a rollback needs might "
                'not be restorable: use format="json-lines" for JSON.',
            )

    def counted(self) -> "S3Sink":
        """The same sink, with what is written to its new bucket counted."""
        return self if self.bucket is not None else replace(self, request_metrics=True)

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return list(format_of(self.format).artifacts(runtime))

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[s3.IBucket]:
        """Create or use the bucket; grant what the file sink calls below the prefix."""
        id_ = self.resource_id or name
        new = None if self.bucket is not None else self._new_bucket(scope, application, id_)
        bucket = self.bucket or new
        assert bucket is not None  # one of both
        prefix = self.prefix if self.prefix is not None else f"{id_}/" if self.bucket else ""
        bucket_name = bucket.bucket_name
        path = f"s3://{bucket_name}/{prefix}"
        format_ = format_of(self.format)
        grant_objects(
            bucket,
            application.data_key if new else bucket.encryption_key or self.encryption_key,
            application,
            prefix=prefix,
            actions=[
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            key_actions=["kms:Decrypt", "kms:GenerateDataKey"],
            of_bucket=["s3:ListBucket", "s3:GetBucketLocation"],
            reason="A sink writes objects of any name below its prefix.",
        )
        format_.grant(application, Side.WRITE)
        if self.catalog is not None:
            self.catalog.create(
                new or Construct(scope, id_),
                application,
                name=id_,
                location=path,
                format=format_.name,
                removal=self.removal_policy or application.removal_policy,
            )
        if self.table_options.get("auto-compaction", "false").lower() == "true":
            Annotations.of(application).add_warning_v2(
                "cdk-managed-flink:auto-compaction",
                f"{name}: auto-compaction deletes the files that it has merged, and an older "
                "snapshot may still name them: a rollback to it may fail. Let a longer checkpoint "
                "interval make fewer files, or take an IcebergSink, whose optimizers compact.",
            )
        options = {
            "connector": "filesystem",
            "path": path,
            **format_.options(),
        }
        return Binding(
            properties=checked_options(
                "S3Sink",
                options,
                self.table_options,
                runtime=application.runtime,
                kind="sink",
                fields={
                    "path": "Use bucket= and prefix= instead.",
                    "format": "Use format= instead.",
                },
            ),
            resource=bucket,
            service_endpoints=["s3", *format_.service_endpoints],
            volume_metrics=[_arrivals(new)] if new is not None and self.request_metrics else [],
            columns=None if self.catalog is None else self.catalog.wanted,
            rules=None if self.catalog is None else self.catalog.rules,
            store=("AWS::S3::Bucket", bucket_name) if new else None,
        )

    def _new_bucket(self, scope: Construct, application: ApplicationBase, id: str) -> s3.Bucket:
        bucket = new_bucket(
            scope,
            id,
            application,
            rule=(self.lifecycle or BucketLifecycle()).rule(),
            removal_policy=self.removal_policy,
            server_access_logs=self.server_access_logs,
            server_access_logs_bucket=self.server_access_logs_bucket,
        )
        if self.request_metrics:
            bucket.add_metric(id=_COUNTED, prefix=self.prefix or None)
        return bucket


def _arrivals(bucket: s3.Bucket) -> Watch:
    return Watch(
        id="BytesUploaded",
        kind=WatchKind.DEAD_LETTERS,
        namespace="AWS/S3",
        metric_name="BytesUploaded",
        dimensions={"BucketName": bucket.bucket_name, "FilterId": _COUNTED},
        statistic="Sum",
        meaning="Files are in the bucket with the checkpoint that their rows belong to.",
    )
