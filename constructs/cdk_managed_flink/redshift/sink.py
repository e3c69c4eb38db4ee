"""What the three sinks for Redshift have in common: a table of a warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from aws_cdk import RemovalPolicy
from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Columns, Sink
from cdk_managed_flink.application.errors import cannot_combine
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.redshift.claims import claim
from cdk_managed_flink.redshift.table import RedshiftTable
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse

S = TypeVar("S", bound=Sink[Any])


@dataclass(frozen=True, kw_only=True, eq=False)
class RedshiftSink(Sink[RedshiftWarehouse]):
    """Rows in a table of a warehouse.

    Flink has no connector for Redshift. The job writes to a stream (`RedshiftStreamingSink`), to
    files (`RedshiftCopySink`) or to a delivery stream (`RedshiftFirehoseSink`), and the warehouse
    loads the rows from there. SQL in the deploy creates the tables.

    Attributes:
        warehouse: ``RedshiftServerlessWarehouse`` of the same stack, or an existing one by
            ``RedshiftServerlessWarehouse.from_workgroup_arn`` or
            ``RedshiftProvisionedWarehouse.from_cluster_identifier``.
        table: Its name, or ``schema.table``; in lower case, as all names in Redshift. Default
            schema: ``public``.
        columns: Columns of the table, each with its type in Redshift, by the names that they have
            in the job's table.
        readers: Database roles, which exist, that may read the table. One that is taken out may
            no longer.
        table_options: Further connector options; they win over the defaults.
        resource_id: Keeps what is made when the table in the job is renamed. Default: its name.
        removal_policy: Removal policy of the table. Default: the application's. ``DESTROY`` takes a
            context flag as well.

    Raises:
        ValueError: A name that Redshift folds or cuts, or a type that it does not have; in ``bind``
            a table that another sink makes.
    """

    warehouse: RedshiftWarehouse
    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    readers: Sequence[str] = ()
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None
    removal_policy: RemovalPolicy | None = None

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
        """What is written through, with the options and the id that were given here.

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
                raise cannot_combine(
                    type(self).__name__,
                    prop,
                    changes[prop],
                    f"through={type(through).__name__}(...)",
                    "Set it in that sink itself.",
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
