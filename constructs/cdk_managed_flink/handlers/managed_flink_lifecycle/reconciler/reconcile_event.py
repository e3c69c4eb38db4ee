"""What the reconciler is told with each event: constants of one pipeline, and what woke it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..values.request import SHOULD_BE_STOPPED, SHOULD_RUN

SCHEDULE, STACK = "schedule", "stack"


@dataclass(frozen=True)
class Errand:
    """One look at one application.

    Attributes:
        trigger: What woke it: its schedule, or the end of an operation on the stack.
        period: How often the schedule wakes it; what happened since then is news.
        every: How old the newest snapshot may get; zero switches the schedule off.
        keep: How many snapshots stay at most, beside those that are held.
        max_age: How old they get at most.
        pinned: Names or ARNs that are never deleted.
    """

    trigger: str
    application: str
    stack_id: str
    desired_state: str
    bounded: bool
    period: timedelta
    every: timedelta
    keep: int
    max_age: timedelta
    pinned: frozenset[str]
    topic_arn: str
    metric_namespace: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Errand:
        """Reads the rule's input."""

        def seconds(name: str) -> timedelta:
            return timedelta(seconds=int(event.get(name) or 0))

        return cls(
            trigger=str(event.get("Trigger") or SCHEDULE),
            application=str(event["ApplicationName"]),
            stack_id=str(event["StackId"]),
            desired_state=str(event.get("DesiredState") or SHOULD_RUN),
            bounded=str(event.get("Bounded")).lower() == "true",
            period=seconds("PeriodSeconds"),
            every=seconds("SnapshotEverySeconds"),
            keep=int(event.get("SnapshotKeep") or 0),
            max_age=seconds("SnapshotMaxAgeSeconds"),
            pinned=frozenset(str(name) for name in event.get("Pinned") or ()),
            topic_arn=str(event.get("TopicArn") or ""),
            metric_namespace=str(event.get("MetricNamespace") or ""),
        )

    @property
    def should_run(self) -> bool:
        """Whether the template wants the application to run."""
        return self.desired_state != SHOULD_BE_STOPPED
