"""Durations whose length is known without asking CDK, which is a round trip each time."""

from functools import cache

from aws_cdk import Duration

from cdk_managed_flink.application.answers import known, once

MILLISECOND = 1
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_UNITS = {"millis": MILLISECOND, "seconds": SECOND, "minutes": MINUTE, "hours": HOUR, "days": DAY}


@cache
def seconds(amount: int) -> Duration:
    """So many seconds."""
    return _known(Duration.seconds(amount), amount * SECOND)


@cache
def minutes(amount: int) -> Duration:
    """So many minutes."""
    return _known(Duration.minutes(amount), amount * MINUTE)


@cache
def hours(amount: int) -> Duration:
    """So many hours."""
    return _known(Duration.hours(amount), amount * HOUR)


@cache
def days(amount: int) -> Duration:
    """So many days."""
    return _known(Duration.days(amount), amount * DAY)


@once
def milliseconds(duration: Duration) -> float | None:
    """How long it is; nothing where that is known only in the deploy."""
    amount, unit = duration.format_token_to_number().rsplit(" ", 1)
    try:
        return float(amount) * _UNITS[unit]
    except ValueError:  # a token
        return None


def literal(duration: Duration) -> float:
    """How long one is that is known at synth."""
    length = milliseconds(duration)
    assert length is not None
    return length


def whole(duration: Duration, unit: int) -> float:
    """How many seconds, or other units, it has; a token stays one.

    Raises:
        RuntimeError: CDK's: it has a part of one, or it is a token in another unit.
    """
    length = milliseconds(duration)
    if length is not None and length % unit == 0:
        return int(length // unit)
    return {MILLISECOND: duration.to_milliseconds, SECOND: duration.to_seconds}[unit]()


def _known(made: Duration, length: float) -> Duration:
    answer: float | None = length
    known(made, milliseconds, answer)
    return made
