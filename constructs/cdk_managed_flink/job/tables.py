"""For a job in Python: its property groups, and the tables that they are the options of."""

from collections.abc import Mapping
from functools import cache

from .lexing import tokens
from .properties import PropertyError, PropertyGroups, connector_options
from .rendering import masked as _masked
from .rendering import rendered_tokens
from .secrets import read_secret


class Properties(dict[str, str]):
    """One property group; asking for a key that is missing names those that are there."""

    def __init__(self, group_id: str, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._group_id = group_id

    def __missing__(self, key: str) -> str:
        known = ", ".join(sorted(self)) or "none"
        raise PropertyError(
            f"property group '{self._group_id}' has no key '{key}'; it has: {known}"
        )


def properties(group_id: str) -> Properties:
    """A property group, its secrets read.

    Call it in the main program and hand values on: the file that the service writes lies where
    the job is started.

    Raises:
        PropertyError: There is no such group; names those that exist.
        SecretError: A secret in it, or in any other group, can't be read.
    """
    return Properties(group_id, resolved_groups()[group_id])


def table_options(name: str) -> dict[str, str]:
    """The connector's options of a source or a sink, for a ``TableDescriptor``.

    Raises:
        PropertyError: Nothing of that name is bound; names what is.
    """
    options = properties(name)
    if "connector" not in options:
        raise PropertyError(f"property group '{name}' is no table: it has no key 'connector'")
    return dict(options)


def sql(text: str) -> str:
    """A statement with its placeholders filled in, as in a SQL job.

    ``${name}`` becomes the whole option list of a source or a sink, ``${name.key}`` one value,
    ``$${`` becomes ``${``; strings and comments stay as they are.

    Raises:
        PropertyError: A placeholder stands for nothing.
        SqlError: A string, a comment or a placeholder has no end.
    """
    return rendered_tokens(tokens(text), resolved_groups())


def masked(text: str) -> str:
    """A text without the secrets of the property groups, for a log."""
    return _masked(text, resolved_groups())


@cache
def resolved_groups() -> PropertyGroups:
    """The application's property groups, their secrets read.

    Raises:
        PropertyError: They cannot be read.
        SecretError: A secret that they refer to cannot be read.
    """
    groups = PropertyGroups.read().with_connector_options(connector_options())
    return groups.resolved(read_secret)
