"""What the tables of a SQL job say that the connectors behind them can't do."""

from collections.abc import Iterator, Sequence

from cdk_managed_flink.application.binding import TableRules
from cdk_managed_flink.code.sql_columns import TableColumns, columns_of
from cdk_managed_flink.job.statements import Statement, StatementKind


def rule_problems(
    file: str, statements: Sequence[Statement], name: str, rules: TableRules
) -> list[str]:
    """Every rule that a table bound to the name breaks, with its place.

    Tables that take columns from elsewhere, by LIKE or AS, are passed over.
    """
    found: list[str] = []
    for statement in statements:
        asked = {placeholder.name for placeholder in statement.placeholders}
        if statement.kind is not StatementKind.CREATE_TABLE or name not in asked:
            continue
        table = columns_of(statement)
        if table is not None:
            place = f"{file}:{table.line}: table '{table.table}'"
            found += (f"{place} {problem}" for problem in _broken(table, rules))
    return found


def _broken(table: TableColumns, rules: TableRules) -> Iterator[str]:
    if rules.keys and set(table.partitions) != set(rules.keys):
        wanted = ", ".join(rules.keys)
        yield (
            f"is PARTITIONED BY {', '.join(table.partitions) or 'nothing'}, and the key of the "
            f"items behind it is {wanted}: two rows with one key in one batch are refused, over "
            f"and over. Say PARTITIONED BY ({wanted})."
        )
    if rules.no_partitions is not None and table.partitions:
        yield f"is PARTITIONED BY {', '.join(table.partitions)}, but {rules.no_partitions}."
    if rules.no_metadata is not None and table.metadata:
        yield f"has the METADATA column {', '.join(table.metadata)}: {rules.no_metadata}."
    if rules.no_rows is not None and table.rows:
        yield f"has the ROW column {', '.join(table.rows)}: {rules.no_rows}."
