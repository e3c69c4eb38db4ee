"""Starts ministack with everything that this package adds, and ends it promptly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from managed_flink_local.emulator import (
    authorization,
    event_targets,
    firehose_delimiter,
    managed_s3_key,
    tls,
    warm_functions,
)
from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.cloudformation import provisioning
from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.emulator.flink.cluster_pool import ClusterPool
from managed_flink_local.emulator.flink.data_plane import DataPlane
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.kafka import bootstrap
from managed_flink_local.emulator.kafka.broker import Broker
from managed_flink_local.emulator.not_applied import NotApplied
from managed_flink_local.emulator.observability import filter_patterns
from managed_flink_local.emulator.observability.alarms import AlarmEvaluator
from managed_flink_local.emulator.observability.logs import LogShipper
from managed_flink_local.emulator.observability.publisher import MetricsPublisher
from managed_flink_local.emulator.service.api import ServiceApi
from managed_flink_local.emulator.service.runs import Runs
from managed_flink_local.emulator.service.versions import Versions

logger = logging.getLogger("managed_flink")

Watch = Callable[[RunningJob, Callable[[str], None]], None]

# A request that is still open when the emulator is told to end gets this long.
_SHUTDOWN_SECONDS = 1.0
PORT_TAKEN = 98
"""The exit code that asks for another port."""


def _set_environment(config: EmulatorConfig, material: tls.TlsMaterial | None) -> None:
    """Ministack is configured by variables, read when it is imported."""
    values = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(config.port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": config.region,
        "MINISTACK_ACCOUNT_ID": config.account,
        "AWS_ACCESS_KEY_ID": config.access_key,
        "AWS_SECRET_ACCESS_KEY": config.secret_key,
        "AWS_DEFAULT_REGION": config.region,
        "AWS_REGION": config.region,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": config.log_level,
        "DOCKER_HOST": "unix:///nonexistent",
        "TMPDIR": str(config.state_dir / "tmp"),
    }
    if config.node_path is not None:
        values["NODE_PATH"] = str(config.node_path)
    if material is not None:
        values |= {
            "USE_SSL": "1",
            "AUTH": "true",
            "MINISTACK_SSL_CERT": str(material.certificate),
            "MINISTACK_SSL_KEY": str(material.key),
            # Functions inherit these; Node's is added to its own roots, Python's replaces them.
            "NODE_EXTRA_CA_CERTS": str(material.ca),
            "AWS_CA_BUNDLE": str(material.bundle),
            "REQUESTS_CA_BUNDLE": str(material.bundle),
            "SSL_CERT_FILE": str(material.bundle),
        }
    os.environ.pop("AWS_SESSION_TOKEN", None)
    os.environ.pop("AWS_PROFILE", None)
    os.environ |= values
    Path(values["TMPDIR"]).mkdir(parents=True, exist_ok=True)


async def _parent_gone(pid: int) -> None:
    # A parent that has gone keeps its process id until somebody waits for it, but no children.
    while os.getppid() == pid:
        await asyncio.sleep(1)


async def _serve(config: EmulatorConfig, material: tls.TlsMaterial | None) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    hypercorn = Config()
    hypercorn.bind = [f"127.0.0.1:{config.port}"]
    hypercorn.keep_alive_timeout = 75
    hypercorn.graceful_timeout = _SHUTDOWN_SECONDS
    hypercorn.shutdown_timeout = _SHUTDOWN_SECONDS
    hypercorn.loglevel = config.log_level
    hypercorn.accesslog = None
    if material is not None:
        hypercorn.certfile, hypercorn.keyfile = str(material.certificate), str(material.key)
    if config.parent_pid is not None:
        parent = loop.create_task(_parent_gone(config.parent_pid))
        parent.add_done_callback(lambda _: stop.set())

    async def until_stopped() -> None:
        await stop.wait()

    server = loop.create_task(
        serve(ministack.asgi_app(), hypercorn, shutdown_trigger=until_stopped)
    )
    stopping = loop.create_task(stop.wait())
    await asyncio.wait({server, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if server.done():
        server.result()
        return
    # A stack operation may wait in a thread for a function that never answers: a bounded farewell.
    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        await asyncio.wait_for(server, _SHUTDOWN_SECONDS + 1)


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class Flink:
    """What applications run on; a test puts something quicker in its place."""

    pool: ClusterPool
    data_plane: DataPlane
    watch: Watch


def real_flink(
    config: EmulatorConfig, material: tls.TlsMaterial | None, not_applied: NotApplied
) -> Flink:
    """Clusters of this machine, with their logs and metrics."""
    shipper = LogShipper()
    shipper.start()
    pool = ClusterPool(config, material, not_applied)
    publisher = MetricsPublisher(config.metrics_seconds)
    return Flink(pool, DataPlane(config, pool, on_cluster=shipper.follow), publisher.watch)


def run(
    config: EmulatorConfig,
    flink_of: Callable[[EmulatorConfig, tls.TlsMaterial | None, NotApplied], Flink] = real_flink,
) -> int:
    """Run until told to stop; returns the process's exit code."""
    if not _port_is_free(config.port):
        print(f"port {config.port} is taken by another process", file=sys.stderr)
        return PORT_TAKEN
    config.state_dir.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        level=config.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    material = tls.generate(config.state_dir / "tls") if config.tls else None
    _set_environment(config, material)
    ministack.check()
    not_applied = NotApplied(config.not_applied_file)
    flink = flink_of(config, material, not_applied)
    code = 1
    try:
        versions = Versions()

        def running(job: RunningJob, on_end: Callable[[str], None]) -> None:
            versions.ran(job.application.arn, job.application.version)
            flink.watch(job, on_end)

        runs = Runs(flink.data_plane, running)
        ServiceApi(flink.data_plane, flink.pool, runs, versions).install()
        kafka = config.state_dir / "kafka"
        broker = Broker(config.kafka, kafka, java=config.java, tls=material)
        bootstrap.install(broker)
        provisioning.install(not_applied, broker)
        authorization.install()
        managed_s3_key.install()
        event_targets.install()
        firehose_delimiter.install()
        filter_patterns.install()
        warm_functions.install()
        AlarmEvaluator(config.account, config.region).install()
        asyncio.run(_serve(config, material))
        code = 0
    except Exception:
        logger.exception("the emulator failed")
    finally:
        flink.pool.close()
        sys.stdout.flush()
        # Threads may still wait for functions; nothing is left to be saved.
        os._exit(code)
