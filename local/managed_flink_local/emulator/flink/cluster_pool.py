"""All clusters of this emulator, and for a likely start one that already runs."""

from __future__ import annotations

import itertools
import logging
import threading
from pathlib import Path

from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.emulator.execution_role import RoleRefusedError
from managed_flink_local.emulator.flink import process_environment
from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.flink.cluster import Cluster, ClusterSpec
from managed_flink_local.emulator.flink.distribution import Distribution
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.leash import Leash
from managed_flink_local.emulator.not_applied import NotApplied
from managed_flink_local.emulator.tls import TlsMaterial

logger = logging.getLogger("managed_flink")

# How long an idle standby is kept for the start that usually follows a stop.
_STANDBY_SECONDS = 180.0
_PARALLELISM = (
    "ApplicationConfiguration.FlinkApplicationConfiguration.ParallelismConfiguration.Parallelism"
)


class ClusterPool:
    """Every start takes a cluster of its own, or the one that the application's last job left."""

    def __init__(
        self, config: EmulatorConfig, tls: TlsMaterial | None, not_applied: NotApplied
    ) -> None:
        self._config = config
        self._tls = tls
        self._not_applied = not_applied
        self._leash = Leash()
        self._standby: dict[str, Cluster] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._closed = False

    def supports(self, runtime: str) -> bool:
        """Whether there is a Flink for this runtime."""
        return runtime in self._config.runtimes

    def directory(self, application: Application) -> Path:
        """The application's own folder."""
        return self._config.applications_dir / application.name

    def properties_file(self, application: Application) -> Path:
        """What the service has at /etc/flink/application_properties.json."""
        return self.directory(application) / "application_properties.json"

    def _spec(self, application: Application) -> ClusterSpec:
        slots = application.parallelism
        if slots > self._config.sizes.max_slots:
            slots = self._config.sizes.max_slots
            self._not_applied.record(
                "AWS::KinesisAnalyticsV2::Application",
                application.name,
                _PARALLELISM,
                f"{application.parallelism} is asked for, {slots} slots fit on this machine: "
                f"the job runs with {slots}",
            )
        return ClusterSpec(
            distribution=Distribution.of(self._config.runtimes[application.runtime]),
            slots=slots,
            log_level=application.log_level,
            role_arn=application.role_arn,
        )

    def _start(self, application: Application, spec: ClusterSpec) -> Cluster:
        number = next(self._numbers)
        cluster = Cluster(
            spec,
            self.directory(application) / "clusters" / f"{number:04d}",
            sizes=self._config.sizes,
            java=self._config.java,
            java_properties=process_environment.java_properties(self._tls),
            environment=process_environment.variables(
                application, self._config, self._tls, self.properties_file(application)
            ),
            s3_plugin=self._config.s3_plugins.get(application.runtime),
            s3_endpoint=self._config.endpoint,
            leash=self._leash,
        )
        if self._closed:
            raise FlinkError("the emulator is ending")
        cluster.start()
        return cluster

    def prepare(self, application: Application) -> None:
        """Start a cluster ahead of the start that is likely to come."""
        if not self.supports(application.runtime):
            return
        spec = self._spec(application)
        with self._lock:
            standby = self._standby.get(application.arn)
            if standby is not None and standby.spec == spec and standby.alive:
                return
        try:
            cluster = self._start(application, spec)
        except (FlinkError, OSError, RoleRefusedError) as error:
            logger.info("no standby for %s: %s", application.name, error)
            return
        self._stand_by(application, cluster)

    def keep(self, application: Application, cluster: Cluster) -> None:
        """Take over a cluster whose job was stopped gracefully."""
        following = cluster.hand_on()
        if following is not None:
            self._stand_by(application, following)
        else:
            cluster.close()
            self.prepare_in_background(application)

    def _stand_by(self, application: Application, cluster: Cluster) -> None:
        with self._lock:
            replaced = self._standby.pop(application.arn, None)
            self._standby[application.arn] = cluster
        if replaced is not None:
            replaced.close()
        timer = threading.Timer(_STANDBY_SECONDS, self._expire, (application.arn, cluster))
        timer.daemon = True
        timer.start()

    def prepare_in_background(self, application: Application) -> None:
        """The same, without waiting for it."""
        threading.Thread(target=self.prepare, args=(application,), daemon=True).start()

    def _expire(self, arn: str, cluster: Cluster) -> None:
        with self._lock:
            if self._standby.get(arn) is not cluster:
                return
            del self._standby[arn]
        cluster.close()

    def take(self, application: Application) -> Cluster:
        """The application's standby, if it fits, else a new cluster that is starting."""
        spec = self._spec(application)
        with self._lock:
            standby = self._standby.pop(application.arn, None)
        if standby is not None:
            if standby.spec == spec and standby.alive:
                return standby
            standby.close()
        return self._start(application, spec)

    def forget(self, application: Application) -> None:
        """End the application's standby."""
        with self._lock:
            standby = self._standby.pop(application.arn, None)
        if standby is not None:
            standby.close()

    def close(self) -> None:
        """End everything."""
        self._closed = True
        self._leash.kill_all()
