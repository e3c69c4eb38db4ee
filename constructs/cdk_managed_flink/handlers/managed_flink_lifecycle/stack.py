"""The stack that the resource belongs to: is it going forward or back, and since when?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .calls import Client, call

# A page has up to 100 events; a stack of 500 resources fills about ten of them with one update.
_MAX_EVENT_PAGES = 20
_IN_PROGRESS = "_IN_PROGRESS"
# After this the update has succeeded, and only what it replaced is being deleted.
_CLEANUP = "CLEANUP_IN_PROGRESS"
_FORWARD = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
# CloudFormation's clock is not the service's, whose time stamps may be cut to seconds. What the
# service did within this of a turn of CloudFormation's counts as after it.
_CLOCK_TOLERANCE = timedelta(seconds=2)


@dataclass(frozen=True)
class StackEvent:
    """The stack's own status at one moment."""

    at: datetime
    status: str


@dataclass(frozen=True)
class Reverted:
    """One update that was undone."""

    began: datetime
    turned_back: datetime


class OwnStack:
    """Reads the own stack. A custom resource's event does not say that it is a rollback."""

    def __init__(self, client: Client, stack_id: str) -> None:
        self._client = client
        self._id = stack_id
        self._pages: list[dict[str, Any]] = []

    def status(self) -> str:
        """The stack's status now."""
        answer = call(self._client, "describe_stacks", StackName=self._id)
        return str(answer["Stacks"][0]["StackStatus"])

    def rolling_back(self) -> bool:
        """Whether CloudFormation is undoing a create or an update."""
        return "ROLLBACK" in self.status()

    def busy(self) -> bool:
        """Whether CloudFormation is at work on the stack."""
        return self.status().endswith(_IN_PROGRESS)

    def operation_began(self) -> datetime | None:
        """When CloudFormation began what it does now; None when the events don't tell."""
        return next((event.at for event in self._own_events() if _begins(event.status)), None)

    def has_answer(self, logical_id: str, *, delete: bool) -> bool:
        """Whether the resource has come to its end in what CloudFormation does now."""
        for entry in self._entries():
            status = str(entry.get("ResourceStatus", ""))
            if entry.get("PhysicalResourceId") == self._id:
                if _begins(status):
                    return False
            elif entry.get("LogicalResourceId") == logical_id:
                ended = status.endswith(("_COMPLETE", "_FAILED"))
                if ended and status.startswith("DELETE") is delete:
                    return True
        return False

    def update_began(self) -> datetime | None:
        """When the update began that is being undone; None when the events don't tell.

        From the stack's events: that LastUpdatedTime stays as it is in a rollback is not promised.
        """
        forward = (event.at for event in self._own_events() if event.status in _FORWARD)
        return next((at - _CLOCK_TOLERANCE for at in forward), None)

    def reverted(self) -> list[Reverted]:
        """The updates that CloudFormation undid, or is undoing, newest first."""
        found: list[Reverted] = []
        turned_back: datetime | None = None
        for event in self._own_events():
            if event.status in _FORWARD:
                if turned_back is not None:
                    found.append(Reverted(event.at - _CLOCK_TOLERANCE, turned_back))
                turned_back = None
            elif _begins(event.status) and "ROLLBACK" in event.status:
                turned_back = event.at - _CLOCK_TOLERANCE
        return found

    def busy_at(self, moment: datetime) -> bool:
        """Whether CloudFormation was at work then; what is older than the events counts as no."""
        for event in self._own_events():
            if event.at <= moment + _CLOCK_TOLERANCE:
                ended_just_before = event.at >= moment - _CLOCK_TOLERANCE
                return event.status.endswith(_IN_PROGRESS) or ended_just_before
        return False

    def _own_events(self) -> Iterator[StackEvent]:
        """The stack's own events, newest first."""
        for entry in self._entries():
            if entry.get("PhysicalResourceId") == self._id:
                yield StackEvent(entry["Timestamp"], str(entry.get("ResourceStatus", "")))

    def _entries(self) -> Iterator[dict[str, Any]]:
        """All events, newest first; a page is read once in the life of this object, one poll."""
        for number in range(_MAX_EVENT_PAGES):
            if number == len(self._pages):
                last = self._pages[-1].get("NextToken") if self._pages else None
                if self._pages and not last:
                    return
                token = {"NextToken": last} if last else {}
                self._pages.append(
                    call(self._client, "describe_stack_events", StackName=self._id, **token)
                )
            yield from self._pages[number].get("StackEvents") or []


def _begins(status: str) -> bool:
    return status.endswith(_IN_PROGRESS) and not status.endswith(_CLEANUP)
