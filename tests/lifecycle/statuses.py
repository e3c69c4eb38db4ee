"""The statuses of an application: which call is taken in which, and where each may lead.

Source of the transitions: https://docs.aws.amazon.com/managed-flink/latest/java/how-running-apps.html
and the documentation strings of the operations in the service's own model.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    READY = "READY"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    FORCE_STOPPING = "FORCE_STOPPING"
    UPDATING = "UPDATING"
    AUTOSCALING = "AUTOSCALING"
    ROLLING_BACK = "ROLLING_BACK"
    MAINTENANCE = "MAINTENANCE"
    DELETING = "DELETING"
    ROLLED_BACK = "ROLLED_BACK"


STEADY = frozenset({Status.READY, Status.RUNNING, Status.ROLLED_BACK})

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.READY: frozenset(
        {Status.STARTING, Status.UPDATING, Status.MAINTENANCE, Status.DELETING}
    ),
    Status.STARTING: frozenset({Status.RUNNING, Status.READY, Status.FORCE_STOPPING}),
    # READY without a stop: a bounded job has finished.
    Status.RUNNING: frozenset(
        {
            Status.STOPPING,
            Status.FORCE_STOPPING,
            Status.UPDATING,
            Status.AUTOSCALING,
            Status.ROLLING_BACK,
            Status.MAINTENANCE,
            Status.DELETING,
            Status.READY,
        }
    ),
    # RUNNING again: the snapshot of the stop failed.
    Status.STOPPING: frozenset({Status.READY, Status.RUNNING, Status.FORCE_STOPPING}),
    Status.FORCE_STOPPING: frozenset({Status.READY}),
    Status.UPDATING: frozenset(
        {Status.RUNNING, Status.READY, Status.ROLLING_BACK, Status.FORCE_STOPPING}
    ),
    Status.AUTOSCALING: frozenset(
        {Status.RUNNING, Status.READY, Status.ROLLING_BACK, Status.FORCE_STOPPING}
    ),
    Status.ROLLING_BACK: frozenset({Status.RUNNING, Status.READY}),
    Status.MAINTENANCE: frozenset({Status.RUNNING, Status.READY}),
    Status.DELETING: frozenset(),
    # Documented for a version that was rolled back from, not for an application: never entered.
    Status.ROLLED_BACK: frozenset(),
}

STARTABLE = frozenset({Status.READY})
STOPPABLE = frozenset({Status.RUNNING})
FORCE_STOPPABLE = frozenset(
    {Status.STARTING, Status.UPDATING, Status.STOPPING, Status.AUTOSCALING, Status.RUNNING}
)
UPDATABLE = frozenset({Status.READY, Status.RUNNING})
REVERTIBLE = frozenset({Status.UPDATING, Status.AUTOSCALING, Status.RUNNING})
SNAPSHOTTABLE = frozenset({Status.RUNNING})
DELETABLE = frozenset({Status.READY, Status.RUNNING})
