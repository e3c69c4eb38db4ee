"""A pipeline whose rows go into indexes, as the tests of ``OpenSearchSink`` use it."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk

from cdk_managed_flink import FlinkCode, FlinkPipeline, KinesisSource, Sink


def pipeline(stack: cdk.Stack, folder: Path, **sinks: Sink[Any]) -> FlinkPipeline:
    lines = ["CREATE TABLE clicks (page STRING) WITH (${clicks});"]
    for sink in sinks:
        lines.append(f"CREATE TABLE {sink} (page STRING) WITH (${{{sink}}});")
        lines.append(f"INSERT INTO {sink} SELECT page FROM clicks;")
    (folder / "job.sql").write_text("\n".join(lines), encoding="utf-8")
    return FlinkPipeline(
        stack,
        "Clicks",
        code=FlinkCode.from_sql(folder),
        sources={"clicks": KinesisSource()},
        sinks=sinks,
    )
