"""Names and texts as they stand in a statement of Redshift's SQL."""

import re

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

# Longer ones are cut by Redshift without a word (Names and identifiers, developer guide).
_LONGEST = 127
_LEGAL = re.compile(r"[a-z_][a-z0-9_]*")


def quoted(name: str) -> str:
    """A name in quotes: no word is reserved then, and nothing in it ends the name."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A value as a string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def check_identifier(where: str, prop: str, name: str, *, longest: int = _LONGEST) -> None:
    """Refuse a name that Redshift would fold, cut or not take.

    Args:
        where: The value class that was given the name.
        prop: The property's name.
        name: The name.
        longest: In characters.

    Raises:
        ValueError: It is not legal, or not known at synth.
    """
    if is_token(name) or len(name) > longest or not _LEGAL.fullmatch(name):
        raise invalid(
            where,
            prop,
            "a token" if is_token(name) else name,
            f"a literal of up to {longest} of the characters a-z 0-9 _, which begins with a "
            "letter or _",
            "Redshift folds names to lower case, quoted ones too: write it in lower case here and "
            "in the job's table, where a column is renamed with AS.",
        )
