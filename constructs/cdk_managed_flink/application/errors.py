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


def check_new_or_existing(
    where: Construct | str,
    kind: str,
    existing: object | None,
    encryption_key: object | None,
    new_only: Mapping[str, object],
) -> None:
    """Refuse options of a new resource with an existing one, and a key with a new one.

    Args:
        where: As for ``invalid``.
        kind: What it is, and the argument that takes an existing one: ``bucket``, ``stream``.
        existing: The existing resource, if there is one.
        encryption_key: The key that was given for the existing one.
        new_only: The options that only a new one has; ``None``, ``False`` and what is empty are
            not set.

    Raises:
        ValueError: An option that the other case has.
    """
    if existing is None:
        if encryption_key is not None:
            raise invalid(
                where,
                "encryption_key",
                encryption_key,
                f"the key of an existing {kind}",
                f"A new {kind} is encrypted with the pipeline's data_key.",
            )
        return
    for name, value in new_only.items():
        if value is not None and value is not False and value != () and value != {}:
            raise cannot_combine(
                where,
                name,
                value,
                f"{kind}=",
                f"An existing {kind} is never changed: set it on the {kind} itself.",
            )


def _place(where: Construct | str) -> str:
    return where if isinstance(where, str) else where.node.path or type(where).__name__


def _shown(received: object) -> str:
    if isinstance(received, Duration):
        received = received.to_human_string()
    if isinstance(received, Construct):
        return received.node.path
    shown = repr(received)
    return shown if len(shown) <= 120 else f"{shown[:117]}..."
