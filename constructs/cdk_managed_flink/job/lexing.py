"""Tokens of a Flink SQL script: just enough to tell code from strings and comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class SqlError(ValueError):
    """A script that cannot be accepted, and the place in it.

    Attributes:
        line: Line of the place, from 1.
        column: Column of the place, from 1.
    """

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {reason}")
        self.reason = reason
        self.line = line
        self.column = column

    def within(self, file: str) -> str:
        """The error as editors and terminals link it: ``file:line:column: reason``."""
        return f"{file}:{self.line}:{self.column}: {self.reason}"


class TokenKind(Enum):
    """What a piece of a script is."""

    SPACE = "space"
    COMMENT = "comment"
    STRING = "string"
    QUOTED = "quoted"
    PLACEHOLDER = "placeholder"
    ESCAPE = "escape"
    WORD = "word"
    END = "end"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a script: the texts of all tokens, joined, are the script."""

    kind: TokenKind
    text: str
    line: int
    column: int

    @property
    def is_code(self) -> bool:
        """Whether the token means something to Flink."""
        return self.kind not in (TokenKind.SPACE, TokenKind.COMMENT)

    @property
    def name(self) -> str | None:
        """The identifier that the token is, without its quotes; None for any other token."""
        if self.kind is TokenKind.WORD:
            return self.text
        if self.kind is TokenKind.QUOTED:
            return self.text[1:-1].replace("``", "`")
        return None

    @property
    def string(self) -> str | None:
        """The value of a string literal; None for any other token."""
        if self.kind is TokenKind.STRING:
            return self.text[1:-1].replace("''", "'")
        return None


# Possessive repeats: of 'it''s no part is a string, as its last quote is missing. Flink's parser
# takes // like --, and knows no backslash escapes. A hint, /*+ … */, is code.
_PATTERN = re.compile(
    r"""
      (?P<space>\s++)
    | (?P<comment>(?:--|//)[^\r\n]*+|/\*(?!\+)(?s:.*?)\*/)
    | (?P<string>'(?:[^']|'')*+')
    | (?P<quoted>`(?:[^`]|``)*+`)
    | (?P<escape>\$\$\{)
    | (?P<placeholder>\$\{[^{}'`;\r\n]*+\})
    | (?P<word>[^\W\d]\w*+)
    | (?P<end>;)
    | (?P<mark>(?!/\*(?!\+)|\$\{|['`]).)
    """,
    re.VERBOSE,
)
_UNTERMINATED = {
    "/*": "comment without its end: close it with */",
    "${": "placeholder without its end: write ${name} or ${name.key} on one line",
    "'": "string without its end: close it with ', and write a quote inside it as ''",
    "`": "quoted identifier without its end: close it with `",
}


def tokens(script: str) -> Iterator[Token]:
    """Cut a script into tokens; joined, their texts are the script.

    Raises:
        SqlError: A string, a quoted identifier, a comment or a placeholder has no end.
    """
    position, line, line_start = 0, 1, 0
    while position < len(script):
        match = _PATTERN.match(script, position)
        column = position - line_start + 1
        if match is None:
            reason = next(
                text for mark, text in _UNTERMINATED.items() if script.startswith(mark, position)
            )
            raise SqlError(reason, line, column)
        text = match[0]
        yield Token(TokenKind(match.lastgroup), text, line, column)
        position = match.end()
        breaks = text.count("\n")
        if breaks:
            line += breaks
            line_start = position - len(text) + text.rindex("\n") + 1
