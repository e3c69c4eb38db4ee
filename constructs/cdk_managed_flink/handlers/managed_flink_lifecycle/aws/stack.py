"""The stack that the resource belongs to: is it going forward or back, and since when?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..values.request import CLOCK_TOLERANCE
from .calls import Client, call

# A page has up to 100 events; a stack of 500 resources fills about ten of them with one update.
_MAX_EVENT_PAGES = 20
_IN_PROGRESS = "_IN_PROGRESS"
_APPLICATION = "AWS::KinesisAnalyticsV2::Application"
# After this the update has succeeded, and only what it replaced is being deleted.
_CLEANUP = "CLEANUP_IN_PROGRESS"
_CREATING = "CREATE_IN_PROGRESS"
_FORWARD = (_CREATING, "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS")

# The stack's last operation has proved the application's version, or put the old one back.
SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


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

    def is_new(self) -> bool:
        """Whether the stack is being created."""
        return self.status() == _CREATING

    def owns(self, application: str) -> bool:
        """Whether the application is a resource of this stack.

        Only what CloudFormation has created or imported is listed, so an application of the same
        name that somebody else runs is not.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
        """
        token: dict[str, str] = {}
        while True:
            page = call(self._client, "list_stack_resources", StackName=self._id, **token)
            for resource in page.get("StackResourceSummaries") or []:
                kind, name = resource.get("ResourceType"), resource.get("PhysicalResourceId")
                if (kind, name) == (_APPLICATION, application):
                    return True
            if not page.get("NextToken"):
                return False
            token = {"NextToken": page["NextToken"]}

    def operation_began(self) -> datetime | None:
        """When CloudFormation began what it does now; None if the events do not show it."""
        return next((event.at for event in self._own_events() if _begins(event.status)), None)

    def has_answer(self, logical_id: str, *, delete: bool, after: datetime) -> bool:
        """Whether the resource has come to its end in what CloudFormation does now.

        A failed deletion is tried again, so only an end after the request is its own.
        """
        for entry in self._entries():
            event = _of(entry)
            if event.at < after or (self._is_own(entry) and _begins(event.status)):
                return False
            ended = event.status.endswith(("_COMPLETE", "_FAILED"))
            deleted = event.status.startswith("DELETE")
            if entry.get("LogicalResourceId") == logical_id and ended and deleted is delete:
                return True
        return False

    def update_began(self) -> datetime | None:
        """When the update began that is being undone; None if the events do not show it.

        From the stack's events: that LastUpdatedTime stays as it is in a rollback is not promised.
        """
        forward = (event.at for event in self._own_events() if event.status in _FORWARD)
        return next((at - CLOCK_TOLERANCE for at in forward), None)

    def unsettled_since(self) -> datetime | None:
        """When the first update began since the stack was last settled; None if that is not known.

        An update that failed without a rollback leaves the stack unsettled, and the next one too.
        """
        began: datetime | None = None
        for event in self._own_events():
            if event.status in SETTLED:
                break
            if event.status in _FORWARD:
                began = event.at - CLOCK_TOLERANCE
        return began

    def reverted(self, application: str, *, since: datetime) -> list[Reverted]:
        """The updates that CloudFormation undid, or is undoing, and that touched the application.

        Newest first; what was over before `since` is not looked for.
        """
        found: list[Reverted] = []
        turned_back: datetime | None = None
        touched = False
        ours = _Resources(application)
        for entry in self._entries():
            event = _of(entry)
            if turned_back is None and event.at < since:
                break
            if not self._is_own(entry):
                touched = ours.has(entry) or touched
            elif event.status in _FORWARD:
                if turned_back is not None and touched:
                    found.append(Reverted(event.at - CLOCK_TOLERANCE, turned_back))
                turned_back, touched = None, False
            elif _begins(event.status) and "ROLLBACK" in event.status:
                turned_back = event.at - CLOCK_TOLERANCE
        return found

    def at_work_on(self, application: str, moment: datetime) -> bool:
        """Whether Prepare or Prove of the application was under way then.

        While a stack is created its resources have no ids yet: there the whole of it counts. What
        is older than the events counts as no.
        """
        ours = _Resources(application)
        for entry in self._entries():
            event = _of(entry)
            own_stack = self._is_own(entry)
            counts = own_stack or ours.has(entry)
            if not counts or event.at > moment + CLOCK_TOLERANCE:
                continue
            if own_stack and event.status != _CREATING:
                if event.status.endswith(_IN_PROGRESS):
                    return False
                continue
            return event.status.endswith(_IN_PROGRESS) or event.at >= moment - CLOCK_TOLERANCE
        return False

    def _own_events(self) -> Iterator[StackEvent]:
        """The stack's own events, newest first."""
        return (_of(entry) for entry in self._entries() if self._is_own(entry))

    def _is_own(self, entry: Mapping[str, Any]) -> bool:
        return bool(entry.get("PhysicalResourceId") == self._id)

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


def _of(entry: Mapping[str, Any]) -> StackEvent:
    return StackEvent(entry["Timestamp"], str(entry.get("ResourceStatus", "")))


class _Resources:
    """Prepare and Prove of an application, in events that are read newest first.

    They are known by the ids that they give themselves. What has only begun may have none yet, and
    is known by the name that its end, read before, had in the template.
    """

    def __init__(self, application: str) -> None:
        self._ids = {physical_id(application, name) for name in ("prepare", "prove")}
        self._names: set[str] = set()

    def has(self, entry: Mapping[str, Any]) -> bool:
        """Whether the event is of one of them."""
        name = str(entry.get("LogicalResourceId", ""))
        if entry.get("PhysicalResourceId") in self._ids:
            self._names.add(name)
        return name in self._names


def physical_id(application: str, resource: str) -> str:
    """The id of Prepare or Prove: named for the application; another one is another resource."""
    return f"{application}/{resource}"


def _begins(status: str) -> bool:
    return status.endswith(_IN_PROGRESS) and not status.endswith(_CLEANUP)
