"""What CloudFormation asks for, read from the event that each poll gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

PREPARE = "Custom::FlinkPrepare"
PROVE = "Custom::FlinkProve"
SHORT_NAMES = {PREPARE: "prepare", PROVE: "prove"}

DEFAULT_DEADLINE_SECONDS = 3000
# The service's time stamps may be cut to seconds, and its clock is not the function's.
CLOCK_TOLERANCE = timedelta(seconds=2)
DIGEST_LENGTH = 12


@dataclass(frozen=True)
class Request:
    """One Create, Update or Delete of one of the two resources."""

    kind: str
    request_type: str
    request_id: str
    stack_id: str
    properties: Mapping[str, Any]
    old_properties: Mapping[str, Any]
    started_at: datetime
    rollback: bool | None

    @classmethod
    def of(cls, event: Mapping[str, Any], now: datetime) -> Request:
        """Reads the event; what `on_event` added is absent in `on_event` itself."""
        started = event.get("StartedAt")
        return cls(
            kind=str(event.get("ResourceType", "")),
            request_type=str(event.get("RequestType", "")),
            request_id=str(event.get("RequestId", "")),
            stack_id=str(event.get("StackId", "")),
            properties=event.get("ResourceProperties") or {},
            old_properties=event.get("OldResourceProperties") or {},
            started_at=datetime.fromisoformat(started) if started else now.astimezone(UTC),
            rollback={"true": True, "false": False}.get(str(event.get("Rollback"))),
        )

    @property
    def application(self) -> str:
        """The application's literal name."""
        return str(self.properties.get("ApplicationName", ""))

    @property
    def is_delete(self) -> bool:
        """Whether the resource goes away."""
        return self.request_type == "Delete"

    @property
    def changed(self) -> bool:
        """Whether the application itself is another one than before."""
        if self.request_type != "Update":
            return True
        return any(
            self.properties.get(name) != self.old_properties.get(name)
            for name in ("Application", "ApplicationName")
        )

    @property
    def digest(self) -> str:
        """The version that is asked for, short."""
        return _digest(self.properties)

    @property
    def old_digest(self) -> str:
        """The version before; in a rollback the one that is rolled back from."""
        return _digest(self.old_properties)

    @property
    def since(self) -> datetime:
        """Operations from here on belong to this request."""
        return self.started_at - CLOCK_TOLERANCE

    @property
    def deadline_seconds(self) -> int:
        """How long the polls go on, counted from the start of the request."""
        return self.number("DeadlineSeconds", DEFAULT_DEADLINE_SECONDS)

    def elapsed(self, now: datetime) -> float:
        """Seconds since the request began."""
        return (now - self.started_at).total_seconds()

    def text(self, name: str) -> str:
        """A property as text, empty when it is absent."""
        value = self.properties.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: int) -> int:
        """A property as a whole number; CloudFormation hands every value over as text."""
        return int(self.text(name) or default)

    def section(self, name: str) -> Mapping[str, str]:
        """A property that is itself a map."""
        value = self.properties.get(name)
        return value if isinstance(value, Mapping) else {}


def _digest(properties: Mapping[str, Any]) -> str:
    application = properties.get("Application")
    digest = application.get("Digest", "") if isinstance(application, Mapping) else ""
    return str(digest)[:DIGEST_LENGTH]
