"""UpdateStrategy: what becomes of the running state when a deploy changes the application."""

from enum import StrEnum


class UpdateStrategy(StrEnum):
    """How a running application gets from one version to the next.

    Attributes:
        STOP_WITH_SNAPSHOT: Stopped with a snapshot, updated, started from it by name. The default:
            nothing is processed after the restore point, and each start option is said. A job that
            can't be stopped so goes on from its newest snapshot if that is younger than
            ``max_state_loss``; else the deploy fails, and nothing was lost.
        FORCE_STOP: Stopped at once, without a snapshot, and started from the newest that there is,
            if it is younger than ``max_state_loss``. For a job that can't take snapshots any more:
            what came after the restore point is processed again.
        IN_PLACE: A snapshot, then CloudFormation updates the running application and the service
            itself stops and restarts it. A shorter gap for fewer promises: what is processed
            between that snapshot and the service's own stop is not in the restore point, there is
            no choice of what to start from, and a job that the service can't stop fails the deploy.
    """

    STOP_WITH_SNAPSHOT = "STOP_WITH_SNAPSHOT"
    FORCE_STOP = "FORCE_STOP"
    IN_PLACE = "IN_PLACE"
