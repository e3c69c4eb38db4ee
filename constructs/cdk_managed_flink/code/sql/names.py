"""How a name that nothing is bound to is told of."""

from collections.abc import Collection
from difflib import get_close_matches


def stands_for_nothing(asked: str, name: str, known: Collection[str]) -> str:
    """The sentence: what was asked for, and what there is.

    Args:
        asked: The place and what stands there.
        name: The name in it.
        known: The names of all sources, sinks and property groups.
    """
    close = get_close_matches(name.lower(), [k.lower() for k in known], n=1)
    meant = next((k for k in sorted(known) if [k.lower()] == close), None)
    hint = f" Did you mean ${{{meant}}}?" if meant else ""
    return (
        f"{asked} stands for nothing: no source, sink or property group is called '{name}'; "
        f"known are: {listed(known)}.{hint}"
    )


def listed(names: Collection[str]) -> str:
    """Names for a message."""
    return ", ".join(sorted(names)) or "none"
