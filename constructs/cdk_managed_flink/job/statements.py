"""Statements of a Flink SQL script: where each begins, and what it is to the job."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import pairwise

from .lexing import SqlError, Token, TokenKind, tokens


class StatementKind(Enum):
    """What a statement is to the job."""

    SET = "SET"
    CREATE_TABLE = "CREATE TABLE"
    CREATE_VIEW = "CREATE VIEW"
    DEFINITION = "definition"
    INSERT = "INSERT"


@dataclass(frozen=True)
class Placeholder:
    """A ``${name}`` or ``${name.key}`` of a statement.

    Attributes:
        name: The property group.
        key: The key in it; None for the group's whole option list.
        line: Line of the script, from 1.
        column: Column of the script, from 1.
    """

    name: str
    key: str | None
    line: int
    column: int

    def __str__(self) -> str:
        return f"${{{self.name}}}" if self.key is None else f"${{{self.name}.{self.key}}}"


@dataclass(frozen=True)
class Statement:
    """One statement of a script, without its semicolon.

    Attributes:
        kind: What it is to the job.
        tokens: Its tokens, from the first that is code to the last.
        target: The table or view that is made or written, last part only; a setting's key for SET.
        value: A setting's value, for SET.
    """

    kind: StatementKind
    tokens: tuple[Token, ...]
    target: str = ""
    value: str = ""

    @property
    def text(self) -> str:
        """The statement as it is written, placeholders and comments within it included."""
        return "".join(token.text for token in self.tokens)

    @property
    def line(self) -> int:
        """The line of the script that it begins on, from 1."""
        return self.tokens[0].line

    @property
    def title(self) -> str:
        """A few words that name the statement in a message."""
        kind = {StatementKind.INSERT: "INSERT INTO"}.get(self.kind, self.kind.value)
        if self.kind is StatementKind.DEFINITION:
            return " ".join(self.text.split()[:3])
        return f"{kind} {self.target}"

    @cached_property
    def names(self) -> frozenset[str]:
        """Every identifier in it, table names among them, without quotes."""
        return frozenset(name for token in self.tokens if (name := token.name) is not None)

    @cached_property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """Its placeholders, in order."""
        return tuple(
            placeholder(token) for token in self.tokens if token.kind is TokenKind.PLACEHOLDER
        )


_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_-]+)(?:\.([^\s{}]+))?\}")

# First words of statements that change what is defined, and run no job.
_DEFINITIONS = frozenset({"CREATE", "DROP", "ALTER", "USE", "LOAD", "UNLOAD"})
_CREATED = {"TABLE": StatementKind.CREATE_TABLE, "VIEW": StatementKind.CREATE_VIEW}
_REFUSED = {
    "SELECT": "a SELECT shows its rows to nobody on the service: INSERT them INTO a table",
    "WITH": "a query shows its rows to nobody on the service: INSERT them INTO a table",
    "VALUES": "a query shows its rows to nobody on the service: INSERT them INTO a table",
    "ADD": "the job has one jar, which is built from its connectors: ADD JAR has no place in it",
    "RESET": "a job starts with no settings of an earlier one: leave out the SET instead",
}


def placeholder(token: Token) -> Placeholder:
    """What a placeholder token asks for.

    Raises:
        SqlError: It is neither ``${name}`` nor ``${name.key}``.
    """
    match = _PLACEHOLDER.fullmatch(token.text)
    if match is None:
        raise SqlError(
            f"{token.text} is no placeholder: write ${{name}} or ${{name.key}}, without spaces",
            token.line,
            token.column,
        )
    return Placeholder(match[1], match[2], token.line, token.column)


def split(script: str) -> list[tuple[Token, ...]]:
    """Cut a script at the semicolons between statements; a piece without code is left out.

    Raises:
        SqlError: A string, quoted identifier, comment or placeholder has no end.
    """
    pieces: list[list[Token]] = [[]]
    for token in tokens(script):
        if token.kind is TokenKind.END:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [trimmed for piece in pieces if (trimmed := _trimmed(piece))]


def statements(script: str) -> list[Statement]:
    """Read a script: its statements in order, statement sets opened up.

    ``EXECUTE STATEMENT SET BEGIN … END`` and ``BEGIN STATEMENT SET; … END`` may stand in it: all
    INSERTs become one job with them and without.

    Raises:
        SqlError: The script cannot be read, or holds a statement that is no part of a job.
    """
    return list(_read(split(script)))


def _read(pieces: Sequence[tuple[Token, ...]]) -> Iterator[Statement]:
    opened: Token | None = None
    for piece in pieces:
        code = [token for token in piece if token.is_code]
        words = [token.text.upper() for token in code]
        begins = _begins_statement_set(words)
        if begins:
            if opened:
                raise _error("this statement set is inside another one: close that with END", code)
            opened = code[0]
            if len(code) == begins:
                continue
            piece = piece[piece.index(code[begins]) :]
            code, words = code[begins:], words[begins:]
        if words == ["END"]:
            if not opened:
                raise _error("END without BEGIN STATEMENT SET", code)
            opened = None
            continue
        for token in code:
            if token.kind is TokenKind.PLACEHOLDER:
                placeholder(token)
        statement = _classified(piece, code, words)
        if opened and statement.kind is not StatementKind.INSERT:
            raise _error("a statement set holds nothing but INSERT", code)
        yield statement
    if opened:
        raise _error("this statement set has no END", [opened])


def _begins_statement_set(words: Sequence[str]) -> int:
    """How many words of the beginning open a statement set."""
    for opening in (["EXECUTE", "STATEMENT", "SET", "BEGIN"], ["BEGIN", "STATEMENT", "SET"]):
        if list(words[: len(opening)]) == opening:
            return len(opening)
    return 0


def _classified(piece: tuple[Token, ...], code: Sequence[Token], words: Sequence[str]) -> Statement:
    first = words[0]
    if first == "SET":
        return _setting(piece, code)
    if first == "INSERT":
        if words[1:2] not in (["INTO"], ["OVERWRITE"]):
            raise _error("INSERT needs INTO or OVERWRITE and a table", code)
        at = 3 if words[2:3] == ["TABLE"] else 2
        return Statement(StatementKind.INSERT, piece, _table(code, at))
    if first in _DEFINITIONS:
        return _definition(piece, code, words)
    reason = _REFUSED.get(
        first, f"{code[0].text} is no part of a job: it takes SET, CREATE and other DDL, and INSERT"
    )
    raise _error(reason, code)


def _definition(piece: tuple[Token, ...], code: Sequence[Token], words: Sequence[str]) -> Statement:
    at = 1
    if words[0] == "CREATE":
        if words[at : at + 2] == ["OR", "REPLACE"]:
            at += 2
        at += words[at : at + 1] == ["TEMPORARY"]
    kind = _CREATED.get(" ".join(words[at : at + 1])) if words[0] == "CREATE" else None
    if kind is None:
        return Statement(StatementKind.DEFINITION, piece)
    at += 1
    if words[at : at + 3] == ["IF", "NOT", "EXISTS"]:
        at += 3
    target = _table(code, at)
    if kind is StatementKind.CREATE_TABLE and _selects(code):
        raise _error(
            f"CREATE TABLE {target} AS SELECT would be a job of its own: "
            "CREATE the table and INSERT INTO it",
            code,
        )
    return Statement(kind, piece, target)


def _selects(code: Sequence[Token]) -> bool:
    """Whether AS and a query follow outside all parentheses."""
    depth = 0
    for token, following in pairwise(code):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text.upper() == "AS" and token.kind is TokenKind.WORD:
            return following.text.upper() in ("SELECT", "WITH", "VALUES", "(")
    return False


def _table(code: Sequence[Token], at: int) -> str:
    """The table named from that token on, its catalog and database left out."""
    name = code[at].name if at < len(code) else None
    while name is not None and at + 2 < len(code) and code[at + 1].text == ".":
        at += 2
        name = code[at].name
    if name is None:
        raise _error("a table's name is missing here", code[min(at, len(code) - 1) :])
    return name


def _setting(piece: tuple[Token, ...], code: Sequence[Token]) -> Statement:
    if len(code) == 4 and code[2].text == "=":
        key, value = code[1].string, code[3].string
        if key and value is not None:
            return Statement(StatementKind.SET, piece, key, value)
    raise _error("a setting is written SET 'key' = 'value', both in single quotes", code)


def _error(reason: str, code: Sequence[Token]) -> SqlError:
    return SqlError(reason, code[0].line, code[0].column)


def _trimmed(piece: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens from the first to the last that is code."""
    code = [at for at, token in enumerate(piece) if token.is_code]
    return tuple(piece[code[0] : code[-1] + 1]) if code else ()
