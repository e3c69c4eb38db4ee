"""One JobManager with its TaskManager, as processes of this machine."""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from managed_flink_local.emulator.config import FlinkSizes
from managed_flink_local.emulator.flink import cluster_configuration, logging_configuration
from managed_flink_local.emulator.flink.cluster_configuration import Ports
from managed_flink_local.emulator.flink.distribution import Distribution
from managed_flink_local.emulator.flink.rest import FlinkError, FlinkRest
from managed_flink_local.emulator.leash import Leash
from managed_flink_local.ports import free_ports

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
# Classes of a job that has ended may stay: with less room than this a next one might not fit.
_METASPACE_LEFT = 0.5
_METASPACE_USED = "Status.JVM.Memory.Metaspace.Used"
_METASPACE_MAX = "Status.JVM.Memory.Metaspace.Max"


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """What a cluster is started with; a standby serves a start only if it is equal."""

    distribution: Distribution
    slots: int
    log_level: str
    role_arn: str


class Cluster:
    """The processes of one start. `rest` answers once `wait_ready` has returned.

    Attributes:
        log_begin: By log file, where this start's part of it begins.
        log_end: Where that part ends, once the processes were handed on.
    """

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
        self.closed = False
        self.log_begin: dict[str, int] = {}
        self.log_end: dict[str, int] | None = None
        self._lock = threading.Lock()
        self.conf, self.logs = directory / "conf", directory / "log"
        self.plugins, self.work = directory / "plugins", directory / "work"
        for folder in (self.conf, self.logs, self.plugins, self.work):
            folder.mkdir(parents=True)
        if s3_plugin is not None:
            folder = self.plugins / "s3-fs-hadoop"
            folder.mkdir()
            (folder / s3_plugin.name).symlink_to(s3_plugin)
        self.ports = Ports(*free_ports(3))
        self.rest = FlinkRest(f"http://127.0.0.1:{self.ports.rest}")
        logging_configuration.write(self.conf / "log4j.properties", spec.log_level)
        (self.conf / "config.yaml").write_text(
            cluster_configuration.render(
                spec.slots,
                sizes,
                ports=self.ports,
                python=spec.distribution.python,
                work=self.work,
                s3_endpoint=s3_endpoint,
            )
        )
        self.environment = {
            **environment,
            **spec.distribution.environment(self.conf, self.logs, self.plugins),
        }

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
        with self._lock, (self.logs / f"{name}.out").open("ab") as out:
            if self.closed:
                raise FlinkError("the application was stopped")
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
        direct = cluster_configuration.direct_memory(sizes)
        self._processes.pop("taskmanager", None)
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

    def restart(self) -> None:
        """Start both processes in the place of those that are there or were."""
        for name in ("jobmanager", "taskmanager"):
            if (process := self._processes.get(name)) is not None:
                self._end(process)
        self.start()

    @property
    def memory_limit(self) -> int:
        """What a container around the TaskManager would allow it, in bytes."""
        return cluster_configuration.task_manager_limit(self._sizes, self.spec.slots)

    @property
    def alive(self) -> bool:
        """Whether both processes run."""
        return all(self.process_id(name) for name in ("jobmanager", "taskmanager"))

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

    def hand_on(self) -> Cluster | None:
        """The same processes for a next start, once the job has ended; this cluster is closed.

        None, and nothing is closed, when a process has died or is full of the job's classes.
        """
        if not self._has_room():
            return None
        with self._lock:
            if self.closed or not self.alive:
                return None
            following = copy.copy(self)
            self.closed, self._processes = True, {}
        sizes = {file.name: file.stat().st_size for file in self.logs.iterdir()}
        following.log_begin, self.log_end = sizes, sizes
        following._lock = threading.Lock()
        following._forget_code()
        return following

    def _has_room(self) -> bool:
        try:
            managers = self.rest.call("/taskmanagers")["taskmanagers"]
            for path in ("/jobmanager", *(f"/taskmanagers/{each['id']}" for each in managers)):
                found = self.rest.metrics(f"{path}/metrics", [_METASPACE_USED, _METASPACE_MAX])
                if found[_METASPACE_USED] > found[_METASPACE_MAX] * (1 - _METASPACE_LEFT):
                    return False
        except (FlinkError, OSError, ValueError, KeyError):
            return False
        return bool(managers)

    def close(self) -> None:
        """End the processes at once; the job's state is in its snapshots, not in them."""
        with self._lock:
            self.closed = True
        for process in list(self._processes.values()):
            self._end(process)
        self._processes.clear()
        shutil.rmtree(self.work, ignore_errors=True)
        self._forget_code()

    def _forget_code(self) -> None:
        """Logs are kept; the job's jar, which may be large, is not."""
        shutil.rmtree(self.directory / "code", ignore_errors=True)
        (self.directory / "application.zip").unlink(missing_ok=True)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        self._leash.release(process.pid)
