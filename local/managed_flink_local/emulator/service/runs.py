"""What runs, or is about to: one run for each start of an application."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.flink.cluster import Cluster
from managed_flink_local.emulator.flink.data_plane import DataPlane
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.service.operations import FAILED, Operation

logger = logging.getLogger("managed_flink")

# The service's own limit is not known; a reason is never longer than this.
MAX_REASON = 2000


@dataclass
class Run:
    """One start: a later start has another, so that an old thread can tell it was overtaken."""

    operation: Operation
    cluster: Cluster | None = None
    job: RunningJob | None = None
    overtaken: bool = False


class Runs:
    """The runs by application. Whoever reads a status and acts on it holds `lock`."""

    def __init__(
        self,
        data_plane: DataPlane,
        on_running: Callable[[RunningJob, Callable[[str], None]], None],
    ) -> None:
        self._flink = data_plane
        self._on_running = on_running
        self._runs: dict[str, Run] = {}
        self.lock = threading.RLock()

    def of(self, record: dict[str, Any]) -> Run | None:
        """The application's run, None when it is READY."""
        return self._runs.get(record["ApplicationARN"])

    def launch(self, record: dict[str, Any], savepoint: str | None, operation: Operation) -> None:
        """Start the job in a thread; the operation ends with it."""
        run = Run(operation)
        with self.lock:
            self._runs[record["ApplicationARN"]] = run
        in_thread(self._start, record, savepoint, run)

    def _start(self, record: dict[str, Any], savepoint: str | None, run: Run) -> None:
        def known(cluster: Cluster) -> bool:
            with self.lock:
                run.cluster = cluster
                return not run.overtaken

        choices = record.get("_RunConfiguration", {}).get("FlinkRunConfiguration") or {}
        allowed = str(choices.get("AllowNonRestoredState", False)).lower() == "true"
        try:
            job = self._flink.start(
                Application.of(record),
                savepoint,
                allow_non_restored_state=allowed,
                cluster_known=known,
            )
        except Exception as error:
            if not isinstance(error, FlinkError):
                logger.exception("starting %s", record["ApplicationName"])
            with self.lock:
                if not run.overtaken:
                    logger.info("%s did not start: %s", record["ApplicationName"], error)
                    run.operation.finish(FAILED, str(error)[:MAX_REASON])
                    self.ended(record, run)
            return
        with self.lock:
            if run.overtaken:
                job.cluster.close()
                return
            run.job = job
            record["ApplicationStatus"] = "RUNNING"
            run.operation.finish()
        self._on_running(job, lambda state: self._job_ended(record, run, state))

    def _job_ended(self, record: dict[str, Any], run: Run, state: str) -> None:
        """The job has ended by itself, in this state."""
        # A bounded job that finished leaves a READY application; one that failed leaves it
        # RUNNING without a job, as on the service.
        with self.lock:
            if run.overtaken or record["ApplicationStatus"] != "RUNNING":
                return
            logger.info("the job of %s is %s", record["ApplicationName"], state)
            if state == "FINISHED" and run.cluster is not None:
                run.cluster.close()
                self.ended(record, run)

    def ended(self, record: dict[str, Any], run: Run | None) -> None:
        """Nothing runs any more: the application is READY."""
        with self.lock:
            record["ApplicationStatus"] = "READY"
            record["_driven"] = False
            if run is not None and self.of(record) is run:
                del self._runs[record["ApplicationARN"]]

    def drop(self, record: dict[str, Any]) -> Run | None:
        """The application is deleted: its run is nobody's."""
        with self.lock:
            run = self._runs.pop(record["ApplicationARN"], None)
            if run is not None:
                run.overtaken = True
            return run


def in_thread(function: Callable[..., None], *arguments: object) -> None:
    """Run what takes time outside of the emulator's event loop."""
    threading.Thread(target=function, args=arguments, daemon=True).start()
