"""DesiredState: whether the application is to run once a deploy is through."""

from enum import StrEnum


class DesiredState(StrEnum):
    """What a deploy, and between deploys the reconciler, brings the application to.

    Attributes:
        RUNNING: It runs; one that a person stopped stays stopped over a deploy. The default: who
            stopped it had a reason that the template does not know.
        ALWAYS_RUNNING: A deploy of a change starts even one that a person stopped.
        STOPPED: It is stopped with a snapshot and stays so; a stopped application costs only the
            storage of its snapshots. Taking this back starts it from there.
    """

    RUNNING = "RUNNING"
    ALWAYS_RUNNING = "ALWAYS_RUNNING"
    STOPPED = "STOPPED"
