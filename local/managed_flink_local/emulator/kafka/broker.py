"""One Kafka broker for all clusters of this emulator, started when the first one is made."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from managed_flink_local.emulator.kafka import settings
from managed_flink_local.emulator.leash import Leash
from managed_flink_local.ports import free_ports

if TYPE_CHECKING:
    from managed_flink_local.emulator.tls import TlsMaterial

logger = logging.getLogger("managed_flink")

_READY_SECONDS = 60.0
_ATTEMPTS = 3
_MEMORY = ["-Xmx384m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


class BrokerError(RuntimeError):
    """The broker did not come up; the message is its last output."""


@dataclass(frozen=True)
class Addresses:
    """Where clients connect, by the way in which they do."""

    plain: str
    """From anybody, in plain text."""

    tls: str
    """From anybody, over TLS."""

    scram: str
    """From users with a password, over TLS."""


class Broker:
    """The broker's process, on the loopback interface."""

    def __init__(
        self, libraries: Path | None, folder: Path, *, java: str, tls: TlsMaterial | None
    ) -> None:
        self._libraries = libraries
        self._folder = folder
        self._java = java
        self._tls = tls
        self._addresses: Addresses | None = None
        self._leash: Leash | None = None
        self._lock = threading.Lock()

    def addresses(self) -> Addresses:
        """Where clients connect; starts the broker the first time.

        Raises:
            BrokerError: there is no Kafka here, or it did not start.
        """
        with self._lock:
            if self._addresses is None:
                self._addresses = self._started()
            return self._addresses

    def _started(self) -> Addresses:
        if self._libraries is None or not self._libraries.is_dir():
            raise BrokerError("Kafka was not fetched: make up JOB=payments fetches it")
        if self._tls is None:
            raise BrokerError("the broker's certificate is the emulator's, which has none")
        said = ""
        for _ in range(_ATTEMPTS):
            # Another process may take a port before the broker does.
            ports = settings.Ports(*free_ports(4))
            said = self._start(ports, self._tls)
            if not said:
                logger.info("Kafka broker on port %d", ports.plain)
                return Addresses(*(f"127.0.0.1:{port}" for port in ports.of_clients))
        raise BrokerError(f"the broker did not start: {said}")

    def _start(self, ports: settings.Ports, tls: TlsMaterial) -> str:
        """Start the process; returns its last words, or nothing once it answers."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        file = settings.write(self._folder, ports, tls)
        identity = uuid.uuid4().hex[:22]
        formatted = subprocess.run(
            [*self._program("kafka.tools.StorageTool"), "format", "-t", identity, "-c", file],
            capture_output=True,
            text=True,
            check=False,
        )
        if formatted.returncode != 0:
            return formatted.stdout[-600:] + formatted.stderr[-600:]
        output = self._folder / "broker.out"
        with output.open("wb") as out:
            process = subprocess.Popen(
                [*self._program("kafka.Kafka"), file],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._leash = self._leash or Leash()
        self._leash.hold(process.pid)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if all(map(_answers, ports.of_clients)):
                return ""
            time.sleep(0.1)
        process.kill()
        process.wait()
        self._leash.release(process.pid)
        return output.read_text(errors="replace")[-600:] or "it said nothing"

    def _program(self, main: str) -> list[str | Path]:
        options = [f"-Dlog4j.configuration=file:{self._folder / settings.LOGGING}", *_MEMORY]
        return [self._java, *options, "-classpath", f"{self._libraries}/*", main]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
