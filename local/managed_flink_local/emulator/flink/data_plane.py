"""Starts, snapshots and stops the jobs of applications, each on a cluster of its own."""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from managed_flink_local.emulator import execution_role
from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.emulator.flink import client, property_groups
from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.flink.client import Submission
from managed_flink_local.emulator.flink.cluster import Cluster
from managed_flink_local.emulator.flink.cluster_pool import ClusterPool
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.flink.service_text import failed_start
from managed_flink_local.emulator.flink.supervisor import Supervisor

logger = logging.getLogger("managed_flink")

_SAVEPOINT_SECONDS = 90.0
_RUNNING_SECONDS = 120.0
_ENDED = ("FAILED", "CANCELED", "FINISHED", "SUSPENDED")


class DataPlane:
    """The jobs of all applications."""

    def __init__(
        self,
        config: EmulatorConfig,
        pool: ClusterPool,
        on_cluster: Callable[[Application, Cluster], None] = lambda application, cluster: None,
    ) -> None:
        self._config = config
        self._pool = pool
        self._on_cluster = on_cluster

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
        directory = self._pool.directory(application)
        directory.mkdir(parents=True, exist_ok=True)
        cluster = self._pool.take(application)
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
            client.write_properties(
                self._pool.properties_file(application),
                property_groups.on_this_machine(application.property_groups),
            )
            submission = Submission(
                job_id=secrets.token_hex(16),
                arguments=arguments,
                code=code,
                settings=self._job_settings(application, cluster.spec.slots),
                java=self._config.java,
                heap=self._config.sizes.client_heap,
            )
            restore = client.start_from(
                savepoint, allow_non_restored_state=allow_non_restored_state
            )
            client.submit(cluster, submission, restore)
            self._wait_running(cluster, submission.job_id)
        except BaseException:
            cluster.close()
            raise
        job = RunningJob(application, cluster, submission.job_id)
        (directory / "cluster.json").write_text(
            json.dumps({"rest_url": cluster.rest.url, "job_id": job.job_id})
        )
        Supervisor(cluster, submission, restore, self._checkpoints(application)).start()
        return job

    def _checkpoints(self, application: Application) -> Path:
        return self._pool.directory(application) / "checkpoints"

    def _job_settings(self, application: Application, slots: int) -> dict[str, str]:
        settings = {
            "parallelism.default": str(min(application.parallelism, slots)),
            "execution.checkpointing.dir": self._checkpoints(application).as_uri(),
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
        where = f"s3://{application.bucket}/{application.key}"
        action = "s3:GetObjectVersion" if application.object_version else "s3:GetObject"
        with ministack.scope(application.account, application.region):
            allowed = execution_role.allows(
                application.role_arn,
                application.arn,
                action,
                f"arn:aws:s3:::{application.bucket}/{application.key}",
            )
            data = ministack.service("s3")._get_object_data(
                application.bucket, application.key, application.object_version
            )
        if data is None or not allowed:
            why = f"there is no {where}" if allowed else f"it does not allow {action} on {where}"
            raise FlinkError(f"Please check the role provided or validity of S3 location: {why}")
        path = directory / "application.zip"
        path.write_bytes(data)
        return path

    def _wait_running(self, cluster: Cluster, job_id: str) -> None:
        """Until every task runs, or the job has failed once: then it is the health gate's case."""
        deadline = time.monotonic() + _RUNNING_SECONDS
        while time.monotonic() < deadline:
            if cluster.closed:
                raise FlinkError("the application was stopped while it started")
            if cluster.process_id("jobmanager") is None:
                raise FlinkError("the JobManager died before the job ran")
            with contextlib.suppress(OSError):
                found = cluster.rest.job(job_id)
                state = found.get("state")
                if state == "FINISHED":
                    return
                if state in _ENDED:
                    trace = cluster.rest.exceptions(job_id)
                    raise FlinkError(failed_start(trace))
                vertices = found.get("vertices") or []
                if vertices and all(v["status"] in ("RUNNING", "FINISHED") for v in vertices):
                    return
                if state == "RESTARTING":
                    return
            time.sleep(0.2)
        logger.info("job %s: not all tasks run after %.0f s", job_id, _RUNNING_SECONDS)

    def folder(self, application: Application | None, name: str) -> Path:
        """Where a snapshot's files are: with its application, or the account's."""
        home = self._config.state_dir if application is None else self._pool.directory(application)
        return home / "snapshots" / name

    def snapshot(self, job: RunningJob, folder: Path) -> str:
        """Take a savepoint of a running job and return its location."""
        return job.cluster.rest.savepoint(
            job.job_id, folder.as_uri(), stop=False, wait=_SAVEPOINT_SECONDS
        )

    def stop_with_snapshot(self, job: RunningJob, folder: Path) -> str:
        """Stop the job with a savepoint; its cluster stays for a next start.

        Raises:
            FlinkError: the savepoint failed; the job and its cluster go on.
        """
        location = job.cluster.rest.savepoint(
            job.job_id, folder.as_uri(), stop=True, wait=_SAVEPOINT_SECONDS
        )
        self._pool.keep(job.application, job.cluster)
        return location

    @staticmethod
    def drop_snapshot(folder: Path) -> None:
        """Delete a snapshot's files."""
        shutil.rmtree(folder, ignore_errors=True)

    def delete(self, application: Application) -> None:
        """Delete what an application has here: its standby, snapshots and checkpoints."""
        self._pool.forget(application)
        for name in ("snapshots", "checkpoints"):
            shutil.rmtree(self._pool.directory(application) / name, ignore_errors=True)
