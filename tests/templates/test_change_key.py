"""The change key moves exactly when the application does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis
from configurations import SQL, Build, app, only, template_of

from cdk_managed_flink import AlarmThresholds, FlinkCode, FlinkPipeline, KinesisSource
from cdk_managed_flink.application.tracked import TrackedApplication


def key_of(pipeline: FlinkPipeline) -> dict[str, Any]:
    template = template_of(cdk.Stack.of(pipeline))
    found: dict[str, Any] = only(template, "Custom::FlinkPrepare")["Properties"]["Application"]
    return found


@pytest.fixture(scope="session")
def key(build: Build) -> dict[str, Any]:
    return key_of(build())


def test_same_code_in_another_directory_keeps_it(
    build: Build, key: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "job.sql").write_text(SQL, encoding="utf-8")
    assert key_of(build(code=FlinkCode.from_sql(tmp_path))) == key


def test_alarms_only_keep_it(build: Build, key: dict[str, Any]) -> None:
    assert key_of(build(alarms=AlarmThresholds(cpu=None))) == key


def test_tags_and_metadata_keep_it(build: Build, key: dict[str, Any]) -> None:
    pipeline = build()
    cdk.Tags.of(pipeline).add("team", "data")
    pipeline.application.resource.add_metadata("note", "hello")
    pipeline.application.resource.add_property_override("Tags", [{"Key": "a", "Value": "b"}])
    assert key_of(pipeline) == key


def add_group(pipeline: FlinkPipeline) -> None:
    pipeline.add_property_group("late", {"a": "b"})


def override(pipeline: FlinkPipeline) -> None:
    pipeline.application.resource.add_property_override("ApplicationDescription", "other")


def override_child(pipeline: FlinkPipeline) -> None:
    child = pipeline.application.node.find_child("Resource")
    assert isinstance(child, cdk.CfnResource)
    child.add_property_deletion_override("ApplicationDescription")


def set_l1(pipeline: FlinkPipeline) -> None:
    pipeline.application.resource.application_description = "other"


def change_role(pipeline: FlinkPipeline) -> None:
    pipeline.application.resource.service_execution_role = "arn:aws:iam::123456789012:role/other"


@pytest.mark.parametrize("change", [add_group, override, override_child, set_l1, change_role])
def test_a_change_of_the_application_moves_it(
    build: Build, key: dict[str, Any], change: Callable[[FlinkPipeline], None]
) -> None:
    pipeline = build()
    change(pipeline)
    assert key_of(pipeline)["Digest"] != key["Digest"]


def test_one_byte_of_code_moves_it(build: Build, key: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "job.sql").write_text(SQL + " ", encoding="utf-8")
    assert key_of(build(code=FlinkCode.from_sql(tmp_path)))["Digest"] != key["Digest"]


def test_inputs_are_the_references_without_pseudo_parameters(key: dict[str, Any]) -> None:
    shown = [str(reference) for reference in key["Inputs"]]
    assert shown
    assert not [reference for reference in shown if "AWS::" in reference]
    assert any("SourcesclicksF" in s or "Sourcesclicks" in s for s in shown)


def test_a_value_of_another_stack_becomes_an_import(build: Build) -> None:
    owner = app()
    theirs = kinesis.Stream(cdk.Stack(owner, "Theirs"), "Stream")
    pipeline = build(
        scope=cdk.Stack(owner, "Ours"), sources={"clicks": KinesisSource(stream=theirs)}
    )
    assert any("Fn::ImportValue" in reference for reference in key_of(pipeline)["Inputs"])


def test_protected_names_of_the_l1_are_there() -> None:
    assert hasattr(TrackedApplication, "_cfn_properties")
    assert hasattr(TrackedApplication, "_render_properties")
