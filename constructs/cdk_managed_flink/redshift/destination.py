"""RedshiftDestination: a delivery stream that loads into a warehouse, through a bucket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.region_info import FactName

from cdk_managed_flink.application.acknowledge import acknowledge
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.firehose.buffering import Buffering
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream, Destination
from cdk_managed_flink.firehose.http_destination import check_retry
from cdk_managed_flink.firehose.secret import use_secret
from cdk_managed_flink.firehose.storage import DeliveryBucket
from cdk_managed_flink.redshift.table import RedshiftTable
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse

_L1 = firehose.CfnDeliveryStream
_LEAST_SECONDS = 60
RETRY_FOR = Duration.hours(1)
STAGED_FOR = Duration.days(30)
# GZIP is what the files are compressed by; Flink's timestamps have fractions of any length.
_OPTIONS = "FORMAT AS JSON 'auto' TIMEFORMAT 'auto' GZIP"


@dataclass(frozen=True, kw_only=True, eq=False)
class RedshiftDestination(Destination):
    """Files in a bucket, each loaded by a COPY under a database user.

    Attributes:
        warehouse: Publicly accessible, and without enhanced VPC routing.
        table: Where rows go.
        secret: User and password of the database user.
        staging: The bucket. Firehose deletes nothing in it: what could not be loaded is listed
            below ``errors/manifests/``.
        buffering: Default 300 seconds or 5 MiB.
        retry_for: How long a failed COPY is tried again, up to 2 hours.

    Raises:
        ValueError: What the service refuses.
    """

    warehouse: RedshiftWarehouse
    table: RedshiftTable
    secret: secretsmanager.ISecret
    staging: DeliveryBucket
    buffering: Buffering = field(default_factory=Buffering)
    retry_for: Duration = field(default=RETRY_FOR)

    # Firehose measures the age of rows up to the bucket only.
    metrics = "DeliveryToS3"

    def __post_init__(self) -> None:
        self.buffering.check(
            "RedshiftFirehoseSink.buffering",
            least_seconds=_LEAST_SECONDS,
            reason="Each delivery is a COPY, of which a warehouse takes few and large ones best.",
        )
        check_retry("RedshiftFirehoseSink", self.retry_for)

    def configure(self, stream: DeliveryStream) -> Mapping[str, Any]:
        """Create or use the bucket, let Firehose in, grant the user's secret."""
        bucket = self.staging.in_scope(
            stream, "Staging", key=stream.key, removal=stream.removal_policy
        )
        # Manifests and lists of errors are outside of the prefix.
        self.staging.grant_delivery(bucket, stream.role, "")
        columns = ",".join(self.table.columns)
        return {
            "redshift_destination_configuration": _L1.RedshiftDestinationConfigurationProperty(
                cluster_jdbcurl=self._url(),
                copy_command=_L1.CopyCommandProperty(
                    data_table_name=f"{self.table.schema}.{self.table.own_name}",
                    data_table_columns=columns or None,
                    copy_options=_OPTIONS,
                ),
                role_arn=stream.role.role_arn,
                secrets_manager_configuration=use_secret(stream, self.secret),
                retry_options=_L1.RedshiftRetryOptionsProperty(
                    duration_in_seconds=self.retry_for.to_seconds()
                ),
                s3_configuration=_L1.S3DestinationConfigurationProperty(
                    bucket_arn=bucket.bucket_arn,
                    role_arn=stream.role.role_arn,
                    prefix=f"{stream.node.id}/",
                    buffering_hints=_L1.BufferingHintsProperty(**self.buffering.hints()),
                    compression_format="GZIP",
                    cloud_watch_logging_options=stream.logging("Staging"),
                ),
                cloud_watch_logging_options=stream.logging("Delivery"),
            )
        }

    def _url(self) -> str:
        warehouse = self.warehouse
        return f"jdbc:redshift://{warehouse.endpoint}:{warehouse.port}/{warehouse.database}"


def check_public_access(warehouse: RedshiftWarehouse, *, acknowledged: bool) -> None:
    """Refuse a warehouse that Firehose does not reach, or that is open without anybody's word.

    Raises:
        ValueError: It is private, or routes through its VPC, or without the acknowledgement.
    """
    where = "RedshiftFirehoseSink"
    instead = "RedshiftStreamingSink and RedshiftCopySink load into a private warehouse."
    if not warehouse.publicly_accessible:
        raise invalid(
            where,
            "warehouse",
            f"{warehouse.node.path}, which is private",
            "a publicly accessible warehouse",
            f"Firehose reaches no other one. {instead} "
            "RedshiftServerlessWarehouse(publicly_accessible=True) makes a public one.",
        )
    if warehouse.enhanced_vpc_routing:
        raise invalid(
            where,
            "warehouse",
            f"{warehouse.node.path}, which has enhanced VPC routing",
            "a warehouse without it",
            f"Firehose does not write to warehouses that have it. {instead}",
        )
    if not acknowledged:
        raise invalid(
            where,
            "acknowledge_public_access",
            False,
            "True",
            f"The warehouse has a public address, which Firehose needs. {instead} Set "
            "acknowledge_public_access=True if it is to be so.",
        )
    if warehouse.endpoint is None:
        raise invalid(
            where,
            "warehouse",
            f"{warehouse.node.path}, whose endpoint is not known",
            "a warehouse that is imported with endpoint=",
            "Firehose connects to it.",
        )


def let_firehose_in(warehouse: RedshiftWarehouse) -> None:
    """Open the warehouse to the one block of addresses that Firehose has in the Region."""
    addresses = place_of(warehouse).stack.regional_fact(FactName.FIREHOSE_CIDR_BLOCK)
    shown = "Firehose's addresses of its Region" if is_token(addresses) else addresses
    warehouse.warn_without_groups(
        f"nothing is opened here: its own group has to let {shown} in on port {warehouse.port}."
    )
    if is_token(addresses):
        for group in warehouse.connections.security_groups:
            acknowledge(
                group,
                "EC23",
                "The one block of addresses is looked up by the Region, where the rule cannot "
                "follow: it is Firehose's own, of 32 addresses.",
            )
    warehouse.connections.allow_default_port_from(
        ec2.Peer.ipv4(addresses), "Firehose of the Region"
    )
