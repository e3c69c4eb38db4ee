"""A cluster's `config.yaml`: small, on loopback only, and quick to start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from managed_flink_local.emulator.config import FlinkSizes

_MIB = 1024 * 1024
# MiB of a TaskManager that are not the job's, and what its code may take off the heap.
_FRAMEWORK, _TASK_OFF_HEAP, _OVERHEAD = 128, 64, 192


@dataclass(frozen=True)
class Ports:
    """Where a JobManager listens."""

    rest: int
    rpc: int
    blob: int


def direct_memory(sizes: FlinkSizes) -> int:
    """MiB of direct memory that a TaskManager's JVM has to allow."""
    return _FRAMEWORK + _TASK_OFF_HEAP + sizes.task_manager_network


def task_manager_limit(sizes: FlinkSizes, slots: int) -> int:
    """Bytes that a container around a TaskManager would allow it."""
    parts = (
        sizes.task_manager_heap,
        sizes.task_manager_managed * slots,
        sizes.task_manager_metaspace,
        direct_memory(sizes),
        _OVERHEAD,
    )
    return sum(parts) * _MIB


def render(
    slots: int,
    sizes: FlinkSizes,
    *,
    ports: Ports,
    python: Path,
    work: Path,
    s3_endpoint: str,
) -> str:
    """The file's text.

    Every size of the TaskManager is given, because it is started without the script that would
    derive them.
    """
    values: dict[str, object] = {
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": ports.rpc,
        "jobmanager.bind-host": "127.0.0.1",
        "blob.server.port": ports.blob,
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.port": ports.rest,
        "rest.bind-port": ports.rest,
        "rest.flamegraph.enabled": "false",
        "web.refresh-interval": 1000,
        "web.submit.enable": "false",
        "taskmanager.host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "taskmanager.numberOfTaskSlots": slots,
        "taskmanager.cpu.cores": float(slots),
        "taskmanager.memory.framework.heap.size": f"{_FRAMEWORK * _MIB}b",
        "taskmanager.memory.task.heap.size": f"{(sizes.task_manager_heap - _FRAMEWORK) * _MIB}b",
        "taskmanager.memory.framework.off-heap.size": f"{_FRAMEWORK * _MIB}b",
        "taskmanager.memory.task.off-heap.size": f"{_TASK_OFF_HEAP * _MIB}b",
        "taskmanager.memory.network.min": f"{sizes.task_manager_network * _MIB}b",
        "taskmanager.memory.network.max": f"{sizes.task_manager_network * _MIB}b",
        "taskmanager.memory.managed.size": f"{sizes.task_manager_managed * slots * _MIB}b",
        "taskmanager.memory.jvm-metaspace.size": f"{sizes.task_manager_metaspace * _MIB}b",
        "taskmanager.memory.jvm-overhead.min": f"{_OVERHEAD * _MIB}b",
        "taskmanager.memory.jvm-overhead.max": f"{_OVERHEAD * _MIB}b",
        "taskmanager.registration.timeout": "60 s",
        "cluster.registration.initial-timeout": "100 ms",
        "cluster.registration.error-delay": "500 ms",
        "slotmanager.requirement-check.delay": "10 ms",
        # A job that asks for more slots than there are fails with that reason, not by waiting.
        "slot.request.timeout": 20000,
        "jobmanager.execution.failover-strategy": "region",
        "heartbeat.interval": 2000,
        "heartbeat.timeout": 10000,
        "io.tmp.dirs": work,
        "metrics.fetcher.update-interval": 1000,
        "metrics.job.status.enable": "STATE;CURRENT_TIME",
        "security.delegation.tokens.enabled": "false",
        "s3.endpoint": s3_endpoint,
        "s3.path.style.access": "true",
        "python.executable": python,
        "python.client.executable": python,
    }
    return "".join(f"{key}: {value}\n" for key, value in values.items())
