"""A job built by Maven and a job in Python with wheels of its own, deployed to one machine.

The same jobs as in `tests/jobs`, here with a stream and a bucket, under their own roles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_managed_flink import (
    Checkpointing,
    FlinkCode,
    FlinkPipeline,
    HealthGate,
    KinesisSource,
    S3Sink,
)
from managed_flink_local import deployment, pipeline, toolchain
from managed_flink_local.assembly import Assembly
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.progress import Progress
from managed_flink_local.stored import FileSink
from tests import environments
from tests.waiting import until

# Make test runs each language in tests/jobs, and a job in Python under its role as payments.
pytestmark = [pytest.mark.local, pytest.mark.long]

JOBS = Path(__file__).parents[1] / "jobs"
# By job: its code, its source, its sink, its own properties.
DEPLOYED = {
    "java": (FlinkCode.from_maven(JOBS / "java_job"), "readings", "alerts", {"limits": "celsius"}),
    "python": (FlinkCode.from_python(JOBS / "python_job"), "orders", "cleaned", {"job": "run"}),
}
VALUES = {"celsius": "30", "run": "deployed"}


def synthesize(output: Path) -> Assembly:
    flags = json.loads((toolchain.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(outdir=str(output), context=flags, builtin_cloud_formation_validation=False)
    for name, (code, source, sink, groups) in DEPLOYED.items():
        FlinkPipeline(
            cdk.Stack(app, f"languages-{name}"),
            name.title(),
            code=code,
            sources={source: KinesisSource(format="json", shards=1)},
            sinks={sink: S3Sink()},
            property_groups={group: {key: VALUES[key]} for group, key in groups.items()},
            checkpointing=Checkpointing(
                interval=cdk.Duration.seconds(2), min_pause=cdk.Duration.millis(500)
            ),
            health_gate=HealthGate(
                window=cdk.Duration.seconds(6),
                period=cdk.Duration.seconds(2),
                timeout=cdk.Duration.minutes(3),
            ),
            poll_interval=cdk.Duration.seconds(2),
        )
    app.synth()
    return Assembly(output)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Pipeline]]:
    with environments.running("tests-languages") as here:
        deployment.bootstrap(here)
        app = synthesize(tmp_path_factory.mktemp("languages") / "cdk.out")
        with Progress().phase("deploying") as phase:
            deployment.deploy(here, app, "deploy", phase)
        found = {name: pipeline.of_stack(here, f"languages-{name}") for name in DEPLOYED}
        yield {name: there for name, there in found.items() if there is not None}


def through(found: Pipeline, name: str, rows: list[dict[str, object]], count: int) -> list[object]:
    """Send rows, and wait until as many have come through."""
    _, source, sink, _ = DEPLOYED[name]
    kinesis = found.environment.client("kinesis")
    entries = [{"Data": json.dumps(row).encode(), "PartitionKey": "one"} for row in rows]
    kinesis.put_records(StreamName=found.stream(source), Records=entries)
    reader = FileSink(found, sink)
    there = until(
        lambda: [row for stored in reader.objects() for row in stored.rows],
        lambda rows: len(rows) >= count,
    )
    return sorted(there, key=str)


def test_a_job_built_by_maven_runs_under_its_role(deployed: dict[str, Pipeline]) -> None:
    rows = [{"sensor": s, "fahrenheit": f} for s, f in (("a", 50.0), ("b", 95.0), ("c", 212.0))]
    found = through(deployed["java"], "java", rows, 2)
    assert [json.loads(json.dumps(row, default=float)) for row in found] == [
        {"sensor": "b", "celsius": 35.0},
        {"sensor": "c", "celsius": 100.0},
    ]


def test_a_python_job_runs_with_its_wheels_and_its_function(deployed: dict[str, Pipeline]) -> None:
    cities = ["Duesseldorf", "koln", "  MUNCHEN", "Timbuktu"]
    rows: list[dict[str, object]] = [{"id": i, "city": city} for i, city in enumerate(cities)]
    assert through(deployed["python"], "python", rows, len(cities)) == [
        {"id": 0, "city": "Düsseldorf", "run": "deployed"},
        {"id": 1, "city": "Köln", "run": "deployed"},
        {"id": 2, "city": "München", "run": "deployed"},
        {"id": 3, "city": None, "run": "deployed"},
    ]
