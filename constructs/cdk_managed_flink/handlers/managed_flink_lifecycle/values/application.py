"""The application and its operations, as the service describes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..contract import Definition

READY, RUNNING, STARTING, STOPPING = "READY", "RUNNING", "STARTING", "STOPPING"
# ROLLED_BACK is where the rollback of an application ends that did not run: nothing runs in it.
STOPPED = frozenset({READY, "ROLLED_BACK"})
# The statuses in which the service accepts StopApplication with Force.
FORCEABLE = frozenset({STARTING, "UPDATING", STOPPING, "AUTOSCALING", RUNNING})

START, STOP = "StartApplication", "StopApplication"
UPDATE, ROLLBACK = "UpdateApplication", "RollbackApplication"
IN_PROGRESS, SUCCESSFUL = "IN_PROGRESS", "SUCCESSFUL"


@dataclass(frozen=True)
class Application:
    """The application as the service describes it now."""

    name: str
    status: str
    version: int
    created: datetime | None
    snapshots_enabled: bool
    restored_from: str
    definition: Definition

    @property
    def stopped(self) -> bool:
        """Whether nothing runs and nothing is about to."""
        return self.status in STOPPED


@dataclass(frozen=True)
class Operation:
    """One entry of the service's log of operations."""

    id: str
    kind: str
    status: str
    started: datetime
    ended: datetime | None

    @property
    def failed(self) -> bool:
        """Whether it ended without success."""
        return self.status not in (IN_PROGRESS, SUCCESSFUL)

    @property
    def pending(self) -> bool:
        """Whether it has not ended."""
        return self.status == IN_PROGRESS

    @property
    def ran_from(self) -> datetime:
        """Since when its version ran: the begin of a start, or the end of an update in place."""
        return self.started if self.kind == START else self.ended or self.started
