"""A stack of the library on the emulator, as it is published and deployed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from cdk_managed_flink import (
    Checkpointing,
    FlinkCode,
    HealthGate,
)
from managed_flink_local import deployment, pipeline, toolchain
from managed_flink_local.assembly import Assembly
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.stored import is_data, rows_of_object
from tests.emulator.cloud import Cloud
from tests.local.lifecycle.formation import Formation
from tests.waiting import until

# Code and settings of the pipeline that a test makes.
Build = Callable[[cdk.Stack, dict[str, Any]], object]


@dataclass(frozen=True)
class Deployed:
    """A deployed pipeline whose sink `found` is a bucket."""

    cloud: Cloud
    formation: Formation
    pipeline: Pipeline

    def status(self, *wanted: str) -> str:
        """Wait until the application has one of these statuses."""
        return until(self.pipeline.status, lambda status: status in wanted)

    def stop(self) -> None:
        """Stop with a snapshot."""
        self.cloud.flink.stop_application(ApplicationName=self.pipeline.application)
        assert self.status("READY", "RUNNING") == "READY"

    def start(self) -> str:
        """Start from the last snapshot; returns the status it ends in."""
        self.cloud.flink.start_application(
            ApplicationName=self.pipeline.application,
            RunConfiguration={
                "ApplicationRestoreConfiguration": {
                    "ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"
                }
            },
        )
        return self.status("RUNNING", "READY")

    def rows(self, count: int) -> list[dict[str, object]]:
        """What is in the bucket, as soon as there is so much, and a checkpoint later."""
        until(self._rows, lambda rows: len(rows) >= count, poll=0.5)
        time.sleep(2.5)
        return self._rows()

    def _rows(self) -> list[dict[str, object]]:
        bucket, prefix = self.pipeline.prefix("found")
        s3 = self.cloud.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return [
            row
            for key in keys
            if is_data(key)
            for row in rows_of_object(key, s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        ]


def deploy(cloud: Cloud, folder: Path, sql: str, build: Build) -> Deployed:
    """Synthesize, publish and deploy the stack that `build` fills.

    Raises:
        AssertionError: the deploy failed.
    """
    job = folder / "job"
    job.mkdir()
    (job / "job.sql").write_text(sql, encoding="utf-8")
    flags = json.loads((toolchain.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    output, name = folder / "cdk.out", cloud.name("library")
    app = cdk.App(outdir=str(output), context=flags, builtin_cloud_formation_validation=False)
    settings = {
        "code": FlinkCode.from_sql(job),
        "checkpointing": Checkpointing(
            interval=cdk.Duration.seconds(1), min_pause=cdk.Duration.millis(500)
        ),
        "health_gate": HealthGate(
            window=cdk.Duration.seconds(4),
            period=cdk.Duration.seconds(2),
            timeout=cdk.Duration.seconds(180),
        ),
        "poll_interval": cdk.Duration.seconds(1),
    }
    build(cdk.Stack(app, name), settings)
    app.synth()
    assembly = Assembly(output)
    deployment.bootstrap(cloud.emulator)
    formation = Formation(cloud.emulator, name)
    made = formation.deploy(assembly)
    assert made.status == "CREATE_COMPLETE", made
    return Deployed(cloud, formation, pipeline.find(cloud.emulator, assembly))
