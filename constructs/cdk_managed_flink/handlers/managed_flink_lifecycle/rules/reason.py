"""Reasons short enough for CloudFormation's answer.

A custom resource's whole answer may have 4,096 bytes, and CDK's provider framework adds the
name of the log group and its own stack trace to the message.
"""

from __future__ import annotations

import json

MAX_BYTES = 1500
CAUSE_BYTES = 800
_ELLIPSIS = "…"


def shorten(text: str, limit: int = MAX_BYTES) -> str:
    """The text, cut so that it takes at most `limit` bytes inside a JSON string."""
    if _size(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if _size(text[:middle] + _ELLIPSIS) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + _ELLIPSIS


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def sentence(text: str) -> str:
    """The text, ending in a full stop."""
    return text if text.endswith((".", "!", "?", _ELLIPSIS)) else f"{text}."


def duration(seconds: float) -> str:
    """A duration as people say it: `42 s`, `5 min`, `3 h 20 min`."""
    whole = int(seconds)
    if whole < 2 * 60:
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _size(text: str) -> int:
    # surrogatepass: a lone surrogate in a log line must not turn the reason into a stack trace.
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) - 2
