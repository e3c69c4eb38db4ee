"""Records per second of each job, as it is deployed here, against bare Flink running the same SQL.

Both read the same backlog from the same source and write to the same sinks, one after the other, on
clusters of the same sizes. Bare is a script of a few lines that `flink run` submits: no runner of
the library's, no service around it that reads metrics and log. What counts is the ratio.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import bare_flink
from benchmarks.draining import POLL_SECONDS, drained
from benchmarks.report import table
from jobs.etl import events as etl
from managed_flink_local import environment, scenario, toolchain
from managed_flink_local.emulator.flink.rest import FlinkRest
from managed_flink_local.failure import LocalError
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.progress import Progress
from managed_flink_local.rollout import Rollout
from managed_flink_local.scenario import Record, Scenario
from managed_flink_local.sender import BATCH, channel

STATUS_SECONDS = 120.0


def _flights(count: int) -> list[Record]:
    return [Record(data=m.data, key=m.key) for m in etl.stream(months=3)[:count]]


# The job, how many records, where they come from, and its Flink.
JOBS: Mapping[str, tuple[int, Callable[[int], Sequence[Record]], toolchain.Flink]] = {
    "sensors": (20_000, scenario.load("sensors").stream, toolchain.FLINK_1),
    "payments": (60_000, scenario.load("payments").stream, toolchain.FLINK_2),
    "etl": (60_000, _flights, toolchain.FLINK_2),
}


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Records per second of one job."""

    job: str
    records: int
    deployed: float
    bare: float


def measure(progress: Progress) -> list[Rates]:
    """Measure each job in an environment of its own.

    Raises:
        LocalError: A deploy failed, or the records did not come through.
    """
    return [_of_job(job, progress) for job in JOBS]


def told(rates: Sequence[Rates]) -> str:
    """The rates, as a section of the page."""
    rows = [
        [
            r.job,
            f"{r.records:,}",
            f"{r.deployed:,.0f}",
            f"{r.bare:,.0f}",
            f"{r.deployed / r.bare:.2f}",
        ]
        for r in rates
    ]
    return "\n".join(
        [
            "Records a second from a backlog, one run.",
            "",
            table(["job", "records", "deployed", "bare Flink", "deployed / bare"], rows),
        ]
    )


def _of_job(job: str, progress: Progress) -> Rates:
    name = f"bench-{job}-{os.getpid()}"
    state = environment.RUNS / name
    count, source, flink = JOBS[job]
    try:
        with progress.phase(f"{job}: starting the emulator", "its first answer"):
            here = environment.start(name, outlive=False)
        pipeline = Rollout(here, progress, job).deploy(f"{job}: deploying")
        found = scenario.load(job)
        records = source(count)
        with progress.phase(f"{job}: a backlog of {len(records):,} records", found.source):
            _stop(pipeline)
            _fill(pipeline, found, records)
        with progress.phase(f"{job}: deployed", "the source") as phase:
            _start(pipeline)
            deployed = drained(FlinkRest(pipeline.web_ui()), len(records))
            phase.says(f"{deployed:,.0f} a second")
            _stop(pipeline)
        with progress.phase(f"{job}: bare Flink", "the source") as phase:
            bare = bare_flink.bare(here, pipeline, found, flink, len(records))
            phase.says(f"{bare:,.0f} a second")
    except LocalError:
        environment.stop(state)  # its logs stay: the message names one
        raise
    except BaseException:
        environment.stop(state)
        environment.forget(state)
        raise
    environment.stop(state)
    environment.forget(state)
    return Rates(job=job, records=len(records), deployed=deployed, bare=bare)


def _fill(pipeline: Pipeline, found: Scenario, records: Sequence[Record]) -> None:
    there = channel(pipeline, found.source)
    for first in range(0, len(records), BATCH):
        there.put(records[first : first + BATCH])


def _stop(pipeline: Pipeline) -> None:
    service = pipeline.environment.client("kinesisanalyticsv2")
    # By force, so that the next start gets new processes, as bare Flink does.
    service.stop_application(ApplicationName=pipeline.application, Force=True)
    _await(pipeline, "READY")


def _start(pipeline: Pipeline) -> None:
    service = pipeline.environment.client("kinesisanalyticsv2")
    restore = {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}
    service.start_application(
        ApplicationName=pipeline.application,
        RunConfiguration={"ApplicationRestoreConfiguration": restore},
    )
    _await(pipeline, "RUNNING")


def _await(pipeline: Pipeline, status: str) -> None:
    deadline = time.monotonic() + STATUS_SECONDS
    while (found := pipeline.status()) != status:
        if time.monotonic() > deadline:
            raise LocalError("waiting for the application", f"it is {found}, not {status}")
        time.sleep(POLL_SECONDS)
