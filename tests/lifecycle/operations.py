"""The operation log of one application."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

START, STOP, UPDATE = "StartApplication", "StopApplication", "UpdateApplication"
ROLLBACK = "RollbackApplication"
SCALE, MAINTENANCE = "AutoScaleApplication", "ApplicationMaintenance"

IN_PROGRESS, SUCCESSFUL = "IN_PROGRESS", "SUCCESSFUL"
FAILED, CANCELLED = "FAILED", "CANCELLED"
# The shipped model of the service allows no more: of a long trace only its frames are left.
ERROR_STRING = 512


@dataclass
class Operation:
    identity: str
    kind: str
    began: datetime
    by: str
    status: str = IN_PROGRESS
    ended: datetime | None = None
    error: str = ""
    versions: tuple[int, int] | None = None
    rollback: str = ""

    def finish(self, status: str, now: datetime, error: str = "") -> None:
        assert self.status == IN_PROGRESS, f"{self.kind} ended twice"
        self.status, self.ended, self.error = status, now, error

    def summary(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "Operation": self.kind,
            "OperationId": self.identity,
            "StartTime": self.began,
            "OperationStatus": self.status,
        }
        return {**answer, "EndTime": self.ended} if self.ended else answer

    def details(self) -> dict[str, Any]:
        """The model requires an EndTime even of what has not ended, and says nothing of it."""
        answer: dict[str, Any] = {
            "Operation": self.kind,
            "StartTime": self.began,
            "EndTime": self.ended or self.began,
            "OperationStatus": self.status,
        }
        if self.versions:
            answer["ApplicationVersionChangeDetails"] = {
                "ApplicationVersionUpdatedFrom": self.versions[0],
                "ApplicationVersionUpdatedTo": self.versions[1],
            }
        failure: dict[str, Any] = {}
        if self.error:
            failure["ErrorInfo"] = {"ErrorString": self.error[:ERROR_STRING]}
        if self.rollback:
            failure["RollbackOperationId"] = self.rollback
        if failure:
            answer["OperationFailureDetails"] = failure
        return answer


@dataclass
class OperationLog:
    """Newest last; what is listed, and in which order, is the service's to say."""

    held: list[Operation] = field(default_factory=list)

    def begin(self, identity: str, kind: str, now: datetime, by: str) -> Operation:
        operation = Operation(identity, kind, now, by)
        self.held.append(operation)
        return operation

    def find(self, identity: str) -> Operation | None:
        return next((held for held in self.held if held.identity == identity), None)

    @property
    def running(self) -> Operation | None:
        return next((held for held in self.held if held.status == IN_PROGRESS), None)
