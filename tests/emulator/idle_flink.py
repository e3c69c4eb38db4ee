"""The emulator with nothing in the place of Flink: what takes minutes takes no time.

Run by the emulator's own Python, as `python -m tests.emulator.idle_flink --config FILE`. What a job
does wrong is in the property group `idle` of its application.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from managed_flink_local.emulator import execution_role, server
from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.flink.cluster import Cluster
from managed_flink_local.emulator.flink.cluster_pool import ClusterPool
from managed_flink_local.emulator.flink.data_plane import DataPlane
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.flink.running_job import RunningJob
from managed_flink_local.emulator.not_applied import NotApplied
from managed_flink_local.emulator.tls import TlsMaterial


class IdleCluster(Cluster):
    """No process."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class IdlePool(ClusterPool):
    """No cluster is prepared."""

    def prepare(self, application: Application) -> None:
        return None


class IdleFlink(DataPlane):
    """Writes down each start beside the application, and a file for each snapshot."""

    def start(
        self,
        application: Application,
        savepoint: str | None,
        *,
        allow_non_restored_state: bool,
        cluster_known: Callable[[Cluster], bool],
    ) -> RunningJob:
        with ministack.scope(application.account, application.region):
            try:
                execution_role.check(application.role_arn, application.arn)
            except execution_role.RoleRefusedError as error:
                raise FlinkError(str(error)) from error
        cluster = IdleCluster()
        if not cluster_known(cluster):
            raise FlinkError("the application was stopped while it started")
        fault = self._fault(application, "start")
        if fault == "hangs":
            while not cluster.closed:
                time.sleep(0.02)
        if fault or cluster.closed:
            raise FlinkError(f"the job {fault or 'was stopped'}")
        log = self._pool.directory(application) / "starts.jsonl"
        log.parent.mkdir(parents=True, exist_ok=True)
        entry = {
            "version": application.version,
            "savepoint": savepoint,
            "allow": allow_non_restored_state,
        }
        with log.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        return RunningJob(application, cluster, "idle")

    def snapshot(self, job: RunningJob, folder: Path) -> str:
        fault = self._fault(job.application, "snapshot")
        if fault == "hangs":
            while not job.cluster.closed:
                time.sleep(0.02)
        if fault or job.cluster.closed:
            raise FlinkError("the checkpoint expired before completing")
        folder.mkdir(parents=True)
        (folder / "_metadata").write_text("x" * 100)
        return folder.as_uri()

    def stop_with_snapshot(self, job: RunningJob, folder: Path) -> str:
        location = self.snapshot(job, folder)
        job.cluster.close()
        return location

    @staticmethod
    def _fault(application: Application, name: str) -> str:
        groups = {g["PropertyGroupId"]: g["PropertyMap"] for g in application.property_groups}
        return str(groups.get("idle", {}).get(name, ""))


def idle_flink(
    config: EmulatorConfig, material: TlsMaterial | None, not_applied: NotApplied
) -> server.Flink:
    pool = IdlePool(config, material, not_applied)
    return server.Flink(pool, IdleFlink(config, pool), lambda job, on_end: None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    raise SystemExit(
        server.run(EmulatorConfig.read(parser.parse_args().config), flink_of=idle_flink)
    )
