"""S3Sink: files in a bucket as a table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge, acknowledge_wildcard
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.binding import Binding, Sink
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.application.runtime import Runtime

# Formats that the connector writes row by row, for which it keeps files open over checkpoints.
_OPEN_OVER_CHECKPOINTS = frozenset(
    {"json", "csv", "raw", "debezium-json", "canal-json", "maxwell-json", "ogg-json"}
)
_PREFIX = re.compile(r"([A-Za-z0-9!_.()=-]+/)+")


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """What happens to objects of the new bucket as they grow older.

    Attributes:
        abort_uploads_after: Unfinished multipart uploads are aborted after this. Default 30 days:
            a snapshot holds uploads that a restore completes, so it has to be longer than the
            oldest snapshot that may be restored; a job that crash-loops leaves many behind.
        infrequent_access_after: Move to S3 Standard-IA. Default 90 days; ``None`` never.
        expire_after: Delete. Default ``None``, never.
        expire_noncurrent_after: Delete versions that were overwritten or deleted. Default 30 days.

    Raises:
        ValueError: A time that S3 does not accept, or an order that makes no sense.
    """

    abort_uploads_after: Duration = field(default_factory=lambda: Duration.days(30))
    infrequent_access_after: Duration | None = field(default_factory=lambda: Duration.days(90))
    expire_after: Duration | None = None
    expire_noncurrent_after: Duration = field(default_factory=lambda: Duration.days(30))

    def __post_init__(self) -> None:
        infrequent, expire = self.infrequent_access_after, self.expire_after
        if infrequent is None or infrequent.is_unresolved():
            return
        if infrequent.to_days(integral=False) < 30:
            raise invalid(
                "Lifecycle",
                "infrequent_access_after",
                infrequent,
                "30 days or more",
                "S3 moves no younger object to Standard-IA.",
            )
        if expire is None or expire.is_unresolved():
            return
        if expire.to_milliseconds() <= infrequent.to_milliseconds():
            raise invalid(
                "Lifecycle",
                "expire_after",
                expire,
                f"longer than infrequent_access_after ({infrequent.to_human_string()})",
                "Set infrequent_access_after=None for objects that expire earlier.",
            )

    def rule(self) -> s3.LifecycleRule:
        """The lifecycle as a rule for the whole bucket."""
        transitions = None
        if self.infrequent_access_after is not None:
            transitions = [
                s3.Transition(
                    storage_class=s3.StorageClass.INFREQUENT_ACCESS,
                    transition_after=self.infrequent_access_after,
                )
            ]
        return s3.LifecycleRule(
            id="Lifecycle",
            abort_incomplete_multipart_upload_after=self.abort_uploads_after,
            transitions=transitions,
            expiration=self.expire_after,
            noncurrent_version_expiration=self.expire_noncurrent_after,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class S3Sink(Sink[s3.IBucket]):
    """Files in a bucket, each row in them exactly once: files are committed with checkpoints.

    Partitions come from ``PARTITIONED BY`` in the table's DDL, as ``column=value/`` below the
    prefix. Readers skip names that start with ``_`` or ``.``: files that are being written.

    Attributes:
        bucket: An existing bucket; it is never changed. Default: a new one, versioned, closed to
            the public, TLS only.
        encryption_key: Key of the existing bucket, if it does not tell it.
        prefix: Where below the bucket, ending in ``/``. Default: the whole new bucket; the table's
            name in an existing one.
        format: Format of the files. Default ``json-lines``: a row a line, as Flink's own JSON
            writes it. Files end with each checkpoint, so its interval decides how fresh the data
            is, and how many files there are. ``json``, ``csv`` and ``raw`` are refused: their
            files stay open over checkpoints, and a snapshot that refers to a half-written file
            can't be restored once another version has finished it.
        lifecycle: Of the new bucket.
        server_access_logs_bucket: Where the new bucket's access log goes. Default: none.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps the bucket when the table is renamed. Default: the table's name.
        removal_policy: Of the new bucket. Default: the application's.

    Raises:
        ValueError: A malformed prefix, or settings of a new bucket beside an existing one.
    """

    bucket: s3.IBucket | None = None
    encryption_key: kms.IKey | None = None
    prefix: str | None = None
    format: str = "json-lines"
    lifecycle: Lifecycle | None = None
    server_access_logs_bucket: s3.IBucket | None = None
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    def __post_init__(self) -> None:
        if (
            self.prefix
            and not Token.is_unresolved(self.prefix)
            and not _PREFIX.fullmatch(self.prefix)
        ):
            raise invalid(
                "S3Sink",
                "prefix",
                self.prefix,
                "names of letters, digits and !_.()=- that each end in /, such as out/clicks/",
                "It is a folder: end it with /, begin it without.",
            )
        if self.bucket is not None:
            for name in ("lifecycle", "server_access_logs_bucket", "removal_policy"):
                if getattr(self, name) is not None:
                    raise invalid(
                        "S3Sink",
                        name,
                        getattr(self, name),
                        "nothing beside bucket=",
                        "An existing bucket is never changed: leave it out, or leave out bucket.",
                    )
        elif self.encryption_key is not None:
            raise invalid(
                "S3Sink",
                "encryption_key",
                self.encryption_key,
                "the key of an existing bucket",
                "A new bucket is encrypted with the pipeline's data_key.",
            )
        if self.format in _OPEN_OVER_CHECKPOINTS:
            raise invalid(
                "S3Sink",
                "format",
                self.format,
                "json-lines, or a bulk format such as parquet, avro or orc",
                "Its files stay open over checkpoints, so the snapshot that a rollback needs might "
                'not be restorable: use format="json-lines" for JSON.',
            )

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        """None: the runtime has the file connector, and the package the format ``json-lines``."""
        return []

    def bind(
        self, scope: Construct, application: FlinkApplication, name: str
    ) -> Binding[s3.IBucket]:
        """Make or take the bucket; grant what the file sink calls below the prefix."""
        bucket = self.bucket or self._new_bucket(scope, application, name)
        prefix = self.prefix if self.prefix is not None else f"{name}/" if self.bucket else ""
        key = bucket.encryption_key or self.encryption_key
        objects = bucket.arn_for_objects(f"{prefix}*")
        iam.Grant.add_to_principal(
            grantee=application,
            actions=[
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            resource_arns=[objects],
        )
        acknowledge_wildcard(
            application.role, objects, "A sink writes objects of any name below its prefix."
        )
        iam.Grant.add_to_principal(
            grantee=application,
            actions=["s3:ListBucket", "s3:GetBucketLocation"],
            resource_arns=[bucket.bucket_arn],
        )
        if key is not None:
            grant_key_through(
                key, application, service="s3", actions=["kms:Decrypt", "kms:GenerateDataKey"]
            )
        return Binding(
            properties={
                "connector": "filesystem",
                "path": f"s3://{bucket.bucket_name}/{prefix}",
                "format": self.format,
                **self.table_options,
            },
            resource=bucket,
        )

    def _new_bucket(self, scope: Construct, application: FlinkApplication, name: str) -> s3.Bucket:
        removal = effective_removal(scope, self.removal_policy or application.removal_policy)
        key = application.data_key
        bucket = s3.Bucket(
            scope,
            self.resource_id or name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[(self.lifecycle or Lifecycle()).rule()],
            server_access_logs_bucket=self.server_access_logs_bucket,
            removal_policy=removal,
            auto_delete_objects=removal == RemovalPolicy.DESTROY,
        )
        if self.server_access_logs_bucket is None:
            acknowledge(
                bucket,
                "S1",
                "Server access logs are delivered at best effort and take a bucket of their own: "
                "hand in server_access_logs_bucket where they are wanted.",
            )
        return bucket
