"""From a statement with placeholders to the SQL that Flink gets, and to what people may see."""

import re
from collections.abc import Iterable, Mapping

from .lexing import Token, TokenKind
from .properties import PropertyError, PropertyGroups
from .secrets import refers
from .statements import Placeholder, Statement, placeholder

MASK = "******"
_SECRET_KEY = re.compile(
    r"passw|pwd|passphrase|secret|token|credential|jaas|api[._-]?key|access[._-]?key|private[._-]?key",
    re.IGNORECASE,
)
# Which provider of credentials is used is no secret, and helps to understand a failure.
_NO_SECRET_KEY = re.compile(r"\.provider$|\.consumer-?arn", re.IGNORECASE)


def rendered(statement: Statement, groups: PropertyGroups) -> str:
    """The statement as Flink gets it.

    ``${name}`` becomes the group's options as quoted pairs, ``${name.key}`` one value as it is,
    ``$${`` becomes ``${``. Strings, quoted identifiers and comments stay as they are.

    Raises:
        PropertyError: A group or a key does not exist.
    """
    return rendered_tokens(statement.tokens, groups)


def rendered_tokens(tokens: Iterable[Token], groups: PropertyGroups) -> str:
    """A text as Flink gets it, as ``rendered`` does for a statement.

    Raises:
        PropertyError: A group or a key does not exist.
        SqlError: A placeholder has another form.
    """
    parts = []
    for token in tokens:
        if token.kind is TokenKind.PLACEHOLDER:
            parts.append(_text(placeholder(token), groups))
        elif token.kind is TokenKind.ESCAPE:
            parts.append("${")
        else:
            parts.append(token.text)
    return "".join(parts)


def masked(text: str, groups: PropertyGroups) -> str:
    """A text without the secrets that the groups hold, for logs and screens."""
    secrets = {secret for secret in groups.secrets if secret} | {
        value
        for group in groups.values()
        for key, value in group.items()
        if value and is_secret(key, value)
    }
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(_quoted(secret), _quoted(MASK))
        if len(secret) >= 4:  # a shorter one would blot out half of every text
            text = text.replace(secret, MASK)
    return text


def is_secret(key: str, value: str) -> bool:
    """Whether the value must not be shown."""
    if refers(value):
        return True
    return bool(_SECRET_KEY.search(key)) and not _NO_SECRET_KEY.search(key)


def options(group: Mapping[str, str]) -> str:
    """A group as the inside of ``WITH (…)``: the connector first, then by key."""
    ordered = sorted(group.items(), key=lambda item: (item[0] != "connector", item[0]))
    return ", ".join(f"{_quoted(key)} = {_quoted(value)}" for key, value in ordered)


def _text(asked: Placeholder, groups: PropertyGroups) -> str:
    try:
        if asked.key is None:
            return options(groups[asked.name])
        return groups.value(asked.name, asked.key)
    except PropertyError as error:
        raise PropertyError(f"{asked}: {error}") from None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
