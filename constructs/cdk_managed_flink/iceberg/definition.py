"""IcebergTable: columns, partitions and key of a table that the stack makes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cdk_managed_flink.application.binding import Columns
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.s3.projections import check_columns

# Iceberg's own words ("Primitive Types" of its specification).
_TYPE = re.compile(
    r"boolean|int|long|float|double|date|time|timestamp|timestamptz|string|uuid|binary"
    r"|decimal\((?P<precision>[1-9]\d?), ?(?P<scale>\d{1,2})\)|fixed\[[1-9]\d*\]"
)
_PRECISION_AT_MOST = 38
# The specification gives the parts of a table's layout numbers from here on.
FIRST_PARTITION = 1000
_PARTITION = re.compile(
    r"(?P<plain>[a-z0-9_]+)"
    r"|(?P<time>year|month|day|hour)\((?P<of>[a-z0-9_]+)\)"
    r"|(?P<cut>bucket|truncate)\((?P<width>[1-9]\d*), ?(?P<what>[a-z0-9_]+)\)"
)
# Types by the transforms that take them ("Partition Transforms"); identity takes all of these.
_DAYS = frozenset({"date", "timestamp", "timestamptz"})
_CUT = frozenset({"int", "long", "decimal", "string", "binary"})
_TIMES = {"year": _DAYS, "month": _DAYS, "day": _DAYS, "hour": _DAYS - {"date"}}
_TAKES = {
    **_TIMES,
    "bucket": _CUT | _DAYS | {"time", "uuid", "fixed"},
    "truncate": _CUT,
}


@dataclass(frozen=True)
class PartitionField:
    """One part of how rows are laid out.

    Attributes:
        column: Where the value comes from.
        transform: As Iceberg's specification writes it, such as ``day`` or ``bucket[16]``.
        name: Name of the partition.
    """

    column: str
    transform: str
    name: str


@dataclass(frozen=True, kw_only=True, eq=False)
class IcebergTable:
    """A table that the stack makes: only such a one has hidden partitions and optimizers.

    Attributes:
        columns: Columns, each with its type in Iceberg's words, such as ``long``, ``string``,
            ``double``, ``timestamp``, ``decimal(10, 2)``. The job's table has to have the same
            names. Later changes of columns are made by an engine, not here.
        partitions: How rows are laid out: a column, ``day(ts)``, ``hour(ts)``, ``month(ts)``,
            ``year(ts)``, ``bucket(16, id)``, ``truncate(4, name)``. Readers need not know it.
            Default: not partitioned.
        key: Columns that identify the row to be replaced; for ``upsert``, and then what the
            DDL's ``PRIMARY KEY`` names.
        exists: Whether the table is there already, as after ``cdk destroy``: it is used as it is,
            and not made. Default no.

    Raises:
        ValueError: A type that Iceberg has not, or a partition or key that it does not take.
    """

    columns: Mapping[str, str]
    partitions: Sequence[str] = ()
    key: Sequence[str] = field(default_factory=tuple)
    exists: bool = False

    def __post_init__(self) -> None:
        check_columns("IcebergTable", self.columns, {})
        for column, type_ in self.columns.items():
            if not _is_type(type_):
                raise invalid(
                    "IcebergTable",
                    f"type of column {column!r}",
                    type_,
                    "boolean, int, long, float, double, decimal(p, s) with s <= p <= "
                    f"{_PRECISION_AT_MOST}, date, time, timestamp, timestamptz, string, uuid, "
                    "fixed[n], binary",
                    "These are Iceberg's words; nested types are for tables that the job makes.",
                )
        for column in self.key:
            self._check("key", column)
            if self.columns[column] in ("float", "double"):
                raise invalid(
                    "IcebergTable",
                    "key",
                    f"{column}, a {self.columns[column]}",
                    "columns of other types than float and double",
                    "Such numbers are not distinguished reliably: take a decimal or a string.",
                )
        for part in self.fields:
            self._check("partitions", part.column)
            self._check_type(part)
        self._check_twice()

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

    def _check(self, prop: str, column: str) -> None:
        if column not in self.columns:
            raise invalid(
                "IcebergTable",
                prop,
                column,
                f"columns of the table: {', '.join(self.columns)}",
                "Add the column, or name one that is there.",
            )

    def _check_type(self, part: PartitionField) -> None:
        transform, type_ = part.transform.split("[")[0], self.columns[part.column]
        takes = _TAKES.get(transform)
        if takes is not None and _word(type_) not in takes:
            raise invalid(
                "IcebergTable",
                "partitions",
                f"{transform} of {part.column}, a {type_}",
                f"{transform} of {', '.join(sorted(takes))}",
                "Take another transform, or the column as it is.",
            )

    def _check_twice(self) -> None:
        names = [part.name for part in self.fields]
        times = [part.column for part in self.fields if part.transform in _TIMES]
        hidden = [part.name for part in self.fields if part.transform != "identity"]
        twice = {one for each in (names, times) for one in each if each.count(one) > 1}
        twice |= set(hidden) & set(self.columns)
        if twice:
            raise invalid(
                "IcebergTable",
                "partitions",
                list(self.partitions),
                f"{', '.join(sorted(twice))} once",
                "One transform of each kind for a column; an hour tells its day. The name of a "
                "partition, such as ts_day, must not be a column's.",
            )


def _is_type(text: str) -> bool:
    found = _TYPE.fullmatch(text)
    if found is None or found["precision"] is None:
        return found is not None
    return int(found["scale"]) <= int(found["precision"]) <= _PRECISION_AT_MOST


def _word(type_: str) -> str:
    """A type without its lengths."""
    return re.split(r"[(\[]", type_)[0]
