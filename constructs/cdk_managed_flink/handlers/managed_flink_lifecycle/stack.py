"""The stack that the resource belongs to: is it going forward or back?"""

from __future__ import annotations

from datetime import datetime

from .calls import Client, call

_MAX_EVENT_PAGES = 20


class OwnStack:
    """Reads the own stack. A custom resource's event does not say that it is a rollback."""

    def __init__(self, client: Client, stack_id: str) -> None:
        self._client = client
        self._id = stack_id

    def rolling_back(self) -> bool:
        """Whether CloudFormation is undoing a create or an update."""
        answer = call(self._client, "describe_stacks", StackName=self._id)
        return "ROLLBACK" in answer["Stacks"][0]["StackStatus"]

    def update_began(self) -> datetime | None:
        """When the update began that is being undone; None when the events don't tell.

        From the stack's events: that LastUpdatedTime stays as it is in a rollback is not promised.
        """
        token: dict[str, str] = {}
        for _ in range(_MAX_EVENT_PAGES):
            page = call(self._client, "describe_stack_events", StackName=self._id, **token)
            for entry in page.get("StackEvents") or []:  # newest first
                own = entry.get("PhysicalResourceId") == self._id
                if own and entry.get("ResourceStatus") == "UPDATE_IN_PROGRESS":
                    began: datetime = entry["Timestamp"]
                    return began
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        return None
