"""One request of CloudFormation, read from the event that each poll gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from ..contract import (
    LATEST,
    DesiredState,
    EarlierProperties,
    PrepareRequest,
    ProveRequest,
    RequestProperties,
    ResourceType,
    Restore,
    RestoreType,
    UpdateStrategy,
)
from ..message import key_of, seconds, to_flag

SHORT_NAMES: Mapping[str, str] = {ResourceType.PREPARE: "prepare", ResourceType.PROVE: "prove"}

# The service's time stamps may be cut to seconds, and its clock is neither the function's nor
# CloudFormation's: what it did within this of a turn of theirs counts as after it.
CLOCK_TOLERANCE = timedelta(seconds=2)
DIGEST_LENGTH = 12


@dataclass(frozen=True)
class Request:
    """One Create, Update or Delete of one of the two resources.

    Attributes:
        application: The application's literal name.
        properties: As delivered; `asked`, `prepare` and `prove` read them.
        old_properties: As delivered with an Update; `old` reads them.
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
    application: str
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
        properties = event.get("ResourceProperties") or {}
        return cls(
            kind=str(event.get("ResourceType", "")),
            request_type=str(event.get("RequestType", "")),
            request_id=str(event.get("RequestId", "")),
            stack_id=str(event.get("StackId", "")),
            logical_id=str(event.get("LogicalResourceId", "")),
            # Read by itself: `on_event` has to answer whatever comes.
            application=str(properties.get(key_of("application_name"), "")),
            properties=properties,
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

    @cached_property
    def prepare(self) -> PrepareRequest:
        """The properties of Prepare."""
        return PrepareRequest.of(self.properties)

    @cached_property
    def prove(self) -> ProveRequest:
        """The properties of Prove."""
        return ProveRequest.of(self.properties)

    @cached_property
    def old(self) -> EarlierProperties:
        """The properties before an Update; empty otherwise."""
        return EarlierProperties.of(self.old_properties)

    @property
    def asked(self) -> RequestProperties:
        """What the two have in common."""
        return self.prepare if self.kind == ResourceType.PREPARE else self.prove

    @property
    def is_create(self) -> bool:
        """Whether the resource is new; the application need not be."""
        return self.request_type == "Create"

    @property
    def is_update(self) -> bool:
        """Whether the resource was there before."""
        return self.request_type == "Update"

    @property
    def is_delete(self) -> bool:
        """Whether the resource goes away."""
        return self.request_type == "Delete"

    def changed(self, *, rolling_back: bool) -> bool:
        """Whether there is anything to do to the application.

        A restore choice is good for one deploy: that it is gone again changes nothing, save in
        the rollback of the deploy that made it.
        """
        if not self.is_update or self.application != self.old.application_name:
            return True
        if self.asked.application.to_dict() != self.old.application:
            return True
        if self.should_be_stopped != (self.old.desired_state == DesiredState.STOPPED):
            return True
        chosen = self.asked.restore.type is not RestoreType.LATEST
        return self.asked.restore != self.old.restore and (rolling_back or chosen)

    @property
    def restore_asked(self) -> Restore:
        """The restore choice, if it is this request that makes it: used up in the next one."""
        used = self.is_update and self.asked.restore == self.old.restore
        return LATEST if used else self.asked.restore

    @property
    def in_place(self) -> bool:
        """Whether it is updated while it runs; not where it has to be stopped anyway."""
        if self.should_be_stopped or self.restore_asked.type is not RestoreType.LATEST:
            return False
        return self.asked.strategy is UpdateStrategy.IN_PLACE

    @property
    def should_be_stopped(self) -> bool:
        """Whether the application is to be stopped after the deploy."""
        return self.asked.desired_state is DesiredState.STOPPED

    @property
    def takes_stop_back(self) -> bool:
        """Whether it is this request that no longer wants the application stopped."""
        return self.is_update and self.old.desired_state == DesiredState.STOPPED

    @property
    def renamed_from(self) -> str:
        """The application that the pipeline had before, if it is another one."""
        old = self.old.application_name
        return old if self.is_update and old != self.application else ""

    @property
    def bounded(self) -> bool:
        """Whether the job ends by itself."""
        return to_flag(self.asked.bounded)

    @property
    def digest(self) -> str:
        """The version that is asked for, short."""
        return str(self.asked.application.digest)[:DIGEST_LENGTH]

    @property
    def old_digest(self) -> str:
        """The version before; in a rollback the one that is rolled back from."""
        return str(self.old.application.get(key_of("digest"), ""))[:DIGEST_LENGTH]

    @property
    def deadline_seconds(self) -> int:
        """How long the polls go on, counted from the start of the request."""
        return int(self.asked.deadline_seconds)

    @property
    def max_state_loss(self) -> timedelta:
        """How old a snapshot may be that takes the place of the stop's own."""
        return seconds(self.asked.max_state_loss_seconds)

    def elapsed(self, now: datetime) -> float:
        """Seconds since the request began."""
        return (now - self.started_at).total_seconds()
