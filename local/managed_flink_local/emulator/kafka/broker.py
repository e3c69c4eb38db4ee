"""One Kafka broker for all clusters of this emulator, started when the first one is made."""

from __future__ import annotations

import logging
import socket
import subprocess
import threading
import time
import uuid
from pathlib import Path

from managed_flink_local.emulator.leash import Leash

logger = logging.getLogger("managed_flink")

_READY_SECONDS = 60.0
_MEMORY = ["-Xmx384m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
_LOGGING = """\
log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c %m%n
"""
# One node has one replica of everything, so nothing waits for others. The maximum of a transaction
# is the broker's own default, to which the service holds clients as well.
_SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=CLIENT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENT://127.0.0.1:{client}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.max.timeout.ms=900000
group.initial.rebalance.delay.ms=0
"""


class BrokerError(RuntimeError):
    """The broker did not come up; the message is its last output."""


class Broker:
    """The broker's process. It takes plain connections on the loopback interface, from anybody."""

    def __init__(self, libraries: Path | None, folder: Path, *, java: str) -> None:
        self._libraries = libraries
        self._folder = folder
        self._java = java
        self._servers = ""
        self._lock = threading.Lock()

    def servers(self) -> str:
        """Where clients connect; starts the broker the first time.

        Raises:
            BrokerError: there is no Kafka here, or it did not start.
        """
        with self._lock:
            if not self._servers:
                self._servers = self._start()
            return self._servers

    def _start(self) -> str:
        if self._libraries is None or not self._libraries.is_dir():
            raise BrokerError("Kafka was not fetched: make up JOB=payments fetches it")
        self._folder.mkdir(parents=True)
        client, controller = _free_ports()
        settings = self._folder / "broker.properties"
        settings.write_text(
            _SETTINGS.format(client=client, controller=controller, data=self._folder / "data")
        )
        (self._folder / "log4j.properties").write_text(_LOGGING)
        identity = uuid.uuid4().hex[:22]
        formatted = subprocess.run(
            [*self._program("kafka.tools.StorageTool"), "format", "-t", identity, "-c", settings],
            capture_output=True,
            text=True,
            check=False,
        )
        if formatted.returncode != 0:
            raise BrokerError(formatted.stdout[-600:] + formatted.stderr[-600:])
        output = self._folder / "broker.out"
        with output.open("wb") as out:
            process = subprocess.Popen(
                [*self._program("kafka.Kafka"), settings],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        Leash().hold(process.pid)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", client)) == 0:
                    logger.info("Kafka broker on port %d", client)
                    return f"127.0.0.1:{client}"
            time.sleep(0.1)
        raise BrokerError(f"the broker did not start: {output.read_text(errors='replace')[-600:]}")

    def _program(self, main: str) -> list[str | Path]:
        logging_file = self._folder / "log4j.properties"
        options = [f"-Dlog4j.configuration=file:{logging_file}", *_MEMORY]
        return [self._java, *options, "-classpath", f"{self._libraries}/*", main]


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
