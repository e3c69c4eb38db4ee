"""The one form of every error about bad input."""

from constructs import Construct


def invalid(
    where: Construct | str, prop: str, received: object, allowed: str, mend: str
) -> ValueError:
    """Build the error for a property that cannot be accepted.

    Args:
        where: The construct, or the name of the value class, that was given the property.
        prop: The property's name, as the user writes it.
        received: What was received; shown by ``repr``, cut at 120 characters.
        allowed: What would have been accepted.
        mend: What to do now.
    """
    place = where if isinstance(where, str) else where.node.path or type(where).__name__
    shown = repr(received)
    if len(shown) > 120:
        shown = f"{shown[:117]}..."
    return ValueError(f"{place}: {prop} is {shown}; allowed: {allowed}. {mend}")
