"""What the library packages, run as the service runs it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk

from cdk_managed_flink import (
    Code,
    FlinkPipeline,
    KinesisSource,
    S3Sink,
)
from managed_flink_local import toolchain
from managed_flink_local.emulator.flink import client
from tests.jobs.clusters import Clusters, Groups, RunningJob


@dataclass(frozen=True)
class Package:
    """What CDK publishes for an application, unpacked where it is a zip."""

    file: Path
    code: Path
    run_options: Mapping[str, str]


def package(
    code: Code, folder: Path, *, source: str, sink: str, groups: Groups | None = None
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


def running(
    clusters: Clusters, packaged: Package, groups: Groups, root: Path
) -> AbstractContextManager[RunningJob]:
    """The job on a cluster, started as the service starts it."""
    options = {client.RUN_OPTIONS: packaged.run_options} if packaged.run_options else {}
    return clusters.running(
        toolchain.FLINK_1,
        code=packaged.code,
        archive=packaged.file,
        groups={**groups, **options},
        root=root,
    )


def files(path: Path, file_format: str) -> dict[str, str]:
    """The option list of a folder in place of a stream or a bucket."""
    options = {"connector": "filesystem", "path": path.as_uri(), "format": file_format}
    if file_format == "json":
        options["source.monitor-interval"] = "200 ms"
    return options
