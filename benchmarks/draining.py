"""How fast a job empties its source, as Flink counts what is read."""

import re
import time

from managed_flink_local.emulator.flink.rest import FlinkError, FlinkRest
from managed_flink_local.failure import LocalError

POLL_SECONDS = 0.2
DRAIN_SECONDS = 300.0
# What comes before is left out: tasks start one after the other.
WARM = 0.1
_SOURCE = re.compile(r"(^|\.)Source__[^.]*\.numRecordsOut$")


def drained(rest: FlinkRest, total: int) -> float:
    """Records a second from the first tenth to the last record, as the source counts them."""
    deadline = time.monotonic() + DRAIN_SECONDS
    began: tuple[float, float] | None = None
    read = 0.0
    while time.monotonic() < deadline:
        now, read = time.monotonic(), _read(rest)
        if began is None and read >= WARM * total:
            began = now, read
        if began is not None and read >= total:
            return (read - began[1]) / max(now - began[0], POLL_SECONDS)
        time.sleep(POLL_SECONDS)
    raise LocalError("draining the source", f"{read:,.0f} of {total:,} in {DRAIN_SECONDS:.0f} s")


def _read(rest: FlinkRest) -> float:
    try:
        # Processes that were handed on remember the job before.
        (job,) = (each for each in rest.call("/jobs")["jobs"] if each["status"] == "RUNNING")
        read = 0.0
        for vertex in rest.job(job["id"]).get("vertices") or []:
            path = f"/jobs/{job['id']}/vertices/{vertex['id']}/subtasks/metrics"
            names = [name for name in rest.metrics(path) if _SOURCE.search(name)]
            read += sum(rest.metrics(path, names, "sum").values())
    except (FlinkError, OSError, ValueError):
        return 0.0
    return read
