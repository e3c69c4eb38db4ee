"""Iceberg's table properties that a streaming writer needs."""

from collections.abc import Mapping

from cdk_managed_flink.application.binding import TableRules
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.iceberg.definition import IcebergTable


def table_properties(*, upsert: bool) -> Mapping[str, str]:
    """Properties of a table that is committed to with every checkpoint."""
    return {
        # The first version of the specification has no deletes of rows.
        "format-version": "2",
        # Else every checkpoint leaves a metadata file behind, forever.
        "write.metadata.delete-after-commit.enabled": "true",
        **({"write.upsert.enabled": "true"} if upsert else {}),
    }


def key_rule(upsert: bool, table: IcebergTable | None) -> TableRules | None:
    """What the DDL's PRIMARY KEY has to name, by which rows are replaced."""
    return TableRules(primary_key=() if table is None else table.key) if upsert else None


def check_upsert(where: str, upsert: bool, table: IcebergTable | None) -> None:
    """Refuse replacing rows in a table that says no key.

    Raises:
        ValueError: There is none, or one of which some partition is no part.
    """
    if not upsert or table is None:
        return
    if not table.key:
        raise invalid(
            where,
            "upsert",
            True,
            "a table with a key",
            'Use IcebergTable(..., key=["id"]), and PRIMARY KEY (id) NOT ENFORCED in the DDL.',
        )
    apart = sorted({part.column for part in table.fields} - set(table.key))
    if apart:
        raise invalid(
            where,
            "upsert",
            f"partitions by {', '.join(apart)}, which is not in the key",
            f"partitions of columns of the key: {', '.join(table.key)}",
            "A row that moves to another partition would not replace the old one.",
        )
