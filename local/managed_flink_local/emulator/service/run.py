"""What runs, or is about to, for one application."""

from __future__ import annotations

from dataclasses import dataclass

from managed_flink_local.emulator.flink.cluster import Cluster
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.service.operations import Operation


@dataclass
class Run:
    """One start: a later start has another, so that an old thread can tell it was overtaken."""

    operation: Operation
    cluster: Cluster | None = None
    job: RunningJob | None = None
    overtaken: bool = False
