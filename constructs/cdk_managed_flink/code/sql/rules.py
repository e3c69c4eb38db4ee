"""Rules of the connectors that the tables of a SQL job break."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from cdk_managed_flink.application.binding import TableRules
from cdk_managed_flink.code.sql.columns import TableColumns, columns_of
from cdk_managed_flink.job.lexing import Token
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
            broken = (*_broken(table, rules), *_broken_key(statement, table, rules.primary_key))
            found += (f"{place} {problem}" for problem in broken)
    return found


def primary_key(statement: Statement) -> Sequence[str]:
    """The columns of a CREATE TABLE's PRIMARY KEY, of the table or of a column."""
    code = [token for token in statement.tokens if token.is_code]
    words = [token.text.upper() for token in code]
    depth, first = 0, 0
    for at, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth == 1 and word in ("(", ","):
            first = at + 1
        if words[at : at + 2] == ["PRIMARY", "KEY"]:
            named: Iterable[Token] = code[first : first + 1]
            if words[at + 2 : at + 3] == ["("]:
                named = takewhile(lambda token: token.text != ")", code[at + 3 :])
            return [token.name for token in named if token.name]
    return []


def _broken(table: TableColumns, rules: TableRules) -> Iterator[str]:
    if rules.keys and set(table.partitions) != set(rules.keys):
        wanted = ", ".join(rules.keys)
        yield (
            f"is PARTITIONED BY {', '.join(table.partitions) or 'nothing'}, and the key of the "
            f"items behind it is {wanted}: two rows with one key in one batch are refused, over "
            f"and over. Use PARTITIONED BY ({wanted})."
        )
    if rules.partitions is not None and list(table.partitions) != list(rules.partitions):
        wanted = ", ".join(rules.partitions)
        yield (
            f"is PARTITIONED BY {', '.join(table.partitions) or 'nothing'}, and the partitions of "
            f"the catalog's table are {wanted or 'none'}: a query would look for the files in "
            "other folders, and find no rows. "
            + (f"Use PARTITIONED BY ({wanted})." if wanted else "Remove it, or use partitions=.")
        )
    if rules.no_partitions is not None and table.partitions:
        yield f"is PARTITIONED BY {', '.join(table.partitions)}, but {rules.no_partitions}."
    if rules.no_metadata is not None and table.metadata:
        yield f"has the METADATA column {', '.join(table.metadata)}: {rules.no_metadata}."
    if rules.no_rows is not None and table.rows:
        yield f"has the ROW column {', '.join(table.rows)}: {rules.no_rows}."


def _broken_key(
    statement: Statement, table: TableColumns, wanted: Sequence[str] | None
) -> Iterator[str]:
    if wanted is None:
        return
    key = primary_key(statement)
    apart = [column for column in table.partitions if column not in key]
    mend = f"Use PRIMARY KEY ({', '.join(wanted) or 'id'}) NOT ENFORCED."
    if not key:
        yield f"has no PRIMARY KEY, and a row is to replace the one with its key. {mend}"
    elif wanted and set(key) != set(wanted):
        yield (
            f"has the PRIMARY KEY ({', '.join(key)}), and the key of the table behind it is "
            f"{', '.join(wanted)}. {mend}"
        )
    elif not wanted and apart:
        yield (
            f"is PARTITIONED BY {', '.join(apart)}, which its PRIMARY KEY ({', '.join(key)}) does "
            "not name: a row that moves to another partition would not replace the old one. Add "
            "it to the key."
        )
