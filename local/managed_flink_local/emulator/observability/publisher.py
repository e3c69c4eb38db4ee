"""Publishes the metrics of each running application and tells when its job has ended."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.observability.flink_metrics import FlinkMetrics, unit

logger = logging.getLogger("managed_flink")

NAMESPACE = "AWS/KinesisAnalytics"
_ENDED = ("FINISHED", "FAILED", "CANCELED")


class MetricsPublisher:
    """A thread for each running job, for as long as its cluster is there."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def watch(self, job: RunningJob, on_end: Callable[[str], None]) -> None:
        """Publish from now on; `on_end` gets the job's last state."""
        threading.Thread(
            target=self._watch, args=(job, on_end), daemon=True, name=f"watch-{job.job_id[:8]}"
        ).start()

    def _watch(self, job: RunningJob, on_end: Callable[[str], None]) -> None:
        reader = FlinkMetrics(job)
        ended = False
        while not job.cluster.closed:
            started = time.monotonic()
            try:
                state = str(job.cluster.rest.job(job.job_id).get("state"))
                if state in _ENDED:
                    if not ended and not job.cluster.closed:
                        ended = True
                        on_end(state)
                elif not job.cluster.closed:
                    self._publish(job, reader)
            except (FlinkError, OSError):
                pass  # The JobManager is busy or ending; the next round tells.
            except Exception:
                logger.exception("metrics of %s", job.application.name)
            time.sleep(max(0.2, self._seconds - (time.monotonic() - started)))

    @staticmethod
    def _publish(job: RunningJob, reader: FlinkMetrics) -> None:
        application = job.application
        with ministack.scope(application.account, application.region):
            record = ministack.service("kinesisanalyticsv2")._applications.get(application.name)
        # The service has no datapoint of an application that is not RUNNING.
        if record is None or record["ApplicationStatus"] != "RUNNING":
            return
        values = reader.read()
        records, lags = reader.of_records()
        put = ministack.service("cloudwatch").record_metric
        with ministack.scope(application.account, application.region):
            for name, value in {**values, **records}.items():
                put(NAMESPACE, name, value, unit(name), {"Application": application.name})
            for stream, lag in lags.items():
                put(
                    NAMESPACE,
                    "millisBehindLatest",
                    lag,
                    "Milliseconds",
                    {"Application": application.name, "Id": stream, "Flow": "Input"},
                )
                put(
                    "AWS/Kinesis",
                    "GetRecords.IteratorAgeMilliseconds",
                    lag,
                    "Milliseconds",
                    {"StreamName": stream},
                )
