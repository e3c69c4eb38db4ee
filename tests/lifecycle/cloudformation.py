"""A stack as DescribeStacks, DescribeStackEvents and ListStackResources show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.lifecycle.clock import Clock
from tests.lifecycle.faults import refusal
from tests.lifecycle.snapshots import ACCOUNT

IN_PROGRESS = "_IN_PROGRESS"
EVENTS_A_PAGE = 100


@dataclass
class Stack:
    name: str
    created: datetime
    number: int = 0
    status: str = "REVIEW_IN_PROGRESS"
    updated: datetime | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    resources: dict[str, tuple[str, str]] = field(default_factory=dict)  # kind and physical id

    @property
    def identity(self) -> str:
        return (
            f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/{self.name}/0f1e2d3c-{self.number}"
        )

    @property
    def busy(self) -> bool:
        return self.status.endswith(IN_PROGRESS) and not self.status.startswith("REVIEW")


class CloudFormationModel:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.stacks: list[Stack] = []
        self._rest: dict[str, list[dict[str, Any]]] = {}

    def call(self, operation: str, asked: dict[str, Any], _: str) -> dict[str, Any]:
        if operation == "DescribeStackEvents":
            if "NextToken" in asked:
                events = self._rest[asked["NextToken"]]
            else:
                events = list(reversed(self._stack(operation, asked["StackName"]).events))
            answer: dict[str, Any] = {"StackEvents": events[:EVENTS_A_PAGE]}
            if events[EVENTS_A_PAGE:]:
                answer["NextToken"] = f"more-{len(self._rest)}"
                self._rest[answer["NextToken"]] = events[EVENTS_A_PAGE:]
            return answer
        if operation == "ListStackResources":
            return self._resources(self._stack(operation, asked["StackName"]))
        assert operation == "DescribeStacks", operation
        stack = self._stack(operation, asked["StackName"])
        told: dict[str, Any] = {
            "StackName": stack.name,
            "StackId": stack.identity,
            "CreationTime": stack.created,
            "StackStatus": stack.status,
        }
        if stack.updated:
            told["LastUpdatedTime"] = stack.updated
        return {"Stacks": [told]}

    def _resources(self, stack: Stack) -> dict[str, Any]:
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": logical,
                    "PhysicalResourceId": physical,
                    "ResourceType": kind,
                    "LastUpdatedTimestamp": self.clock.now,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for logical, (kind, physical) in stack.resources.items()
            ]
        }

    def _stack(self, operation: str, wanted: str) -> Stack:
        for stack in reversed(self.stacks):
            by_name = stack.name == wanted and stack.status != "DELETE_COMPLETE"
            if by_name or stack.identity == wanted:
                return stack
        raise refusal(operation, "ValidationError", f"Stack with id {wanted} does not exist")

    def new_stack(self, name: str) -> Stack:
        """A stack that is deleted is still told of, by its id."""
        stack = Stack(name, self.clock.now, len(self.stacks))
        self.stacks.append(stack)
        return stack

    # -- what CloudFormation itself writes --------------------------------------------------

    def turn(self, stack: Stack, status: str, reason: str = "") -> None:
        stack.status = status
        if status == "UPDATE_IN_PROGRESS":
            stack.updated = self.clock.now
        self.tell(stack, stack.name, stack.identity, "AWS::CloudFormation::Stack", status, reason)

    def tell(
        self, stack: Stack, logical: str, physical: str, kind: str, status: str, reason: str = ""
    ) -> None:
        event: dict[str, Any] = {
            "StackId": stack.identity,
            "EventId": f"{logical}-{len(stack.events)}",
            "StackName": stack.name,
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceType": kind,
            "Timestamp": self.clock.now.replace(
                microsecond=self.clock.now.microsecond // 1000 * 1000
            ),
            "ResourceStatus": status,
        }
        if reason:
            event["ResourceStatusReason"] = reason
        stack.events.append(event)
