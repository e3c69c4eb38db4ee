"""Replaces the processes of a running job that have died.

The service runs JobManagers with Flink's high availability: another one takes the job over from its
newest completed checkpoint, under the same job id, and the application stays RUNNING. Flink has no
such thing for a single machine without ZooKeeper. So this stands for it: both processes are started
anew and the job is submitted again, with the newest checkpoint that it had completed, or with what
it had been started with when it had completed none. Unlike there, `main` runs again, and a
JobManager that dies before the job runs is not replaced: the start fails.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from managed_flink_local.emulator.flink import client
from managed_flink_local.emulator.flink.client import Submission
from managed_flink_local.emulator.flink.cluster import Cluster
from managed_flink_local.emulator.flink.rest import FlinkError

logger = logging.getLogger("managed_flink")

_LOOK_SECONDS = 0.5
_RETRY_SECONDS = 3.0


def newest_checkpoint(directory: Path) -> Path | None:
    """The newest completed one of a job: it is complete when its metadata is there."""
    found = [
        (int(metadata.parent.name.removeprefix("chk-")), metadata.parent)
        for metadata in directory.glob("chk-*/_metadata")
    ]
    return max(found)[1] if found else None


class Supervisor:
    """A thread for one running job, until its cluster is closed."""

    def __init__(
        self, cluster: Cluster, submission: Submission, origin: list[str], checkpoints: Path
    ) -> None:
        self._cluster = cluster
        self._submission = submission
        self._origin = origin
        self._checkpoints = checkpoints / submission.job_id

    def start(self) -> None:
        """Look after the processes from now on."""
        name = f"supervise-{self._submission.job_id[:8]}"
        threading.Thread(target=self._watch, daemon=True, name=name).start()

    def _watch(self) -> None:
        submitted = True
        while not self._cluster.closed:
            try:
                if not submitted or self._cluster.process_id("jobmanager") is None:
                    submitted = False
                    self._take_over()
                    submitted = True
                elif self._cluster.process_id("taskmanager") is None:
                    logger.info("a TaskManager of %s died; starting another", self._job)
                    self._cluster.start_task_manager()
            except (FlinkError, OSError) as error:
                if not self._cluster.closed:
                    logger.info("%s could not be taken over: %s", self._job, error)
                    time.sleep(_RETRY_SECONDS)
            time.sleep(_LOOK_SECONDS)

    @property
    def _job(self) -> str:
        return f"job {self._submission.job_id}"

    def _take_over(self) -> None:
        checkpoint = newest_checkpoint(self._checkpoints)
        logger.info("the JobManager of %s died; another goes on from %s", self._job, checkpoint)
        self._cluster.restart()
        self._cluster.wait_ready()
        restore = self._origin if checkpoint is None else client.go_on_from(checkpoint)
        client.submit(self._cluster, self._submission, restore)
