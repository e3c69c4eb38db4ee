"""Flink's metrics under the service's names, read from Flink's own registry.

Nothing here knows which names the constructs use: what a runtime no longer has (`fullRestarts` from
2.2 on) is not published for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.observability import process_statistics
from managed_flink_local.emulator.observability.process_statistics import Usage

# The service publishes these job metrics under Flink's own names.
_JOB = (
    "uptime",
    "downtime",
    "fullRestarts",
    "numRestarts",
    "runningTime",
    "restartingTime",
    "cancellingTime",
    "failingTime",
    "numberOfFailedCheckpoints",
    "lastCheckpointDuration",
    "lastCheckpointSize",
)
_FLOW = ("numRecordsIn", "numRecordsOut", "numRecordsInPerSecond", "numRecordsOutPerSecond")
_LATE = "numLateRecordsDropped"
_OLD_GENERATIONS = ("G1_Old_Generation", "MarkSweepCompact", "PS_MarkSweep", "G1_Old_Gen")
_JVM = "Status.JVM."
_LAG = re.compile(r"\.KinesisConsumer\.stream\.(?P<stream>.+)\.shardId\..*millisBehindLatest$")
# Which metrics there are is asked anew every so many readings: connectors add theirs late.
_NAMES_EVERY = 5
_UNITS = {
    "uptime": "Milliseconds",
    "downtime": "Milliseconds",
    "lastCheckpointDuration": "Milliseconds",
    "lastCheckpointSize": "Bytes",
    "oldGenerationGCTime": "Milliseconds",
    "cpuUtilization": "Percent",
    "containerCPUUtilization": "Percent",
    "containerMemoryUtilization": "Percent",
    "heapMemoryUtilization": "Percent",
    "numRecordsInPerSecond": "Count/Second",
    "numRecordsOutPerSecond": "Count/Second",
}


def unit(name: str) -> str:
    """The unit the service gives a metric."""
    return _UNITS.get(name, "Count")


@dataclass
class FlinkMetrics:
    """Reads one running job again and again."""

    job: RunningJob
    _job_names: list[str] = field(default_factory=list)
    _vertex_names: dict[str, list[str]] = field(default_factory=dict)
    _usage: Usage | None = None
    _readings: int = 0

    def read(self) -> dict[str, float]:
        """The application's metrics by name; what can't be read is left out."""
        found: dict[str, float] = {"KPUs": float(self.job.application.kpus)}
        for part in (self._of_job, self._of_task_manager, self._of_container):
            try:
                found |= part()
            except (FlinkError, OSError, ValueError):
                continue
        return found

    def _of_job(self) -> dict[str, float]:
        rest, path = self.job.cluster.rest, f"/jobs/{self.job.job_id}/metrics"
        if self._readings % _NAMES_EVERY == 0:
            there = rest.metrics(path)
            self._job_names = [name for name in _JOB if name in there]
        return rest.metrics(path, self._job_names)

    def of_records(self) -> tuple[dict[str, float], dict[str, float]]:
        """Records of the whole job, and the lag in milliseconds by stream.

        Operators are summed, not tasks: where a whole job is chained into one task, that task
        receives nothing and sends nothing.
        """
        rest, job = self.job.cluster.rest, self.job.job_id
        records = dict.fromkeys(_FLOW, 0.0)
        lag: dict[str, float] = {}
        if self._readings % _NAMES_EVERY == 0:
            self._vertex_names.clear()
        self._readings += 1
        for vertex in rest.job(job).get("vertices") or []:
            path = f"/jobs/{job}/vertices/{vertex['id']}/subtasks/metrics"
            names = self._vertex_names.get(path)
            if not names:
                names = [name for name in rest.metrics(path) if _wanted(name)]
                self._vertex_names[path] = names
            sums = rest.metrics(path, [n for n in names if not _LAG.search(n)], "sum")
            for name, value in sums.items():
                kind = name.rpartition(".")[2]
                records[kind] = records.get(kind, 0.0) + value
            for name, value in rest.metrics(
                path, [n for n in names if _LAG.search(n)], "max"
            ).items():
                match = _LAG.search(name)
                if match is not None and value >= 0:
                    stream = match["stream"]
                    lag[stream] = max(value, lag.get(stream, 0.0))
        return records, lag

    def _of_task_manager(self) -> dict[str, float]:
        rest = self.job.cluster.rest
        managers = rest.call("/taskmanagers")["taskmanagers"]
        if not managers:
            return {}
        path = f"/taskmanagers/{managers[0]['id']}/metrics"
        old = [
            f"{_JVM}GarbageCollector.{name}.{kind}"
            for name in _OLD_GENERATIONS
            for kind in ("Count", "Time")
        ]
        wanted = [
            f"{_JVM}CPU.Load",
            f"{_JVM}Memory.Heap.Used",
            f"{_JVM}Memory.Heap.Max",
            f"{_JVM}Threads.Count",
            *old,
        ]
        values = rest.metrics(path, wanted)
        found: dict[str, float] = {}
        if f"{_JVM}CPU.Load" in values:
            found["cpuUtilization"] = values[f"{_JVM}CPU.Load"] * 100
        heap_max = values.get(f"{_JVM}Memory.Heap.Max", 0)
        if heap_max > 0:
            found["heapMemoryUtilization"] = values[f"{_JVM}Memory.Heap.Used"] / heap_max * 100
        if f"{_JVM}Threads.Count" in values:
            found["threadsCount"] = values[f"{_JVM}Threads.Count"]
        for kind in ("Count", "Time"):
            readings = [values[name] for name in old if name.endswith(kind) and name in values]
            if readings:
                found[f"oldGenerationGC{kind}"] = sum(readings)
        return found

    def _of_container(self) -> dict[str, float]:
        process = self.job.cluster.process_id("taskmanager")
        usage = process_statistics.read(process) if process is not None else None
        if usage is None:
            return {}
        found = {
            "containerMemoryUtilization": usage.resident_bytes / self.job.cluster.memory_limit * 100
        }
        before, self._usage = self._usage, usage
        if before is not None and usage.taken > before.taken:
            # A container of one vCPU for each KPU.
            cores = max(1, self.job.application.kpus - 1)
            spent = max(0.0, usage.cpu_seconds - before.cpu_seconds)
            share = spent / (usage.taken - before.taken) / cores
            found["containerCPUUtilization"] = min(100.0, share * 100)
        return found


def _wanted(name: str) -> bool:
    """Operator metrics carry the operator's name before a dot; the task's own have none."""
    if _LAG.search(name):
        return True
    operator, dot, kind = name.rpartition(".")
    if not dot or kind not in (*_FLOW, _LATE):
        return False
    # Also nested groups, such as a partition's or a format's, end in these names.
    return operator.count(".") == 0
