"""RedshiftSink: a table of a warehouse, filled by one of three ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Columns, Sink
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.firehose.buffering import Buffering
from cdk_managed_flink.firehose.storage import DeliveryBucket
from cdk_managed_flink.redshift.claims import claim
from cdk_managed_flink.redshift.destination import RETRY_FOR
from cdk_managed_flink.redshift.table import RedshiftTable
from cdk_managed_flink.redshift.warehouse import Warehouse
from cdk_managed_flink.s3.sink import S3Sink

if TYPE_CHECKING:
    from cdk_managed_flink.redshift.copy_sink import RedshiftCopySink
    from cdk_managed_flink.redshift.firehose_sink import RedshiftFirehoseSink
    from cdk_managed_flink.redshift.streaming_sink import RedshiftStreamingSink

S = TypeVar("S", bound=Sink[Any])


@dataclass(frozen=True, kw_only=True, eq=False)
class RedshiftSink(Sink[Warehouse]):
    """Rows in a warehouse: ``RedshiftSink.streaming``, ``.copy`` or ``.firehose``.

    Flink has no connector for Redshift, so the job writes to a stream, to files or to a delivery
    stream, and the warehouse takes rows from there. The tables are made by SQL in the deploy.

    Attributes:
        warehouse: ``RedshiftWarehouse`` of the same stack, or an existing one:
            ``Warehouse.from_workgroup``, ``Warehouse.from_cluster``.
        table: Its name, or ``schema.table``; in lower case, as all names in Redshift. Default
            schema: ``public``.
        columns: Of the table, each with its type in Redshift, by the names that they have in the
            job's table.
        readers: Database roles, which exist, that may read the table. One that is taken out may
            no longer.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps what is made when the table in the job is renamed. Default: its name.
        removal_policy: Of the table. Default: the application's. ``DESTROY`` takes a context flag
            as well.

    Raises:
        ValueError: A name that Redshift folds or cuts, or a type that it does not have; in ``bind``
            a table that another sink makes.
    """

    warehouse: Warehouse
    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    readers: Sequence[str] = ()
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

    @staticmethod
    def streaming(
        *,
        warehouse: Warehouse,
        table: str,
        columns: Mapping[str, str],
        through: Sink[Any] | None = None,
        readers: Sequence[str] = (),
        table_options: Mapping[str, str] | None = None,
        resource_id: str | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> "RedshiftStreamingSink":
        """Through a Kinesis stream or a topic of MSK, which the warehouse reads itself: seconds.

        Args:
            warehouse: See the class.
            table: Name of a view; the rows are in a materialized view behind it.
            columns: See the class. Changing them changes the view only, and loses nothing.
            through: ``KinesisSink(...)`` or ``MskSink(...)``, in JSON. Default: a new stream.
            readers: See the class.
            table_options: See the class.
            resource_id: See the class.
            removal_policy: Of the rows.
        """
        from cdk_managed_flink.redshift.streaming_sink import RedshiftStreamingSink

        return RedshiftStreamingSink(
            warehouse=warehouse,
            table=table,
            columns=columns,
            through=through,
            readers=readers,
            table_options=table_options or {},
            resource_id=resource_id,
            removal_policy=removal_policy,
        )

    @staticmethod
    def copy(
        *,
        warehouse: Warehouse,
        table: str,
        columns: Mapping[str, str] | None = None,
        through: S3Sink | None = None,
        sort_key: Sequence[str] = (),
        distribution_key: str | None = None,
        readers: Sequence[str] = (),
        table_options: Mapping[str, str] | None = None,
        resource_id: str | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> "RedshiftCopySink":
        """Through files in a bucket, each loaded once by auto-copy: a checkpoint and a minute.

        Args:
            warehouse: See the class.
            table: See the class.
            columns: See the class. Default: the table exists. Columns may be added later.
            through: ``S3Sink(...)``, as ``json-lines`` or ``parquet``. Default: a new bucket.
            sort_key: Columns that rows of a new table are sorted by.
            distribution_key: The column by whose value rows of a new table are spread.
            readers: See the class.
            table_options: See the class.
            resource_id: See the class.
            removal_policy: Of the table.
        """
        from cdk_managed_flink.redshift.copy_sink import RedshiftCopySink

        return RedshiftCopySink(
            warehouse=warehouse,
            table=table,
            columns=columns or {},
            through=through or S3Sink(),
            sort_key=sort_key,
            distribution_key=distribution_key,
            readers=readers,
            table_options=table_options or {},
            resource_id=resource_id,
            removal_policy=removal_policy,
        )

    @staticmethod
    def firehose(
        *,
        warehouse: Warehouse,
        table: str,
        acknowledge_public_access: bool = False,
        columns: Mapping[str, str] | None = None,
        secret: secretsmanager.ISecret | None = None,
        staging: DeliveryBucket | None = None,
        buffering: Buffering | None = None,
        retry_for: Duration = RETRY_FOR,
        sort_key: Sequence[str] = (),
        distribution_key: str | None = None,
        readers: Sequence[str] = (),
        table_options: Mapping[str, str] | None = None,
        resource_id: str | None = None,
        removal_policy: RemovalPolicy | None = None,
    ) -> "RedshiftFirehoseSink":
        """Through a delivery stream, which connects to the warehouse's public address: minutes.

        Args:
            warehouse: See the class. Publicly accessible, without enhanced VPC routing.
            table: See the class.
            acknowledge_public_access: Has to be ``True``: the warehouse is open to Firehose's
                addresses of the Region, at a public address.
            columns: See the class. Default: the table exists. Columns may be added later.
            secret: User and password that Firehose loads under, which need INSERT on the table.
                Default: the warehouse's own, which is the administrator's.
            staging: The bucket between. Default: a new one that keeps files for 30 days.
            buffering: 60 to 900 seconds. Default 300 seconds or 5 MiB.
            retry_for: How long a failed COPY is tried again, up to 2 hours. Default 1 hour.
            sort_key: Columns that rows of a new table are sorted by.
            distribution_key: The column by whose value rows of a new table are spread.
            readers: See the class.
            table_options: See the class.
            resource_id: See the class.
            removal_policy: Of table and new bucket.
        """
        from cdk_managed_flink.redshift.firehose_sink import STAGING, RedshiftFirehoseSink

        return RedshiftFirehoseSink(
            warehouse=warehouse,
            table=table,
            acknowledge_public_access=acknowledge_public_access,
            columns=columns or {},
            secret=secret,
            staging=staging or STAGING,
            buffering=buffering or Buffering(),
            retry_for=retry_for,
            sort_key=sort_key,
            distribution_key=distribution_key,
            readers=readers,
            table_options=table_options or {},
            resource_id=resource_id,
            removal_policy=removal_policy,
        )

    def redshift_table(self) -> RedshiftTable:
        """The table, checked."""
        return RedshiftTable(
            where=type(self).__name__, name=self.table, columns=self.columns, readers=self.readers
        )

    def claimed_table(self, own: Construct) -> RedshiftTable:
        """The table, which no other sink makes if this one does.

        Raises:
            ValueError: Another one makes it.
        """
        table = self.redshift_table()
        if self.columns:
            claim(self.warehouse, table, own)
        return table

    def handed_on(self, through: S) -> S:
        """What is written through, with the options and the id that were said here.

        Raises:
            ValueError: It takes none.
        """
        changes: dict[str, Any] = {}
        if self.table_options:
            theirs = getattr(through, "table_options", {})
            changes["table_options"] = {**theirs, **self.table_options}
        if self.resource_id is not None and through.resource_id is None:
            changes["resource_id"] = self.resource_id
        for prop in changes:
            if prop not in getattr(through, "__dataclass_fields__", {}):
                raise invalid(
                    type(self).__name__,
                    prop,
                    changes[prop],
                    f"nothing beside through={type(through).__name__}(...)",
                    "It takes none from here: say it in the sink itself.",
                )
        return replace(through, **changes) if changes else through  # type: ignore[type-var]

    def read_columns(
        self, *, without_partitions: bool = False, in_order: bool = False
    ) -> Columns | None:
        """What the job's table has to have; ``None`` for a table whose columns are not known."""
        if not self.columns:
            return None
        return Columns(
            names=list(self.columns),
            reader=f"the Redshift table {self.table}",
            without_partitions=without_partitions,
            in_order=in_order,
        )

    def keeps(self, scope: Construct, application: ApplicationBase) -> bool:
        """Whether rows outlive the sink."""
        wanted = self.removal_policy or application.removal_policy
        return effective_removal(scope, wanted) != RemovalPolicy.DESTROY
