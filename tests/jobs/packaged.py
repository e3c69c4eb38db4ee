"""What the library packages, run as the service runs it: on a cluster of its own."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk

from cdk_managed_flink import FlinkCode, FlinkPipeline, KinesisSource, S3Sink
from managed_flink_local import toolchain
from managed_flink_local.emulator.config import FlinkSizes
from managed_flink_local.emulator.flink import client
from managed_flink_local.emulator.flink.cluster import Cluster, ClusterSpec
from managed_flink_local.emulator.flink.distribution import Distribution
from managed_flink_local.emulator.leash import Leash

PYTHON = toolchain.FLINK_1.python
_PATIENCE = 60.0

Groups = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Package:
    """What CDK publishes for an application, unpacked where it is a zip."""

    file: Path
    code: Path
    run_options: Mapping[str, str]


def package(
    code: FlinkCode, folder: Path, *, source: str, sink: str, groups: Groups | None = None
) -> Package:
    """Synthesize a pipeline from Kinesis to S3 with this job, and take its asset."""
    app = cdk.App(
        context={"aws:cdk:bundling-stacks": ["**"]},
        outdir=str(folder / "cdk.out"),
        builtin_cloud_formation_validation=False,
    )
    stack = cdk.Stack(app, "Stack")
    FlinkPipeline(
        stack,
        "Pipeline",
        code=code,
        sources={source: KinesisSource()},
        sinks={sink: S3Sink()},
        property_groups=groups or {},
    )
    template = app.synth().get_stack_by_name("Stack").template
    (application,) = (
        resource["Properties"]["ApplicationConfiguration"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::KinesisAnalyticsV2::Application"
    )
    where = application["ApplicationCodeConfiguration"]["CodeContent"]["S3ContentLocation"]
    options = [
        group["PropertyMap"]
        for group in application["EnvironmentProperties"]["PropertyGroups"]
        if group["PropertyGroupId"] == client.RUN_OPTIONS
    ]
    file = folder / "cdk.out" / f"asset.{where['FileKey']}"
    unpacked = folder / "code"
    unpacked.mkdir()
    if options:
        client.unpack(file, unpacked)
    return Package(file, unpacked, options[0] if options else {})


@dataclass(frozen=True)
class RunningJob:
    """A job on a cluster."""

    cluster: Cluster
    id: str

    def rows(self, folder: Path, *, count: int) -> list[dict[str, object]]:
        """The rows in a folder, as soon as there are so many.

        Raises:
            AssertionError: The job failed.
        """
        deadline = time.monotonic() + _PATIENCE
        while len(found := _rows(folder)) < count and time.monotonic() < deadline:
            failure = self.cluster.rest.exceptions(self.id)
            assert not failure, failure[-3000:]
            time.sleep(0.3)
        return found


@contextmanager
def running(
    packaged: Package,
    groups: Groups,
    root: Path,
    *,
    environment: Mapping[str, str] | None = None,
) -> Iterator[RunningJob]:
    """The job on a cluster of its own, started as the service starts it."""
    by_name = {
        **groups,
        **({client.RUN_OPTIONS: packaged.run_options} if packaged.run_options else {}),
    }
    listed = [{"PropertyGroupId": name, "PropertyMap": dict(g)} for name, g in by_name.items()]
    properties = root / "properties.json"
    properties.write_text(json.dumps(listed), encoding="utf-8")
    leash = Leash()
    cluster = Cluster(
        ClusterSpec(
            distribution=Distribution.of(PYTHON), slots=1, log_level="INFO", role_arn="none"
        ),
        root / "cluster",
        sizes=FlinkSizes(),
        java="java",
        java_properties=[],
        environment={"MANAGED_FLINK_PROPERTIES_FILE": str(properties), **(environment or {})},
        s3_plugin=None,
        s3_endpoint="http://127.0.0.1:1",
        leash=leash,
    )
    try:
        cluster.start()
        submission = client.Submission(
            job_id=secrets.token_hex(16),
            arguments=client.run_arguments(packaged.code, listed, PYTHON, packaged.file),
            code=packaged.code,
            settings={
                "parallelism.default": "1",
                "execution.checkpointing.interval": "500 ms",
                "execution.checkpointing.dir": (root / "checkpoints").as_uri(),
                "restart-strategy.type": "none",
            },
            java="java",
            heap=384,
        )
        client.submit(cluster, submission, client.start_from(None, allow_non_restored_state=False))
        yield RunningJob(cluster, submission.job_id)
    finally:
        cluster.close()
        leash.kill_all()


def files(path: Path, file_format: str) -> dict[str, str]:
    """The option list of a folder in place of a stream or a bucket."""
    options = {"connector": "filesystem", "path": path.as_uri(), "format": file_format}
    if file_format == "json":
        options["source.monitor-interval"] = "200 ms"
    return options


def _rows(folder: Path) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith((".", "_"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
