"""What the tests of templates share: how an app is made and a template is read."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import aws_cdk.assertions

from cdk_managed_flink import (
    DynamoDbSink,
    FlinkCode,
    FlinkPipeline,
    KinesisSource,
    S3Sink,
)
from stacks.sensors import SensorsStack
from stacks.settings import settings_for

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("local", "dev", "staging", "prod")
SQL = """
CREATE TABLE clicks (page STRING) WITH (${clicks});
CREATE TABLE lake (page STRING) WITH (${lake});
CREATE TABLE pages (page STRING) PARTITIONED BY (page) WITH (${pages});
INSERT INTO lake SELECT page FROM clicks;
INSERT INTO pages SELECT page FROM clicks;
"""


def app(context: Mapping[str, str] | None = None, *, builtin_validation: bool = False) -> cdk.App:
    """An app with the project's feature flags; nothing is packaged, and synth is fast."""
    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return cdk.App(
        context={**flags, "aws:cdk:bundling-stacks": [], **(context or {})},
        builtin_cloud_formation_validation=builtin_validation,
    )


def template_of(stack: cdk.Stack) -> dict[str, Any]:
    return dict(cdk.assertions.Template.from_stack(stack).to_json())


Build = Callable[..., FlinkPipeline]


def builder(job: Path) -> Build:
    """A pipeline with one source and two sinks, in a stack of its own; arguments change it."""

    def make(
        *,
        scope: cdk.Stack | None = None,
        id_: str = "Clicks",
        flags: dict[str, str] | None = None,
        **changed: Any,  # noqa: ANN401
    ) -> FlinkPipeline:
        stack = scope or cdk.Stack(app(flags), "Stack")
        arguments: dict[str, Any] = {
            "code": FlinkCode.from_sql(job),
            "sources": {"clicks": KinesisSource()},
            "sinks": {"lake": S3Sink(), "pages": DynamoDbSink(partition_key="page")},
        }
        return FlinkPipeline(stack, id_, **{**arguments, **changed})

    return make


@cache
def sensors(environment: str) -> SensorsStack:
    settings = settings_for(environment)
    return SensorsStack(app(), f"{environment}-sensors", jobs=ROOT / "jobs", settings=settings)


def of_type(template: dict[str, Any], type_: str) -> dict[str, dict[str, Any]]:
    return {k: r for k, r in template["Resources"].items() if r["Type"] == type_}


def only(template: dict[str, Any], type_: str) -> dict[str, Any]:
    (found,) = of_type(template, type_).values()
    return found
