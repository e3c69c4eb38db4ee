"""A job that runs on a cluster."""

from __future__ import annotations

from dataclasses import dataclass

from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.flink.cluster import Cluster


@dataclass(frozen=True)
class RunningJob:
    """One start of one version of an application."""

    application: Application
    cluster: Cluster
    job_id: str
