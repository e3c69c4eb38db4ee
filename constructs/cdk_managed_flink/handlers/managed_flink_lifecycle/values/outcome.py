"""The outcome of one poll: complete, not yet, or failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Complete:
    """The resource is as requested; `data` are its attributes."""

    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NotYet:
    """The next poll looks again; `waiting_for` is named in the error at the deadline."""

    waiting_for: str


Outcome = Complete | NotYet


class DeployFailedError(Exception):
    """Fails the resource; the message is the reason that CloudFormation shows."""
