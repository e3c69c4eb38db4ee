"""IcebergTable: columns, partitions and key of a table that the stack makes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cdk_managed_flink.application.binding import Columns
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.services.projections import check_columns

# Iceberg's own words ("Primitive Types" of its specification).
_TYPE = re.compile(
    r"boolean|int|long|float|double|date|time|timestamp|timestamptz|string|uuid|binary"
    r"|decimal\([1-9]\d?, ?\d{1,2}\)|fixed\[[1-9]\d*\]"
)
_PARTITION = re.compile(
    r"(?P<plain>[a-z0-9_]+)"
    r"|(?P<time>year|month|day|hour)\((?P<of>[a-z0-9_]+)\)"
    r"|(?P<cut>bucket|truncate)\((?P<width>[1-9]\d*), ?(?P<what>[a-z0-9_]+)\)"
)


@dataclass(frozen=True)
class PartitionField:
    """One part of how rows are laid out.

    Attributes:
        column: Where the value comes from.
        transform: As Iceberg's specification writes it, such as ``day`` or ``bucket[16]``.
        name: Of the partition.
    """

    column: str
    transform: str
    name: str


@dataclass(frozen=True, kw_only=True, eq=False)
class IcebergTable:
    """A table that the stack makes: only such a one has hidden partitions and optimizers.

    Attributes:
        columns: Columns, each with its type in Iceberg's words, such as ``long``, ``string``,
            ``double``, ``timestamp``, ``decimal(10, 2)``. The job's table is held against them.
            Later changes of columns are made by an engine, not here.
        partitions: How rows are laid out: a column, ``day(ts)``, ``hour(ts)``, ``month(ts)``,
            ``year(ts)``, ``bucket(16, id)``, ``truncate(4, name)``. Readers need not know it.
            Default: not partitioned.
        key: Columns that say which row a later one replaces; for ``upsert``.

    Raises:
        ValueError: A type that Iceberg has not, or a partition or key of something else than a
            column.
    """

    columns: Mapping[str, str]
    partitions: Sequence[str] = ()
    key: Sequence[str] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        check_columns("IcebergTable", self.columns, {})
        for column, type_ in self.columns.items():
            if not _TYPE.fullmatch(type_):
                raise invalid(
                    "IcebergTable",
                    f"type of column {column!r}",
                    type_,
                    "boolean, int, long, float, double, decimal(p, s), date, time, timestamp, "
                    "timestamptz, string, uuid, fixed[n], binary",
                    "These are Iceberg's words; nested types are for tables that the job makes.",
                )
        for column in self.key:
            self._check("key", column, column)
        for part in self.fields:
            self._check("partitions", part.column, part.column)

    @property
    def wanted(self) -> Columns:
        """The columns that the job's table has to have."""
        return Columns(names=list(self.columns), reader="the Iceberg table")

    @property
    def ids(self) -> Mapping[str, int]:
        """Iceberg's number of each column."""
        return {column: number for number, column in enumerate(self.columns, start=1)}

    @cached_property
    def fields(self) -> Sequence[PartitionField]:
        """The partitions, read."""
        return [self._field(text) for text in self.partitions]

    def _field(self, text: str) -> PartitionField:
        found = _PARTITION.fullmatch(text)
        if found is None:
            raise invalid(
                "IcebergTable",
                "partitions",
                text,
                "a column, day(ts), hour(ts), month(ts), year(ts), bucket(16, id) or "
                "truncate(4, name)",
                "These are Iceberg's transforms.",
            )
        if plain := found["plain"]:
            return PartitionField(plain, "identity", plain)
        if unit := found["time"]:
            return PartitionField(found["of"], unit, f"{found['of']}_{unit}")
        cut, what = found["cut"], found["what"]
        named = {"bucket": "bucket", "truncate": "trunc"}[cut]
        return PartitionField(what, f"{cut}[{found['width']}]", f"{what}_{named}")

    def _check(self, prop: str, received: str, column: str) -> None:
        if column not in self.columns:
            raise invalid(
                "IcebergTable",
                prop,
                received,
                f"columns of the table: {', '.join(self.columns)}",
                "Add the column, or name one that is there.",
            )
