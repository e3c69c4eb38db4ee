"""The options of a table, held against what its connector takes.

The connectors hand on what begins with one of their prefixes without looking at it, so a misspelt
option has no effect, without any message.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.connectors.connectors import release_line
from cdk_managed_flink.connectors.option_names import (
    COMMON,
    FORMAT_OPTIONS,
    FORMATS,
    FROM_FLINK_2,
    OptionNames,
)

# What begins so has an effect on one side of a job only.
_ONE_SIDED = {
    "source": ("scan.", "source."),
    "sink": ("sink.", "auto-compaction", "compaction."),
}


def checked_options(
    where: str,
    options: Mapping[str, str],
    further: Mapping[str, str] | None = None,
    *,
    runtime: Runtime,
    kind: str,
    fields: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole list of a table's options, the further ones last, if its connector takes every one.

    Connectors, lines and formats that are not known here take anything.

    Args:
        where: The source or sink, for the error.
        options: What its fields come to, ``connector`` among them.
        further: Its ``table_options``; they win.
        runtime: The application's runtime, which says which line of the connector it is.
        kind: ``source`` or ``sink``.
        fields: Options that a field decides, and grants, formats or alarms with it: what to use in
            their place.

    Raises:
        ValueError: The connector does not know an option, it is one of the connector's other
            lines or of the other side, or a field decides it.
    """
    further = further or {}
    for name in further:
        _check_further(where, name, kind, fields or {})
    options = {**options, **further}
    connector = options.get("connector", "")
    known = _known(connector, runtime)
    if known is not None:
        names, prefixes = _names(known, options, runtime)
        for name in options:
            if is_token(name) or name in names or name.startswith(prefixes):
                continue
            raise invalid(
                where,
                f"option of the connector {connector!r}",
                name,
                f"an option that it has on {runtime.name}",
                known.elsewhere.get(name) or _mend(name, names),
            )
    return options


def _check_further(where: str, name: str, kind: str, fields: Mapping[str, str]) -> None:
    instead = {"connector": "Bind another source or sink.", **fields}.get(name)
    if instead is not None:
        raise invalid(
            where,
            "table_options",
            name,
            "options that no field decides",
            f"What it names is granted, packaged and watched as well. {instead}",
        )
    for side, prefixes in _ONE_SIDED.items():
        if side != kind and name.startswith(prefixes):
            raise invalid(
                where,
                "table_options",
                name,
                f"options of a {kind}",
                f"It is one of a {side}, and has no effect here: leave it out.",
            )


def _known(connector: str, runtime: Runtime) -> OptionNames | None:
    try:
        return release_line(runtime).options.get(connector)
    except ValueError:  # a runtime whose connectors are not known here
        return None


def _names(
    known: OptionNames, options: Mapping[str, str], runtime: Runtime
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names and prefixes that the connector and the formats of these options take."""
    names, prefixes = {*COMMON, *known.names}, [*known.prefixes]
    for option, prefix in FORMATS.items():
        if option not in known.names or option not in options:
            continue
        # Of a format that is known only in the deploy, everything goes.
        format_ = "" if is_token(options[option]) else options[option]
        of_format = FORMAT_OPTIONS.get(format_)
        begin = f"{prefix}{format_}." if format_ else prefix
        if of_format is None:
            prefixes.append(begin)
            continue
        further = FROM_FLINK_2.get(format_, ()) if runtime.flink_version >= (2, 0) else ()
        names |= {f"{begin}{name}" for name in (*of_format.names, *further)}
        prefixes += [f"{begin}{name}" for name in of_format.prefixes]
    return frozenset(names), tuple(prefixes)


def _mend(name: str, names: frozenset[str]) -> str:
    close = get_close_matches(name, names, n=1, cutoff=0.75)
    if close:
        return f"Use {close[0]!r} instead."
    family = name.split(".", maxsplit=1)[0]
    beside = sorted(other for other in names if other.startswith(f"{family}."))
    listed = ", ".join(beside or sorted(names))
    return f"Check its spelling: an option that is not known has no effect. It has: {listed}."
