"""The broker's configuration: one node, with a listener for each way to connect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from managed_flink_local.emulator.tls import TlsMaterial

LOGGING = "log4j.properties"
SCRAM = "SCRAM-SHA-512"
"""The one mechanism for passwords that the service has."""

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
controller.quorum.voters=1@127.0.0.1:{ports.controller}
listeners={clients},CONTROLLER://127.0.0.1:{ports.controller}
advertised.listeners={clients}
listener.security.protocol.map=PLAIN:PLAINTEXT,TLS:SSL,SCRAM:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAIN
controller.listener.names=CONTROLLER
ssl.keystore.type=PEM
ssl.keystore.location={certificate}
listener.name.scram.sasl.enabled.mechanisms={mechanism}
listener.name.scram.{lower}.sasl.jaas.config={login} required;
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
_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"


@dataclass(frozen=True)
class Ports:
    """Allocated ports of one broker."""

    plain: int
    tls: int
    scram: int
    controller: int

    @property
    def of_clients(self) -> tuple[int, int, int]:
        """Those that clients connect to."""
        return self.plain, self.tls, self.scram


def write(folder: Path, ports: Ports, tls: TlsMaterial) -> Path:
    """Write everything that the broker reads; returns the file to start it with."""
    # Kafka takes one file with both.
    certificate = folder / "server.pem"
    certificate.touch(mode=0o600)
    certificate.write_bytes(tls.key.read_bytes() + tls.certificate.read_bytes())
    (folder / LOGGING).write_text(_LOGGING)
    clients = zip(("PLAIN", "TLS", "SCRAM"), ports.of_clients, strict=True)
    file = folder / "broker.properties"
    file.write_text(
        _SETTINGS.format(
            ports=ports,
            clients=",".join(f"{name}://127.0.0.1:{port}" for name, port in clients),
            certificate=certificate,
            mechanism=SCRAM,
            lower=SCRAM.lower(),
            login=_LOGIN,
            data=folder / "data",
        )
    )
    return file
