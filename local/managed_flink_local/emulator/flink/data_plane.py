"""Starts, snapshots and stops the jobs of applications, each on a cluster of its own."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.emulator.flink import client
from managed_flink_local.emulator.flink.cluster import Cluster, ClusterSpec
from managed_flink_local.emulator.flink.distribution import Distribution
from managed_flink_local.emulator.flink.rest import FlinkError, root_cause
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.leash import Leash
from managed_flink_local.emulator.not_applied import NotApplied
from managed_flink_local.emulator.service import execution_role
from managed_flink_local.emulator.service.application import Application
from managed_flink_local.emulator.tls import TRUST_STORE_PASSWORD, TlsMaterial

logger = logging.getLogger("managed_flink")

_SAVEPOINT_SECONDS = 90.0
_RUNNING_SECONDS = 120.0
# How long an idle standby is kept for the start that usually follows a stop.
_STANDBY_SECONDS = 180.0
_ENDED = ("FAILED", "CANCELED", "FINISHED", "SUSPENDED")


class DataPlane:
    """All clusters of this emulator."""

    def __init__(
        self,
        config: EmulatorConfig,
        tls: TlsMaterial | None,
        not_applied: NotApplied,
        on_cluster: Callable[[Application, Cluster], None] = lambda application, cluster: None,
    ) -> None:
        self._config = config
        self._tls = tls
        self._not_applied = not_applied
        self._on_cluster = on_cluster
        self._leash = Leash()
        self._standby: dict[str, Cluster] = {}
        self._clusters: set[Cluster] = set()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._closed = False

    def supports(self, runtime: str) -> bool:
        """Whether there is a Flink for this runtime."""
        return runtime in self._config.runtimes

    def directory(self, application: Application) -> Path:
        """The application's own folder."""
        return self._config.applications_dir / application.name

    # ---- clusters ---------------------------------------------------------------------------

    def _spec(self, application: Application) -> ClusterSpec:
        slots = application.parallelism
        if slots > self._config.sizes.max_slots:
            slots = self._config.sizes.max_slots
            self._not_applied.record(
                "AWS::KinesisAnalyticsV2::Application",
                application.name,
                "ApplicationConfiguration.FlinkApplicationConfiguration.ParallelismConfiguration."
                "Parallelism",
                f"{application.parallelism} is asked for, {slots} slots fit on this machine: "
                f"the job runs with {slots}",
            )
        return ClusterSpec(
            distribution=Distribution.of(self._config.runtimes[application.runtime]),
            slots=slots,
            log_level=application.log_level,
            role_arn=application.role_arn,
        )

    def _environment(self, application: Application) -> dict[str, str]:
        config = self._config
        options = {"aws.endpoint": config.endpoint, "aws.credentials.provider": "AUTO"}
        environment = {
            "AWS_REGION": application.region,
            "AWS_DEFAULT_REGION": application.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            # The emulator's GetRecords answers CBOR with base64 text; both SDKs' switches.
            "AWS_CBOR_DISABLE": "true",
            "CBOR_ENABLED": "false",
            "MANAGED_FLINK_PROPERTIES_FILE": str(self._properties_file(application)),
            "MANAGED_FLINK_CONNECTOR_OPTIONS": json.dumps(
                {"kinesis": options, "dynamodb": options, "firehose": options}
            ),
            "AWS_ENDPOINT_URL": config.endpoint,
        }
        if self._tls is not None:
            environment["AWS_CA_BUNDLE"] = str(self._tls.ca)
        with ministack.scope(application.account, application.region):
            environment |= execution_role.session(application.role_arn, application.arn)
        return environment

    def _java_properties(self) -> list[str]:
        properties = [
            "-Dorg.apache.flink.kinesis.shaded.com.amazonaws.sdk.disableCbor=true",
            "-Dcom.amazonaws.sdk.disableCbor=true",
            "-Daws.cborEnabled=false",
        ]
        if self._tls is not None:
            properties += [
                f"-Djavax.net.ssl.trustStore={self._tls.java_trust_store}",
                f"-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
                "-Djavax.net.ssl.trustStoreType=PKCS12",
            ]
        return properties

    def _properties_file(self, application: Application) -> Path:
        return self.directory(application) / "application_properties.json"

    def _new_cluster(self, application: Application, spec: ClusterSpec) -> Cluster:
        number = next(self._numbers)
        cluster = Cluster(
            spec,
            self.directory(application) / "clusters" / f"{number:04d}",
            sizes=self._config.sizes,
            java=self._config.java,
            java_properties=self._java_properties(),
            environment=self._environment(application),
            s3_plugin=self._config.s3_plugins.get(application.runtime),
            s3_endpoint=self._config.endpoint,
            leash=self._leash,
        )
        with self._lock:
            if self._closed:
                raise FlinkError("the emulator is ending")
            self._clusters.add(cluster)
        cluster.start()
        return cluster

    def _close(self, cluster: Cluster) -> None:
        cluster.close()
        with self._lock:
            self._clusters.discard(cluster)

    def prepare(self, application: Application) -> None:
        """Start a cluster ahead of the start that is likely to come."""
        if not self.supports(application.runtime):
            return
        spec = self._spec(application)
        with self._lock:
            standby = self._standby.get(application.arn)
            if standby is not None and standby.spec == spec and not standby.closed:
                return
        try:
            cluster = self._new_cluster(application, spec)
        except (FlinkError, OSError, execution_role.RoleRefusedError) as error:
            logger.info("no standby for %s: %s", application.name, error)
            return
        with self._lock:
            replaced = self._standby.pop(application.arn, None)
            self._standby[application.arn] = cluster
        if replaced is not None:
            self._close(replaced)
        timer = threading.Timer(_STANDBY_SECONDS, self._expire, (application.arn, cluster))
        timer.daemon = True
        timer.start()

    def _expire(self, arn: str, cluster: Cluster) -> None:
        with self._lock:
            if self._standby.get(arn) is not cluster:
                return
            del self._standby[arn]
        self._close(cluster)

    def _take_cluster(self, application: Application) -> Cluster:
        spec = self._spec(application)
        with self._lock:
            standby = self._standby.pop(application.arn, None)
        if standby is not None:
            if standby.spec == spec and standby.process_id("jobmanager"):
                return standby
            self._close(standby)
        return self._new_cluster(application, spec)

    # ---- jobs -------------------------------------------------------------------------------

    def start(
        self,
        application: Application,
        savepoint: str | None,
        *,
        allow_non_restored_state: bool,
        cluster_known: Callable[[Cluster], bool],
    ) -> RunningJob:
        """Start the job and wait until it runs.

        `cluster_known` gets the cluster as soon as there is one; when it answers False, the start
        was overtaken by a stop.

        Raises:
            FlinkError: the job did not get there; no process of it is left.
        """
        # The role is looked at anew at each start, a standby's session notwithstanding.
        with ministack.scope(application.account, application.region):
            try:
                execution_role.check(application.role_arn, application.arn)
            except execution_role.RoleRefusedError as error:
                raise FlinkError(str(error)) from error
        directory = self.directory(application)
        directory.mkdir(parents=True, exist_ok=True)
        cluster = self._take_cluster(application)
        try:
            if not cluster_known(cluster):
                raise FlinkError("the application was stopped while it started")
            self._on_cluster(application, cluster)
            code = cluster.directory / "code"
            archive = self._fetch(application, cluster.directory)
            arguments = [str(archive)]
            if any(g["PropertyGroupId"] == client.RUN_OPTIONS for g in application.property_groups):
                client.unpack(archive, code)
                arguments = client.run_arguments(
                    code,
                    application.property_groups,
                    cluster.spec.distribution.python,
                    archive,
                )
            code.mkdir(exist_ok=True)
            client.write_properties(self._properties_file(application), application.property_groups)
            job_id = client.submit(
                cluster,
                arguments,
                code=code,
                settings=self._job_settings(application, cluster.spec.slots),
                savepoint=savepoint,
                allow_non_restored_state=allow_non_restored_state,
                java=self._config.java,
                heap=self._config.sizes.client_heap,
            )
            self._wait_running(cluster, job_id)
        except BaseException:
            self._close(cluster)
            raise
        job = RunningJob(application, cluster, job_id)
        (directory / "cluster.json").write_text(
            json.dumps({"rest_url": cluster.rest.url, "job_id": job_id})
        )
        return job

    def _job_settings(self, application: Application, slots: int) -> dict[str, str]:
        checkpoints = self.directory(application) / "checkpoints"
        settings = {
            "parallelism.default": str(min(application.parallelism, slots)),
            "execution.checkpointing.dir": checkpoints.as_uri(),
            "execution.checkpointing.max-concurrent-checkpoints": "1",
            "execution.checkpointing.timeout": "60 min",
            "execution.checkpointing.num-retained": "1",
            "restart-strategy.type": "exponential-delay",
            "restart-strategy.exponential-delay.initial-backoff": "1 s",
            "state.backend.type": "hashmap",
        }
        if application.checkpointing is not None:
            interval, pause = application.checkpointing
            settings["execution.checkpointing.interval"] = f"{interval} ms"
            settings["execution.checkpointing.min-pause"] = f"{pause} ms"
        return settings

    def _fetch(self, application: Application, directory: Path) -> Path:
        with ministack.scope(application.account, application.region):
            data = ministack.service("s3")._get_object_data(
                application.bucket, application.key, application.object_version
            )
        if data is None:
            raise FlinkError(
                "Please check the role provided or validity of S3 location: there is no "
                f"s3://{application.bucket}/{application.key}"
            )
        path = directory / "application.zip"
        path.write_bytes(data)
        return path

    def _wait_running(self, cluster: Cluster, job_id: str) -> None:
        """Until every task runs, or the job has failed once: then it is the health gate's case."""
        deadline = time.monotonic() + _RUNNING_SECONDS
        while time.monotonic() < deadline:
            if cluster.closed:
                raise FlinkError("the application was stopped while it started")
            with contextlib.suppress(OSError):
                found = cluster.rest.job(job_id)
                state = found.get("state")
                if state == "FINISHED":
                    return
                if state in _ENDED:
                    trace = cluster.rest.exceptions(job_id)
                    raise FlinkError(root_cause(trace) or f"the job is {state}")
                vertices = found.get("vertices") or []
                if vertices and all(v["status"] in ("RUNNING", "FINISHED") for v in vertices):
                    return
                if state == "RESTARTING":
                    return
            time.sleep(0.2)
        logger.info("job %s: not all tasks run after %.0f s", job_id, _RUNNING_SECONDS)

    def snapshot(self, job: RunningJob, name: str) -> str:
        """Take a savepoint of a running job and return its location."""
        target = self.directory(job.application) / "snapshots" / name
        return job.cluster.rest.savepoint(
            job.job_id, target.as_uri(), stop=False, wait=_SAVEPOINT_SECONDS
        )

    def stop_with_snapshot(self, job: RunningJob, name: str) -> str:
        """Stop the job with a savepoint and end its cluster.

        Raises:
            FlinkError: the savepoint failed; the job and its cluster go on.
        """
        threading.Thread(target=self.prepare, args=(job.application,), daemon=True).start()
        target = self.directory(job.application) / "snapshots" / name
        location = job.cluster.rest.savepoint(
            job.job_id, target.as_uri(), stop=True, wait=_SAVEPOINT_SECONDS
        )
        self.kill(job.cluster)
        return location

    def kill(self, cluster: Cluster) -> None:
        """End a cluster at once, with whatever runs on it."""
        self._close(cluster)

    def drop_snapshot(self, application: Application, name: str) -> None:
        """Delete a snapshot's files."""
        shutil.rmtree(self.directory(application) / "snapshots" / name, ignore_errors=True)

    def delete(self, application: Application) -> None:
        """Delete what an application has here: its standby, snapshots and checkpoints."""
        with self._lock:
            standby = self._standby.pop(application.arn, None)
        if standby is not None:
            self._close(standby)
        for name in ("snapshots", "checkpoints"):
            shutil.rmtree(self.directory(application) / name, ignore_errors=True)

    def close(self) -> None:
        """End everything."""
        with self._lock:
            self._closed = True
        self._leash.kill_all()
