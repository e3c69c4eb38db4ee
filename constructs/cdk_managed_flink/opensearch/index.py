"""Indexes: their names, how they rotate and how long they are kept."""

import re
from enum import StrEnum

from aws_cdk import Duration

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

# An index's name begins with no _ or -; Firehose takes 80 characters before what rotation adds.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


class IndexRotation(StrEnum):
    """How often Firehose begins a new index; its time in UTC is added to the name."""

    NONE = "NoRotation"
    HOURLY = "OneHour"
    DAILY = "OneDay"
    WEEKLY = "OneWeek"
    MONTHLY = "OneMonth"


def rotated(index: str, rotation: IndexRotation) -> str:
    """The pattern of what Firehose writes: ``clicks``, or ``clicks-2026-01-31`` and the like.

    Each rotation adds ``-`` and the year first ("Configure index rotation for OpenSearch Service").
    """
    return index if rotation == IndexRotation.NONE else f"{index}-2*"


def check_index(where: str, index: str) -> None:
    """Refuse a name that OpenSearch or Firehose does not take.

    Raises:
        ValueError: The name is not legal.
    """
    if not is_token(index) and not _NAME.fullmatch(index):
        raise invalid(
            where,
            "index",
            index,
            "up to 80 lower-case letters, digits, _ and -, beginning with a letter or a digit",
            "OpenSearch takes no other name, and rotation adds the time to it.",
        )


def check_retention(where: str, retention: Duration, *, least: Duration, most: Duration) -> None:
    """Refuse a retention that cannot be set.

    Raises:
        ValueError: Out of range, or not in whole hours.
    """
    if retention.is_unresolved():
        return
    hours = retention.to_hours(integral=False)
    if not least.to_hours() <= hours <= most.to_hours() or hours != int(hours):
        raise invalid(
            where,
            "retention",
            retention,
            f"{least.to_human_string()} to {most.to_human_string()}, in whole hours",
            "Remove it to keep documents for ever.",
        )


def age(retention: Duration) -> str:
    """A retention as OpenSearch writes it: days where they are whole, else hours."""
    hours = int(retention.to_hours())
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"
