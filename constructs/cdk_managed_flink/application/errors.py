"""The one form of every error about bad input."""

from collections.abc import Collection, Mapping

from aws_cdk import Duration
from constructs import Construct

from cdk_managed_flink.application.tokens import is_token


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
    return ValueError(f"{_place(where)}: {prop} is {_shown(received)}; allowed: {allowed}. {mend}")


def cannot_combine(
    where: Construct | str,
    prop: str,
    received: object,
    other: str,
    mend: str = "Remove one of them.",
) -> ValueError:
    """Build the error for two properties that exclude each other.

    Args:
        where: As for ``invalid``.
        prop: The property that is refused.
        received: Its value.
        other: What it cannot be combined with, as the user writes it, such as ``bucket=``.
        mend: What to do now, where it is not simply to remove one of them.
    """
    place = _place(where)
    return ValueError(
        f"{place}: {prop} is {_shown(received)}, which cannot be combined with {other}. {mend}"
    )


def check_one_of(
    where: Construct | str, prop: str, received: object, allowed: Collection[str], mend: str
) -> None:
    """Refuse a value that is not in the list.

    Raises:
        ValueError: It is not.
    """
    if received not in allowed:
        raise invalid(where, prop, received, ", ".join(allowed), mend)


def check_range(
    where: Construct | str,
    prop: str,
    received: float,
    mend: str,
    *,
    at_least: float,
    at_most: float | None = None,
    unit: str = "",
) -> None:
    """Refuse a number outside the limits; one that only the deploy knows is taken.

    Raises:
        ValueError: It is smaller or greater.
    """
    if is_token(received) or (received >= at_least and (at_most is None or received <= at_most)):
        return
    span = f"{at_least:,} or more" if at_most is None else f"{at_least:,} to {at_most:,}"
    raise invalid(where, prop, received, f"{span} {unit}".rstrip(), mend)


def check_new_only(
    where: Construct | str, existing: str, options: Mapping[str, object], mend: str
) -> None:
    """Refuse options of a new resource where an existing one was passed in.

    Args:
        where: As for ``invalid``.
        existing: The argument that took the existing resource, such as ``bucket=``.
        options: The options that only a new resource has; ``None``, ``False`` and what is empty
            count as not given.
        mend: What to do now.

    Raises:
        ValueError: One of them was given.
    """
    for name, value in options.items():
        if value is not None and value is not False and value != () and value != {}:
            raise cannot_combine(where, name, value, existing, mend)


def _place(where: Construct | str) -> str:
    return where if isinstance(where, str) else where.node.path or type(where).__name__


def _shown(received: object) -> str:
    if isinstance(received, Duration):
        received = received.to_human_string()
    if isinstance(received, Construct):
        return received.node.path
    shown = repr(received)
    return shown if len(shown) <= 120 else f"{shown[:117]}..."
