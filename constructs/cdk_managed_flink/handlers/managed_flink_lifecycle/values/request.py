"""What CloudFormation asks for, read from the event that each poll gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..aws.service import Definition, sorted_groups
from ..rules.restore import LATEST, RestoreChoice

PREPARE = "Custom::FlinkPrepare"
PROVE = "Custom::FlinkProve"
SHORT_NAMES = {PREPARE: "prepare", PROVE: "prove"}

STOP_WITH_SNAPSHOT, FORCE_STOP, IN_PLACE = "STOP_WITH_SNAPSHOT", "FORCE_STOP", "IN_PLACE"
SHOULD_RUN, ALWAYS_RUNNING, SHOULD_BE_STOPPED = "RUNNING", "ALWAYS_RUNNING", "STOPPED"

DEFAULT_DEADLINE_SECONDS = 3000
# The service's time stamps may be cut to seconds, and its clock is neither the function's nor
# CloudFormation's: what it did within this of a turn of theirs counts as after it.
CLOCK_TOLERANCE = timedelta(seconds=2)
DIGEST_LENGTH = 12


@dataclass(frozen=True)
class Request:
    """One Create, Update or Delete of one of the two resources.

    Attributes:
        started_at: When the request came.
        since: Operations from here on belong to the stack's operation that the request is of.
            Its begin, not the request's: a request that comes twice is the same one.
        rollback: Whether the stack was going back when the request came; None if not known.
    """

    kind: str
    request_type: str
    request_id: str
    stack_id: str
    logical_id: str
    properties: Mapping[str, Any]
    old_properties: Mapping[str, Any]
    started_at: datetime
    since: datetime
    since_known: bool
    rollback: bool | None

    @classmethod
    def of(cls, event: Mapping[str, Any], now: datetime) -> Request:
        """Reads the event; what `on_event` added is absent in `on_event` itself."""
        started = event.get("StartedAt")
        began = event.get("Since")
        started_at = datetime.fromisoformat(started) if started else now.astimezone(UTC)
        return cls(
            kind=str(event.get("ResourceType", "")),
            request_type=str(event.get("RequestType", "")),
            request_id=str(event.get("RequestId", "")),
            stack_id=str(event.get("StackId", "")),
            logical_id=str(event.get("LogicalResourceId", "")),
            properties=event.get("ResourceProperties") or {},
            old_properties=event.get("OldResourceProperties") or {},
            started_at=started_at,
            since=(datetime.fromisoformat(began) if began else started_at) - CLOCK_TOLERANCE,
            since_known=bool(began),
            rollback={"true": True, "false": False}.get(str(event.get("Rollback"))),
        )

    def begun_at(self, moment: datetime | None) -> Request:
        """The request of a stack's operation that began then, unless that is a later one."""
        if moment is None or moment > self.started_at:
            return self
        return replace(self, since=moment - CLOCK_TOLERANCE, since_known=True)

    @property
    def application(self) -> str:
        """The application's literal name."""
        return str(self.properties.get("ApplicationName", ""))

    @property
    def is_create(self) -> bool:
        """Whether the resource is new; the application need not be."""
        return self.request_type == "Create"

    @property
    def is_delete(self) -> bool:
        """Whether the resource goes away."""
        return self.request_type == "Delete"

    def changed(self, *, rolling_back: bool) -> bool:
        """Whether there is anything to do to the application.

        A restore choice is good for one deploy: that it is gone again changes nothing, save in
        the rollback of the deploy that made it.
        """
        if self.request_type != "Update":
            return True
        if any(
            self.properties.get(name) != self.old_properties.get(name)
            for name in ("Application", "ApplicationName")
        ):
            return True
        if (self.desired_state == SHOULD_BE_STOPPED) != (self._old_desired == SHOULD_BE_STOPPED):
            return True
        old = RestoreChoice.of(self.old_properties.get("Restore"))
        return self.restore_choice != old and (rolling_back or self.restore_choice.kind != LATEST)

    @property
    def restore_choice(self) -> RestoreChoice:
        """What to start from, as a person chose it, whether it counts in this deploy or not."""
        return RestoreChoice.of(self.properties.get("Restore"))

    @property
    def restore_asked(self) -> RestoreChoice:
        """The restore choice, if it is this request that makes it: used up in the next one."""
        old = RestoreChoice.of(self.old_properties.get("Restore"))
        used = self.request_type == "Update" and self.restore_choice == old
        return RestoreChoice() if used else self.restore_choice

    @property
    def strategy(self) -> str:
        """What becomes of the running state."""
        return self.text("Strategy") or STOP_WITH_SNAPSHOT

    @property
    def in_place(self) -> bool:
        """Whether it is updated while it runs; not where it has to be stopped anyway."""
        kept_running = self.desired_state != SHOULD_BE_STOPPED
        return self.strategy == IN_PLACE and kept_running and self.restore_asked.kind == LATEST

    @property
    def desired_state(self) -> str:
        """Whether the application is to run after the deploy."""
        return self.text("DesiredState") or SHOULD_RUN

    @property
    def takes_stop_back(self) -> bool:
        """Whether it is this request that no longer wants the application stopped."""
        return self.request_type == "Update" and self._old_desired == SHOULD_BE_STOPPED

    @property
    def _old_desired(self) -> str:
        return str(self.old_properties.get("DesiredState") or SHOULD_RUN)

    @property
    def renamed_from(self) -> str:
        """The application that the pipeline had before, if it is another one."""
        old = str(self.old_properties.get("ApplicationName") or "")
        return old if self.request_type == "Update" and old != self.application else ""

    @property
    def bounded(self) -> bool:
        """Whether the job ends by itself."""
        return self.flag("Bounded")

    @property
    def definition(self) -> Definition | None:
        """What the template asks for; None when it does not say."""
        section: Mapping[str, Any] = self.section("Definition")
        groups = section.get("PropertyGroups")
        if not section.get("Role"):
            return None
        return Definition(
            role=section["Role"],
            bucket_arn=section.get("BucketArn", ""),
            file_key=section.get("FileKey", ""),
            object_version=section.get("ObjectVersion", ""),
            runtime=section.get("Runtime", ""),
            groups=None if groups is None else sorted_groups(groups),
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
    def deadline_seconds(self) -> int:
        """How long the polls go on, counted from the start of the request."""
        return self.number("DeadlineSeconds", DEFAULT_DEADLINE_SECONDS)

    @property
    def max_state_loss(self) -> timedelta:
        """How old a snapshot may be that takes the place of the stop's own."""
        return timedelta(seconds=self.number("MaxStateLossSeconds", 0))

    def elapsed(self, now: datetime) -> float:
        """Seconds since the request began."""
        return (now - self.started_at).total_seconds()

    def text(self, name: str) -> str:
        """A property as text, empty when it is absent."""
        value = self.properties.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """A property as yes or no; absent is no."""
        return self.text(name).lower() == "true"

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
