"""Flink clusters for the jobs here: one a runtime, handed on from job to job."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from managed_flink_local import toolchain
from managed_flink_local.emulator.config import FlinkSizes
from managed_flink_local.emulator.flink import client
from managed_flink_local.emulator.flink.cluster import Cluster, ClusterSpec
from managed_flink_local.emulator.flink.distribution import Distribution
from managed_flink_local.emulator.flink.rest import FlinkError, FlinkRest
from managed_flink_local.emulator.leash import Leash
from managed_flink_local.environment import Environment
from tests.waiting import until

# Of emulator/tls.py, which only the emulator's own Python can import.
TRUST_STORE_PASSWORD = "changeit"
ENDED = ("FINISHED", "FAILED", "CANCELED")

Groups = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class RunningJob:
    """A job on a cluster."""

    cluster: Cluster
    id: str

    @property
    def rest(self) -> FlinkRest:
        return self.cluster.rest

    def healthy(self) -> None:
        """Raise an AssertionError with what the job failed with, if it has."""
        failure = self.rest.exceptions(self.id)
        assert not failure, failure[-3000:]

    def state(self) -> str:
        return str(self.rest.job(self.id).get("state"))

    def cancel(self) -> None:
        if self.state() not in ENDED:
            self.rest.call(f"/jobs/{self.id}?mode=cancel", "PATCH")
        until(self.state, lambda state: state in ENDED)


class Clusters:
    """Started as the emulator starts them, with its address, trust and credentials."""

    def __init__(self, folder: Path, emulator: Environment) -> None:
        self._folder, self._emulator = folder, emulator
        self._leash: Leash | None = None
        self._idle: dict[str, Cluster] = {}
        self._started = 0

    def said(self) -> str:
        """What the mains of all jobs have printed, those that failed included."""
        outputs = sorted(self._folder.rglob("client.out"))
        return "".join(output.read_text(encoding="utf-8") for output in outputs)

    @contextmanager
    def running(
        self,
        flink: toolchain.Flink,
        *,
        code: Path,
        archive: Path,
        groups: Groups,
        root: Path,
        interval: str = "500 ms",
        restore: Sequence[str] = (),
    ) -> Iterator[RunningJob]:
        """The job of this code with these property groups, cancelled at the end.

        Raises:
            FlinkError: main failed; the message is the service's.
        """
        listed = [{"PropertyGroupId": name, "PropertyMap": dict(g)} for name, g in groups.items()]
        properties = root / "properties.json"
        properties.write_text(json.dumps(listed), encoding="utf-8")
        cluster = self._take(flink)
        variable = {"MANAGED_FLINK_PROPERTIES_FILE": str(properties)}
        cluster.environment = {**cluster.environment, **variable}
        submission = client.Submission(
            job_id=secrets.token_hex(16),
            arguments=client.run_arguments(code, listed, flink.python, archive),
            code=code,
            settings={
                "parallelism.default": "1",
                "execution.checkpointing.interval": interval,
                "execution.checkpointing.dir": (root / "checkpoints").as_uri(),
                "restart-strategy.type": "none",
            },
            java="java",
            heap=384,
        )
        job = RunningJob(cluster, submission.job_id)
        try:
            client.submit(cluster, submission, list(restore))
            yield job
        finally:
            self._give_back(flink, job)

    def _take(self, flink: toolchain.Flink) -> Cluster:
        assert flink.python.exists(), f"{flink.python} is missing: `make test` sets it up."
        idle = self._idle.pop(flink.runtime, None)
        if idle is not None:
            return idle
        self._started += 1
        self._leash = self._leash or Leash()
        aws = self._emulator.variables().items()
        cluster = Cluster(
            ClusterSpec(
                distribution=Distribution.of(flink.python),
                slots=1,
                log_level="INFO",
                role_arn="none",
            ),
            self._folder / f"cluster-{self._started}",
            sizes=FlinkSizes(),
            java="java",
            java_properties=trust(self._emulator),
            environment={key: value for key, value in aws if key.startswith("AWS_")},
            s3_plugin=None,
            s3_endpoint="http://127.0.0.1:1",
            leash=self._leash,
        )
        cluster.start()
        return cluster

    def _give_back(self, flink: toolchain.Flink, job: RunningJob) -> None:
        with suppress(FlinkError):  # Flink knows no job whose main failed.
            job.cancel()
        idle = job.cluster.hand_on()
        if idle is not None:
            self._idle[flink.runtime] = idle
        else:
            job.cluster.close()

    def close(self) -> None:
        """End all of them; the next job gets a new one."""
        if self._leash is not None:
            self._leash.kill_all()
        self._idle, self._leash = {}, None


def trust(emulator: Environment) -> list[str]:
    """What lets Java take the emulator's certificate."""
    assert emulator.ca_bundle is not None
    store = next(Path(emulator.ca_bundle).parent.glob("truststore.*"))
    return [
        f"-Djavax.net.ssl.trustStore={store}",
        f"-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
    ]


def wait_for_rows(job: RunningJob, folder: Path, count: int) -> list[dict[str, object]]:
    """The rows in a folder of JSON lines, as soon as there are so many.

    Raises:
        AssertionError: The job failed, or nothing more came.
    """

    def look() -> list[dict[str, object]]:
        job.healthy()
        return rows(folder)

    return until(look, lambda found: len(found) >= count)


def rows(folder: Path) -> list[dict[str, object]]:
    """The rows in a folder of JSON lines."""
    return [
        json.loads(line)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith((".", "_"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
