"""DeliveryStream: a delivery stream with its role, its key and its log."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from cdk_managed_flink.application.acknowledge import acknowledge
from cdk_managed_flink.application.binding import Watch
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.log_group import allow_logs, log_group_arn
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.firehose.storage import DeliveryBucket
from cdk_managed_flink.firehose.watching import freshness, put_watches, source_watches

_L1 = firehose.CfnDeliveryStream
_FAILURES_INTERVAL = 60


class Destination(ABC):
    """Where a delivery stream delivers: a value that is checked at once, and configures itself.

    Attributes:
        metrics: What the names of the destination's metrics begin with, such as ``DeliveryToS3``.
    """

    metrics: str

    @abstractmethod
    def configure(self, stream: "DeliveryStream") -> Mapping[str, Any]:
        """Create or use what is delivered to, grant the stream's role, answer the L1's argument."""

    def watches(self, stream: "DeliveryStream") -> Sequence[Watch]:
        """What is to be watched in addition to the metrics that every delivery stream has."""
        return ()


class DeliveryStream(Construct):
    """A delivery stream that takes records from the job, or reads them from a Kinesis stream.

    Args:
        destination: Where it delivers, such as ``S3Destination()``.
        key: Customer managed key for what the stream holds, for its new bucket and its log.
            Default: keys that AWS owns. Firehose uses it for the stream by a grant that whoever
            creates the stream makes: the stream's role gets no right on it but those for S3.
        source: A Kinesis stream to read, in place of records that are put. What waits is then
            encrypted as the Kinesis stream is.
        source_key: Key of the source, if the stream does not tell it.
        removal_policy: Removal policy of a new bucket. Default ``RETAIN_ON_UPDATE_OR_DELETE``.
        log_retention: Retention of the log of failed deliveries. Default 3 months.

    Attributes:
        resource: The L1, a ``kinesisfirehose.CfnDeliveryStream``: the escape hatch.
        role: The role that Firehose delivers under.
        log_group: Failures to deliver.
        key: As given.
        removal_policy: As given.
        destination: As given.
        prerequisites: What has to be there before the first record, besides the stream.

    Raises:
        ValueError: A key of a source without a source.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        destination: Destination,
        key: kms.IKey | None = None,
        source: kinesis.IStream | None = None,
        source_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
    ) -> None:
        super().__init__(scope, id)
        if source is None and source_key is not None:
            raise invalid(
                self,
                "source_key",
                source_key,
                "the key of a Kinesis stream in source=",
                "Records that are put are encrypted with key=.",
            )
        self.key = key
        self.removal_policy = removal_policy
        self.destination = destination
        self.prerequisites: list[IConstruct] = []
        self._source = source
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": place_of(self).account}},
            ),
            description="Delivers what a Flink job or a Kinesis stream hands over",
        )
        self.log_group = self._make_log_group(log_retention)
        self.resource = _L1(
            self,
            "Resource",
            delivery_stream_type="DirectPut" if source is None else "KinesisStreamAsSource",
            delivery_stream_encryption_configuration_input=self._encryption(),
            kinesis_stream_source_configuration=self._read(source, source_key),
            **destination.configure(self),
        )
        # Firehose tries the role while the stream is made.
        self.resource.node.add_dependency(self.role)

    @property
    def delivery_stream_arn(self) -> str:
        """The stream's ARN, as an ``IDeliveryStream`` has it."""
        return self.resource.attr_arn

    @property
    def delivery_stream_name(self) -> str:
        """The stream's name, which CloudFormation makes."""
        return self.resource.ref

    def logging(self, id: str) -> firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty:
        """A log stream for failures of one part, such as ``Delivery`` or ``Failures``."""
        stream = logs.LogStream(
            self, f"{id}Log", log_group=self.log_group, removal_policy=RemovalPolicy.DESTROY
        )
        group = self.log_group.log_group_name
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=["logs:PutLogEvents"],
            resource_arns=[log_group_arn(self, f"{group}:log-stream:{stream.log_stream_name}")],
        )
        return _L1.CloudWatchLoggingOptionsProperty(
            enabled=True, log_group_name=group, log_stream_name=stream.log_stream_name
        )

    def failures(
        self, bucket: DeliveryBucket, *, prefix: str = "failed/"
    ) -> firehose.CfnDeliveryStream.S3DestinationConfigurationProperty:
        """Where records go that cannot be delivered: the ``S3Configuration`` of a destination.

        They are gathered for a minute, so that they are seen soon, and compressed.

        Args:
            bucket: The bucket, created or existing.
            prefix: Below it, ending in ``/``, without expressions.
        """
        found = bucket.in_scope(self, "Failures", key=self.key, removal=self.removal_policy)
        bucket.grant_delivery(found, self.role, prefix)
        return _L1.S3DestinationConfigurationProperty(
            bucket_arn=found.bucket_arn,
            role_arn=self.role.role_arn,
            prefix=prefix,
            error_output_prefix=f"{prefix}!{{firehose:error-output-type}}/",
            buffering_hints=_L1.BufferingHintsProperty(
                interval_in_seconds=_FAILURES_INTERVAL, size_in_m_bs=5
            ),
            compression_format="GZIP",
            cloud_watch_logging_options=self.logging("Failures"),
        )

    def watches(self) -> Sequence[Watch]:
        """The stream's own metrics that are worth an alarm, and those of its destination."""
        name = self.delivery_stream_name
        return [
            freshness(name, self.destination.metrics),
            *(put_watches(name) if self._source is None else source_watches(name)),
            *self.destination.watches(self),
        ]

    def _encryption(
        self,
    ) -> firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty | None:
        if self._source is not None:
            acknowledge(
                self,
                "KDF1",
                "It reads a Kinesis stream, whose encryption covers what waits: Firehose takes a "
                "key of its own only for records that are put.",
            )
            return None
        return _L1.DeliveryStreamEncryptionConfigurationInputProperty(
            key_type="CUSTOMER_MANAGED_CMK" if self.key else "AWS_OWNED_CMK",
            key_arn=None if self.key is None else self.key.key_arn,
        )

    def _read(
        self, source: kinesis.IStream | None, key: kms.IKey | None
    ) -> firehose.CfnDeliveryStream.KinesisStreamSourceConfigurationProperty | None:
        """The source, with the rights that Firehose's guide lists for it."""
        if source is None:
            return None
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=[
                "kinesis:DescribeStream",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
            resource_arns=[source.stream_arn],
        )
        key = source.encryption_key or key
        if key is not None:
            grant_key_through(
                key,
                self.role,
                service="kinesis",
                actions=["kms:Decrypt"],
                context={"aws:kinesis:arn": source.stream_arn},
            )
        return _L1.KinesisStreamSourceConfigurationProperty(
            kinesis_stream_arn=source.stream_arn, role_arn=self.role.role_arn
        )

    def _make_log_group(self, retention: logs.RetentionDays) -> logs.LogGroup:
        # The policy of an imported key can't be changed here, and without a word in it for
        # CloudWatch Logs the group could not be made: then the service's own encryption it is.
        own = self.key if isinstance(self.key, kms.Key) else None
        if own is not None:
            allow_logs(self, own)
        return logs.LogGroup(
            self,
            "Log",
            encryption_key=own,
            retention=retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
