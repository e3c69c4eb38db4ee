"""RedshiftFirehoseSink: a delivery stream loads into a warehouse that is publicly accessible."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from aws_cdk import Duration
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.firehose.binding import bind_delivery_stream, firehose_connectors
from cdk_managed_flink.firehose.buffering import Buffering
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream
from cdk_managed_flink.firehose.storage import DeliveryBucket
from cdk_managed_flink.redshift.destination import (
    RETRY_FOR,
    STAGED_FOR,
    RedshiftDestination,
    check_public_access,
    let_firehose_in,
)
from cdk_managed_flink.redshift.sink import RedshiftSink
from cdk_managed_flink.redshift.sql_objects import make_objects
from cdk_managed_flink.redshift.table import RedshiftTable
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse

STAGING = DeliveryBucket(expire_after=STAGED_FOR)
# Firehose hands the files to COPY as they are.
_FORMAT = "json"


@dataclass(frozen=True, kw_only=True, eq=False)
class RedshiftFirehoseSink(RedshiftSink):
    """Rows through a delivery stream, which connects to the warehouse's public address: minutes.

    Attributes:
        warehouse: See `RedshiftSink`. Publicly accessible, without enhanced VPC routing.
        acknowledge_public_access: Must be ``True``: the warehouse, at a public address, is open to
            the Region's addresses of Firehose.
        columns: See `RedshiftSink`. Default: the table exists. Columns may be added later.
        secret: User and password that Firehose loads with; the user needs INSERT on the table.
            Default: the warehouse's own, which is the administrator's.
        staging: The bucket in between. Default: a new one that keeps files for 30 days.
        buffering: 60 to 900 seconds. Default 300 seconds or 5 MiB.
        retry_for: How long a failed COPY is retried, up to 2 hours. Default 1 hour.
        sort_key: Columns by which the rows of a new table are sorted.
        distribution_key: The column by whose value the rows of a new table are distributed.
        removal_policy: Removal policy of the table and the new bucket.

    Raises:
        ValueError: A private warehouse, one with enhanced VPC routing, or no acknowledgement.
    """

    acknowledge_public_access: bool = False
    secret: secretsmanager.ISecret | None = None
    staging: DeliveryBucket = STAGING
    buffering: Buffering = field(default_factory=Buffering)
    retry_for: Duration = field(default=RETRY_FOR)
    sort_key: Sequence[str] = ()
    distribution_key: str | None = None

    def __post_init__(self) -> None:
        check_public_access(self.warehouse, acknowledged=self.acknowledge_public_access)
        self._destination()

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return firehose_connectors(_FORMAT, runtime)

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[RedshiftWarehouse]:
        """Open the warehouse to Firehose, make the delivery stream and the table."""
        id_ = self.resource_id or name
        let_firehose_in(self.warehouse)
        stream = DeliveryStream(
            scope,
            id_,
            destination=self._destination(),
            key=application.data_key,
            removal_policy=self.removal_policy or application.removal_policy,
        )
        bound = bind_delivery_stream(
            stream, application, format=_FORMAT, table_options=self.table_options
        )
        prerequisites = list(bound.prerequisites)
        if self.columns or self.readers:
            own = Construct(scope, f"{id_}Redshift")
            objects = self.claimed_table(own).objects(keep=self.keeps(own, application))
            prerequisites.append(make_objects(self.warehouse, own, "Sql", objects))
        return Binding(
            properties=bound.properties,
            resource=self.warehouse,
            watches=bound.watches,
            service_endpoints=bound.service_endpoints,
            volume_metrics=bound.volume_metrics,
            prerequisites=prerequisites,
            columns=self.read_columns(),
        )

    def redshift_table(self) -> RedshiftTable:
        return replace(
            super().redshift_table(),
            sort_key=self.sort_key,
            distribution_key=self.distribution_key,
        )

    def _destination(self) -> RedshiftDestination:
        secret = self.secret or self.warehouse.secret
        if secret is None:
            raise invalid(
                "RedshiftFirehoseSink",
                "secret",
                None,
                "a secret with user and password",
                "Firehose has no temporary credentials: pass secret=.",
            )
        return RedshiftDestination(
            warehouse=self.warehouse,
            table=self.redshift_table(),
            secret=secret,
            staging=self.staging,
            buffering=self.buffering,
            retry_for=self.retry_for,
        )
