"""One JobManager with its TaskManager, as processes of this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from managed_flink_local.emulator.config import FlinkSizes
from managed_flink_local.emulator.flink import logging_configuration
from managed_flink_local.emulator.flink.distribution import Distribution
from managed_flink_local.emulator.flink.rest import FlinkError, FlinkRest
from managed_flink_local.emulator.leash import Leash

_READY_SECONDS = 90.0
# Small machines: one collector thread, the fast compiler, and no verification of Flink's own
# classes. The job's throughput is not the point here, its start is.
JVM = [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
]


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """What a cluster is started with; a standby serves a start only if it is equal."""

    distribution: Distribution
    slots: int
    log_level: str
    role_arn: str


class Cluster:
    """The processes of one start. `rest` answers once `wait_ready` has returned."""

    def __init__(
        self,
        spec: ClusterSpec,
        directory: Path,
        *,
        sizes: FlinkSizes,
        java: str,
        java_properties: list[str],
        environment: dict[str, str],
        s3_plugin: Path | None,
        s3_endpoint: str,
        leash: Leash,
    ) -> None:
        self.spec = spec
        self.directory = directory
        self._sizes = sizes
        self._java = java
        self._java_properties = java_properties
        self._leash = leash
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._task_managers = 0
        self.closed = False
        self.conf, self.logs = directory / "conf", directory / "log"
        self.plugins, self.work = directory / "plugins", directory / "work"
        for folder in (self.conf, self.logs, self.plugins, self.work):
            folder.mkdir(parents=True)
        if s3_plugin is not None:
            folder = self.plugins / "s3-fs-hadoop"
            folder.mkdir()
            (folder / s3_plugin.name).symlink_to(s3_plugin)
        self.rest_port, self.rpc_port, self.blob_port = _free_ports(3)
        self.rest = FlinkRest(f"http://127.0.0.1:{self.rest_port}")
        logging_configuration.write(self.conf / "log4j.properties", spec.log_level)
        (self.conf / "config.yaml").write_text(self._configuration(s3_endpoint))
        self.environment = {
            **{k: v for k, v in os.environ.items() if not _is_ours(k)},
            **environment,
            **spec.distribution.environment(self.conf, self.logs, self.plugins),
        }

    def _configuration(self, s3_endpoint: str) -> str:
        sizes, spec = self._sizes, self.spec
        mib = 1024 * 1024
        values: dict[str, object] = {
            "jobmanager.rpc.address": "127.0.0.1",
            "jobmanager.rpc.port": self.rpc_port,
            "jobmanager.bind-host": "127.0.0.1",
            "blob.server.port": self.blob_port,
            "rest.address": "127.0.0.1",
            "rest.bind-address": "127.0.0.1",
            "rest.port": self.rest_port,
            "rest.bind-port": self.rest_port,
            "rest.flamegraph.enabled": "false",
            "web.refresh-interval": 1000,
            "web.submit.enable": "false",
            "taskmanager.host": "127.0.0.1",
            "taskmanager.bind-host": "127.0.0.1",
            "taskmanager.numberOfTaskSlots": spec.slots,
            "taskmanager.cpu.cores": float(spec.slots),
            "taskmanager.memory.framework.heap.size": f"{128 * mib}b",
            "taskmanager.memory.task.heap.size": f"{sizes.task_manager_heap * mib - 128 * mib}b",
            "taskmanager.memory.framework.off-heap.size": f"{128 * mib}b",
            "taskmanager.memory.task.off-heap.size": f"{64 * mib}b",
            "taskmanager.memory.network.min": f"{sizes.task_manager_network * mib}b",
            "taskmanager.memory.network.max": f"{sizes.task_manager_network * mib}b",
            "taskmanager.memory.managed.size": f"{sizes.task_manager_managed * spec.slots * mib}b",
            "taskmanager.memory.jvm-metaspace.size": f"{sizes.task_manager_metaspace * mib}b",
            "taskmanager.memory.jvm-overhead.min": f"{192 * mib}b",
            "taskmanager.memory.jvm-overhead.max": f"{192 * mib}b",
            "taskmanager.registration.timeout": "60 s",
            "cluster.registration.initial-timeout": "100 ms",
            "cluster.registration.error-delay": "500 ms",
            "slotmanager.requirement-check.delay": "10 ms",
            "jobmanager.execution.failover-strategy": "region",
            "heartbeat.interval": 2000,
            "heartbeat.timeout": 10000,
            "io.tmp.dirs": self.work,
            "metrics.fetcher.update-interval": 1000,
            "metrics.job.status.enable": "STATE",
            "security.delegation.tokens.enabled": "false",
            "s3.endpoint": s3_endpoint,
            "s3.path.style.access": "true",
            "python.executable": spec.distribution.python,
            "python.client.executable": spec.distribution.python,
            "pipeline.operator-chaining.enabled": "true",
        }
        return "".join(f"{key}: {value}\n" for key, value in values.items())

    def _run(self, name: str, main: str, memory: list[str]) -> None:
        command = [
            self._java,
            *JVM,
            *memory,
            *self.java_arguments(name),
            main,
            "--configDir",
            str(self.conf),
        ]
        if name == "jobmanager":
            command += ["--executionMode", "cluster"]
        with (self.logs / f"{name}.out").open("ab") as out:
            process = subprocess.Popen(
                command,
                env=self.environment,
                cwd=self.work,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._processes[name] = process
        self._leash.hold(process.pid)

    def java_arguments(self, name: str) -> list[str]:
        """What every Java program of this cluster is started with."""
        return [
            *self.spec.distribution.java_options,
            *self._java_properties,
            f"-Dlog.file={self.logs / f'{name}.json'}",
            f"-Dlog4j.configurationFile=file:{self.conf / 'log4j.properties'}",
            "-classpath",
            self.spec.distribution.classpath,
        ]

    def start(self) -> None:
        """Start both processes; returns at once."""
        heap = f"{self._sizes.job_manager_heap}m"
        self._run(
            "jobmanager",
            "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
            [f"-Xmx{heap}", f"-Xms{heap}", "-XX:MaxMetaspaceSize=256m"],
        )
        self.start_task_manager()

    def start_task_manager(self) -> None:
        """Start the TaskManager, also in the place of one that died."""
        sizes = self._sizes
        heap = f"{sizes.task_manager_heap}m"
        direct = 128 + 64 + sizes.task_manager_network
        self._processes.pop("taskmanager", None)
        self._task_managers += 1
        self._run(
            "taskmanager",
            "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
            [
                f"-Xmx{heap}",
                f"-Xms{heap}",
                f"-XX:MaxDirectMemorySize={direct}m",
                f"-XX:MaxMetaspaceSize={sizes.task_manager_metaspace}m",
            ],
        )

    @property
    def memory_limit(self) -> int:
        """What a container around the TaskManager would allow it, in bytes."""
        sizes = self._sizes
        parts = (
            sizes.task_manager_heap,
            sizes.task_manager_managed * self.spec.slots,
            sizes.task_manager_network,
            sizes.task_manager_metaspace,
            128 + 64 + 192,
        )
        return sum(parts) * 1024 * 1024

    def process_id(self, name: str) -> int | None:
        """The process id of `jobmanager` or `taskmanager`, None when it is not running."""
        process = self._processes.get(name)
        return process.pid if process is not None and process.poll() is None else None

    def wait_ready(self) -> None:
        """Wait until the JobManager has the slots.

        Raises:
            FlinkError: a process ended, or it took too long.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self.closed:
                raise FlinkError("the application was stopped before its cluster was up")
            for name in ("jobmanager", "taskmanager"):
                if self.process_id(name) is None:
                    raise FlinkError(f"the {name} ended while starting: {self._last_output(name)}")
            with contextlib.suppress(OSError, FlinkError):
                overview = self.rest.call("/overview", wait=2)
                if overview.get("slots-total", 0) >= self.spec.slots:
                    return
            time.sleep(0.15)
        raise FlinkError(f"the Flink cluster was not ready within {_READY_SECONDS:.0f} s")

    def _last_output(self, name: str) -> str:
        for suffix in ("out", "json"):
            path = self.logs / f"{name}.{suffix}"
            if path.exists() and (text := path.read_text(errors="replace").strip()):
                return text[-600:]
        return "no output"

    def hold(self, process: subprocess.Popen[bytes]) -> None:
        """Let another process, the client, share this cluster's end."""
        self._processes["client"] = process
        self._leash.hold(process.pid)

    def release(self, process: subprocess.Popen[bytes]) -> None:
        """The client has ended by itself."""
        self._processes.pop("client", None)
        self._leash.release(process.pid)

    def close(self) -> None:
        """End the processes at once; the job's state is in its snapshots, not in them."""
        self.closed = True
        for process in list(self._processes.values()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in list(self._processes.values()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            self._leash.release(process.pid)
        self._processes.clear()
        shutil.rmtree(self.work, ignore_errors=True)


def _is_ours(variable: str) -> bool:
    """Whether a variable of the emulator's process must not reach Flink's."""
    return variable.startswith(("AWS_", "MINISTACK_", "FLINK_")) or variable in (
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "NODE_PATH",
        "GATEWAY_PORT",
        "USE_SSL",
        "AUTH",
    )


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different because they are held until all are chosen."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
