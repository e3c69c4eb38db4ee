"""The columns of a table in Redshift."""

import re
from collections.abc import Mapping

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.redshift.identifiers import check_identifier

_MOST = 1600  # a table's, in Redshift's quotas
# Data types of the developer guide that rows of a job can hold, with their other names.
_PLAIN = frozenset(
    {
        "BIGINT",
        "BOOL",
        "BOOLEAN",
        "DATE",
        "DOUBLE PRECISION",
        "FLOAT",
        "FLOAT4",
        "FLOAT8",
        "INT",
        "INT2",
        "INT4",
        "INT8",
        "INTEGER",
        "REAL",
        "SMALLINT",
        "SUPER",
        "TEXT",
        "TIME",
        "TIMESTAMP",
        "TIMESTAMP WITHOUT TIME ZONE",
        "TIMESTAMP WITH TIME ZONE",
        "TIMESTAMPTZ",
        "TIMETZ",
    }
)
_SIZED = {
    "CHAR": 4096,
    "CHARACTER": 4096,
    "CHARACTER VARYING": 16_777_216,
    "NCHAR": 4096,
    "NVARCHAR": 16_777_216,
    "VARBYTE": 16_777_216,
    "VARCHAR": 16_777_216,
}
_SCALED = frozenset({"DECIMAL", "NUMERIC"})
_MOST_DIGITS = 38
# Names in information_schema.columns, of the types whose names are certain.
_IN_CATALOG = {
    **dict.fromkeys(("SMALLINT", "INT2"), "smallint"),
    **dict.fromkeys(("INTEGER", "INT", "INT4"), "integer"),
    **dict.fromkeys(("BIGINT", "INT8"), "bigint"),
    **dict.fromkeys(("REAL", "FLOAT4"), "real"),
    **dict.fromkeys(("DOUBLE PRECISION", "FLOAT8", "FLOAT"), "double precision"),
    **dict.fromkeys(("BOOLEAN", "BOOL"), "boolean"),
    **dict.fromkeys(("DECIMAL", "NUMERIC"), "numeric"),
    **dict.fromkeys(("CHAR", "CHARACTER"), "character"),
    **dict.fromkeys(("VARCHAR", "CHARACTER VARYING"), "character varying"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE"), "timestamp without time zone"),
    **dict.fromkeys(("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"), "timestamp with time zone"),
    "DATE": "date",
}
_TYPE = re.compile(r"([A-Z][A-Z0-9]*(?: [A-Z]+)*) ?(?:\( ?(MAX|\d+) ?(?:, ?(\d+) ?)?\))?")


def normal(type_: str) -> str | None:
    """A type as it goes into a statement; ``None`` if Redshift has no such type."""
    given = " ".join(type_.upper().split())
    match = _TYPE.fullmatch(given)
    if match is None:
        return None
    name, size, scale = match.groups()
    if size is None:
        return name if name in _PLAIN | _SIZED.keys() | _SCALED else None
    if name in _SIZED and scale is None:
        fits = size == "MAX" or 1 <= int(size) <= _SIZED[name]
        return f"{name}({size})" if fits else None
    if name in _SCALED and size != "MAX" and 1 <= int(size) <= _MOST_DIGITS:
        if scale is None:
            return f"{name}({size})"
        return f"{name}({size},{scale})" if int(scale) <= int(size) else None
    return None


def check_columns(where: str, columns: Mapping[str, str]) -> None:
    """Refuse what no table of Redshift has.

    Raises:
        ValueError: No column or too many, a name that Redshift would fold, or an unknown type.
    """
    if not 1 <= len(columns) <= _MOST:
        raise invalid(
            where,
            "columns",
            f"{len(columns)} columns",
            f"1 to {_MOST}",
            'Use columns={"sensor": "VARCHAR(64)", "value": "DOUBLE PRECISION"}.',
        )
    for name, type_ in columns.items():
        check_identifier(where, "columns", name)
        if normal(type_) is None:
            raise invalid(
                where,
                f"columns[{name!r}]",
                type_,
                "a data type of Redshift, such as BIGINT, DECIMAL(10,2), DOUBLE PRECISION, "
                "VARCHAR(64), TIMESTAMP, BOOLEAN or SUPER",
                "A constraint or an encoding is no part of it.",
            )


def described(columns: Mapping[str, str]) -> list[dict[str, str]]:
    """Each column with its name, its type, and how ``information_schema.columns`` shows it."""
    found = []
    for name, type_ in columns.items():
        known = normal(type_) or type_
        shown = _shown(known)
        found.append({"Name": name, "Type": known, **({"Is": shown} if shown else {})})
    return found


def _shown(type_: str) -> str | None:
    name, _, size = type_.rstrip(")").partition("(")
    data_type = _IN_CATALOG.get(name)
    if data_type is None:
        return None
    is_ = f"data_type = '{data_type}'"
    if name in _SCALED and size:
        digits, _, scale = size.partition(",")
        return f"{is_} AND numeric_precision = {digits} AND numeric_scale = {scale or 0}"
    if name in _SIZED and size.isdigit():
        return f"{is_} AND character_maximum_length = {size}"
    return is_
