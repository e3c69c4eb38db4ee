"""RedshiftCopySink: the warehouse loads files as the job finishes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.formats.formats import format_of
from cdk_managed_flink.redshift.auto_copy import (
    COPIED_FORMATS,
    check_bucket,
    copy_job,
    grant_files,
    integration,
)
from cdk_managed_flink.redshift.sink import RedshiftSink
from cdk_managed_flink.redshift.sql_objects import make_objects
from cdk_managed_flink.redshift.table import RedshiftTable
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse
from cdk_managed_flink.s3.sink import S3Sink

_WHERE = "RedshiftCopySink"


@dataclass(frozen=True, kw_only=True, eq=False)
class RedshiftCopySink(RedshiftSink):
    """Rows through files in a bucket, each loaded once by auto-copy: a checkpoint and a minute.

    Attributes:
        columns: See `RedshiftSink`. Default: the table exists. Columns may be added later.
        through: ``S3Sink(...)``, as ``json-lines`` or ``parquet``. Default: a new bucket.
        sort_key: Columns by which the rows of a new table are sorted.
        distribution_key: The column by whose value the rows of a new table are distributed.

    Raises:
        ValueError: A format that COPY does not read, or a bucket that no integration takes.
    """

    through: S3Sink = field(default_factory=S3Sink)
    sort_key: Sequence[str] = ()
    distribution_key: str | None = None

    def __post_init__(self) -> None:
        self.redshift_table()
        if not isinstance(self.through, S3Sink):
            raise invalid(
                _WHERE,
                "through",
                type(self.through).__name__,
                "an S3Sink",
                "The warehouse loads files from a bucket: leave it out for a new one.",
            )
        if self._format not in COPIED_FORMATS:
            raise invalid(
                _WHERE,
                "through",
                f"S3Sink(format={self._format!r})",
                " or ".join(COPIED_FORMATS),
                "COPY reads these of what the job writes.",
            )
        if self.through.bucket is not None:
            check_bucket(_WHERE, self.through.bucket)

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return self.through.connectors(runtime)

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[RedshiftWarehouse]:
        """Bind the bucket, announce its files to the warehouse, make the table and the job."""
        through = self.handed_on(self.through)
        bound = through.bind(scope, application, name)
        self.warehouse.warn_if_vpc_routed("s3")
        bucket, path = bound.resource, str(bound.properties["path"])
        own = Construct(scope, f"{self.resource_id or name}Redshift")
        role = self.warehouse.load_role(own, "Role")
        grant_files(
            bucket,
            self.warehouse,
            role,
            prefix=path.removeprefix(f"s3://{bucket.bucket_name}/"),
            key=bucket.encryption_key or through.encryption_key,
        )
        announced = integration(own, bucket, self.warehouse)
        table = self.claimed_table(own)
        job = copy_job(table, path=path, role_arn=role.role_arn, format=self._format)
        objects = [*table.objects(keep=self.keeps(own, application)), job]
        sql = make_objects(self.warehouse, own, "Sql", objects, after=[announced, role])
        return Binding(
            properties=bound.properties,
            resource=self.warehouse,
            watches=bound.watches,
            service_endpoints=bound.service_endpoints,
            volume_metrics=bound.volume_metrics,
            rules=bound.rules,
            # Files that are there before the job are never loaded.
            prerequisites=[*bound.prerequisites, sql],
            columns=self.read_columns(without_partitions=True, in_order=self._format == "parquet"),
        )

    @property
    def _format(self) -> str:
        return format_of(self.through.format).name

    def redshift_table(self) -> RedshiftTable:
        return replace(
            super().redshift_table(),
            sort_key=self.sort_key,
            distribution_key=self.distribution_key,
        )
