"""Partition projection: which partitions a table has is computed, not looked up."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdk_managed_flink.application.errors import invalid

_UNITS = ("YEARS", "MONTHS", "WEEKS", "DAYS", "HOURS", "MINUTES", "SECONDS")


class Projection(ABC):
    """How the values of one partition column are found, without a crawler or a catalog call."""

    # Of the column in the catalog.
    type: str = "string"

    @abstractmethod
    def parameters(self) -> Mapping[str, str]:
        """The table's parameters for the column, without their common ``projection.<column>.``."""


@dataclass(frozen=True, kw_only=True)
class DateProjection(Projection):
    """Dates or times from a first one to the last, by default one a day until now.

    Attributes:
        first: The first value, in ``format``, or relative to now, such as ``NOW-1YEARS``.
        last: Default ``NOW``.
        format: As Java's ``DateTimeFormatter`` has it. Default ``yyyy-MM-dd``, which is how Flink
            writes a DATE or ``DATE_FORMAT(ts, 'yyyy-MM-dd')``.
        interval: Steps between two values. Default 1.
        unit: Unit of the steps. Default ``DAYS``.

    Raises:
        ValueError: A unit that there is not, or a step below 1.
    """

    first: str
    last: str = "NOW"
    format: str = "yyyy-MM-dd"
    interval: int = 1
    unit: str = "DAYS"

    def __post_init__(self) -> None:
        if self.unit not in _UNITS:
            raise invalid(
                "DateProjection",
                "unit",
                self.unit,
                ", ".join(_UNITS),
                "These are Athena's own names.",
            )
        if self.interval < 1:
            raise invalid(
                "DateProjection", "interval", self.interval, "1 or more", "It is a step forward."
            )

    def parameters(self) -> Mapping[str, str]:
        """Type, range, format and steps."""
        return {
            "type": "date",
            "range": f"{self.first},{self.last}",
            "format": self.format,
            "interval": str(self.interval),
            "interval.unit": self.unit,
        }


@dataclass(frozen=True, kw_only=True)
class IntegerProjection(Projection):
    """Whole numbers from a first to a last one.

    Attributes:
        first: The first number.
        last: The last number; values beyond are not found.
        digits: Leading zeros fill up to so many. Default: none.

    Raises:
        ValueError: The last comes before the first.
    """

    type = "bigint"

    first: int
    last: int
    digits: int | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise invalid(
                "IntegerProjection",
                "last",
                self.last,
                f"first ({self.first}) or more",
                "The range is from first to last, both included.",
            )

    def parameters(self) -> Mapping[str, str]:
        """Type, range and digits."""
        filled = {} if self.digits is None else {"digits": str(self.digits)}
        return {"type": "integer", "range": f"{self.first},{self.last}", **filled}


@dataclass(frozen=True)
class EnumProjection(Projection):
    """A few values that are known, such as ``EnumProjection(["eu", "us"])``.

    Raises:
        ValueError: None, an empty one, or one with a comma.
    """

    values: Sequence[str]

    def __post_init__(self) -> None:
        wrong = isinstance(self.values, str) or any(not v or "," in v for v in self.values)
        if wrong or not self.values:
            raise invalid(
                "EnumProjection",
                "values",
                self.values,
                "one or several texts without a comma",
                "Athena separates them by commas.",
            )

    def parameters(self) -> Mapping[str, str]:
        """Type and values."""
        return {"type": "enum", "values": ",".join(self.values)}


@dataclass(frozen=True)
class InjectedProjection(Projection):
    """Any value, which every query then has to name in its WHERE."""

    def parameters(self) -> Mapping[str, str]:
        """The type alone."""
        return {"type": "injected"}


def check_columns(where: str, columns: Mapping[str, str], partitions: Mapping[str, object]) -> None:
    """Refuse columns that a table of the Glue Data Catalog can't have.

    Raises:
        ValueError: No columns, a name that is not lower case, or one that is there twice.
    """
    if not columns:
        raise invalid(
            where, "columns", dict(columns), "one or several", 'Use columns={"sensor": "string"}.'
        )
    for name in (*columns, *partitions):
        if not re.fullmatch(r"[a-z0-9_]{1,255}", name):
            raise invalid(
                where,
                "columns",
                name,
                "lower-case letters, digits and _",
                "The catalog and Athena fold names to lower case: name the column so in the SQL "
                "as well.",
            )
    if twice := sorted(set(columns) & set(partitions)):
        raise invalid(
            where,
            "partitions",
            ", ".join(twice),
            "columns that are not among columns=",
            "A partition column is in the path, not in the files: name it there alone.",
        )
