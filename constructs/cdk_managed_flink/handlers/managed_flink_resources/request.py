"""A request of CloudFormation, as the kinds see it, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ResourceError(Exception):
    """The resource cannot be made as asked; its text is what the person who deploys reads."""


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        type: ``Create``, ``Update`` or ``Delete``.
        physical_id: Physical id of the resource; ``None`` at its creation.
        properties: What the construct asked for.
        old: What it asked for before, in an update.
        id: The request's own id: the same in every poll of one request.
        data: What ``begin`` answered, in the polls.
    """

    type: str
    physical_id: str | None
    properties: Mapping[str, Any]
    old: Mapping[str, Any]
    id: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Request":
        """Read the event of CDK's provider framework."""
        return cls(
            type=event["RequestType"],
            physical_id=event.get("PhysicalResourceId"),
            properties=event.get("ResourceProperties", {}),
            old=event.get("OldResourceProperties", {}),
            id=event["RequestId"],
            data=event.get("Data") or {},
        )


@dataclass(frozen=True)
class Begun:
    """What ``begin`` answers.

    Attributes:
        physical_id: Another one than before in an update makes CloudFormation delete the old.
        data: Handed to each poll; no secrets, under 2 KB.
    """

    physical_id: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What a poll answers when the resource is there, or gone.

    Attributes:
        attributes: For ``Fn::GetAtt``.
    """

    attributes: Mapping[str, Any] = field(default_factory=dict)
