"""The columns of a SQL job's tables, against what is behind a sink."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cdk_managed_flink.application.binding import Columns
from cdk_managed_flink.job.lexing import Token
from cdk_managed_flink.job.statements import Statement, StatementKind

# First words of what stands among a table's columns and is none.
_NO_COLUMN = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "WATERMARK"})


@dataclass(frozen=True)
class TableColumns:
    """What a CREATE TABLE says of the rows that are written into it.

    Attributes:
        table: Its name.
        line: Line of the script, from 1.
        written: Columns that rows are written with: neither computed ones nor virtual metadata.
        partitions: Those that PARTITIONED BY names.
        metadata: Those that the connector fills from a record's METADATA.
        rows: Columns that rows are written with whose type is ROW, or has one in it.
    """

    table: str
    line: int
    written: Sequence[str]
    partitions: Sequence[str]
    metadata: Sequence[str] = field(default=(), compare=False)
    rows: Sequence[str] = field(default=(), compare=False)


def column_problems(
    file: str, statements: Sequence[Statement], name: str, wanted: Columns
) -> list[str]:
    """What the tables that are bound to a name lack of the columns that are read behind them."""
    found: list[str] = []
    for statement in statements:
        asked = {placeholder.name for placeholder in statement.placeholders}
        if statement.kind is not StatementKind.CREATE_TABLE or name not in asked:
            continue
        table = columns_of(statement)
        if table is not None:
            found += _against(file, table, wanted)
    return found


def columns_of(statement: Statement) -> TableColumns | None:
    """The columns of a CREATE TABLE; ``None`` where it takes some of them from elsewhere."""
    code = [token for token in statement.tokens if token.is_code]
    if "LIKE" in _outside(code):
        return None
    opened = next((at for at, token in enumerate(code) if token.text == "("), None)
    words = [token.text.upper() for token in code]
    if opened is None or "WITH" in words[:opened]:
        return None
    columns = [(item[0].name, item) for item in _items(code[opened:]) if item[0].name]
    partitions: list[str] = []
    for at in range(opened, len(words) - 1):
        if words[at : at + 2] == ["PARTITIONED", "BY"]:
            partitions = [item[0].name for item in _items(code[at + 2 :]) if item[0].name]
    return TableColumns(
        statement.target,
        statement.line,
        [name for name, item in columns if _is_written(item)],
        partitions,
        metadata=[name for name, item in columns if "METADATA" in _type(item)],
        rows=[name for name, item in columns if _is_written(item) and "ROW" in _type(item)],
    )


def _items(code: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """What stands between the commas of a pair of parentheses, which the code begins with."""
    depth, item, in_type = 0, list[Token](), True
    for token in code:
        if token.text == "(" or (in_type and token.text == "<"):
            depth += 1
            if depth == 1:
                continue
        elif token.text == ")" or (in_type and token.text == ">"):
            depth -= 1
        elif token.text.upper() == "AS":
            in_type = False  # but in an expression, where these compare
        if depth == 0:
            break
        if depth == 1 and token.text == ",":
            if item:
                yield item
            item, in_type = [], True
        else:
            item.append(token)
    if item:
        yield item


def _outside(code: Sequence[Token]) -> Iterator[str]:
    """The words outside of all parentheses."""
    depth = 0
    for token in code:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            yield token.text.upper()


def _is_written(item: Sequence[Token]) -> bool:
    # A name in quotes is never one of these words: its text begins with a quote.
    words = [token.text.upper() for token in item]
    if words[0] in _NO_COLUMN:
        return False
    computed = len(words) > 1 and words[1] == "AS"
    metadata = words[words.index("METADATA", 1) :] if "METADATA" in words[1:] else ()
    return not computed and "VIRTUAL" not in metadata


def _type(item: Sequence[Token]) -> Sequence[str]:
    """The words after a column's name; none of what is no column, or is computed."""
    words = [token.text.upper() for token in item]
    return () if words[0] in _NO_COLUMN or words[1:2] == ["AS"] else words[1:]


def _against(file: str, table: TableColumns, wanted: Columns) -> Iterator[str]:
    has = [
        name
        for name in table.written
        if not (wanted.without_partitions and name in table.partitions)
    ]
    place = f"{file}:{table.line}: table '{table.table}'"
    lacks = [name for name in wanted.names if name not in has]
    if lacks:
        apart = [name for name in lacks if name in table.partitions]
        why = (
            f" PARTITIONED BY takes {', '.join(apart)} out of the files, into their paths."
            if apart
            else ""
        )
        yield (
            f"{place} lacks {', '.join(lacks)}, which {wanted.reader} reads; its rows have: "
            f"{', '.join(has) or 'no column'}.{why} Names are compared letter by letter: add the "
            "column to the table, or take it out of columns=."
        )
    elif wanted.in_order and list(wanted.names) != has:
        yield (
            f"{place} has the columns {', '.join(has)}, and {wanted.reader} has "
            f"{', '.join(wanted.names)}: these files are read by position, so both have to be the "
            "same, in the same order."
        )
