"""The one form of every error about bad input."""

from aws_cdk import Duration
from constructs import Construct


def invalid(
    where: Construct | str, prop: str, received: object, allowed: str, mend: str
) -> ValueError:
    """Build the error for a property that cannot be accepted.

    Args:
        where: The construct, or the name of the value class, that was given the property.
        prop: The property's name, as the user writes it.
        received: What was received: a duration in words, a construct as its path, all else by
            ``repr``, cut at 120 characters.
        allowed: What would have been accepted.
        mend: What to do now.
    """
    place = where if isinstance(where, str) else where.node.path or type(where).__name__
    return ValueError(f"{place}: {prop} is {_shown(received)}; allowed: {allowed}. {mend}")


def _shown(received: object) -> str:
    if isinstance(received, Duration):
        received = received.to_human_string()
    if isinstance(received, Construct):
        return received.node.path
    shown = repr(received)
    return shown if len(shown) <= 120 else f"{shown[:117]}..."
