"""What the documentation leaves open, or says late: the handlers have to live with either."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quirks:
    whole_seconds: bool = False
    list_lag: float = 0
    operations_lag: float | None = None  # as the list of snapshots, unless said
    page_size: int = 50
    newest_first: bool = True
    mode_told: bool = True  # an application of before the mode existed may leave it out
    incompatible_fails: bool = True  # else it crash-loops and the start is a success (Flink 2.x)
    one_snapshot_error: str = "ResourceInUseException"
    stop_refusal: str = "InvalidRequestException"  # a graceful stop of what does not run
    log_lag: float = 2
    metric_lag: float = 30
    deletion_seconds: float = 5
    force_stop_seconds: float = 15
    stop_seconds: float = 20
    update_seconds: float = 5


PLAIN = Quirks()
