"""The change key moves exactly when the application does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis
from aws_cdk.aws_kinesisanalyticsv2 import CfnApplicationCloudWatchLoggingOption
from aws_cdk.aws_logs import RetentionDays
from configurations import SQL, Build, app, only, template_of

from cdk_managed_flink import (
    AlarmThresholds,
    Checkpointing,
    DesiredState,
    FlinkCode,
    FlinkPipeline,
    HealthGate,
    KinesisSource,
    KinesisStart,
    LogLevel,
    Monitoring,
    Notifications,
    Parallelism,
    RestoreFrom,
    SnapshotMode,
    SnapshotSchedule,
    UpdateStrategy,
)

pytestmark = pytest.mark.slow


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


def test_another_synth_keeps_it(build: Build, key: dict[str, Any]) -> None:
    assert key_of(build()) == key


@pytest.mark.parametrize(
    "changed",
    [
        {"alarms": AlarmThresholds(cpu=None)},
        {"notifications": Notifications(emails=("data-team@example.com",))},
        {"log_retention": RetentionDays.ONE_WEEK},
        {"health_gate": HealthGate.none()},
        {"max_state_loss": cdk.Duration.hours(1)},
        {"poll_interval": cdk.Duration.seconds(30)},
        {"update_strategy": UpdateStrategy.FORCE_STOP},
        {"restore_from": RestoreFrom.snapshot("precious")},
        {"desired_state": DesiredState.STOPPED},
        {"bounded": True},
        {"snapshots": SnapshotSchedule.none()},
        {"reconcile_interval": cdk.Duration.minutes(1)},
        {"sources": {"clicks": KinesisSource(retention=cdk.Duration.days(7))}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_is_beside_the_application_keeps_it(
    build: Build, key: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert key_of(build(**changed)) == key


@pytest.mark.parametrize(
    "changed",
    [
        {"alarms": AlarmThresholds(stuck=None)},
        {"notifications": Notifications(emails=("data-team@example.com",))},
        {"snapshots": SnapshotSchedule(keep=5)},
        {"reconcile_interval": cdk.Duration.minutes(1)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_only_operations_see_leaves_both_resources_alone(
    build: Build, minimal: dict[str, Any], changed: dict[str, Any]
) -> None:
    template = template_of(cdk.Stack.of(build(**changed)))
    for type_ in ("Custom::FlinkPrepare", "Custom::FlinkProve"):
        assert only(template, type_)["Properties"] == only(minimal, type_)["Properties"]


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


def override_with_any_of_the_others(pipeline: FlinkPipeline) -> None:
    pipeline.application.resource.add_override("Properties.ApplicationDescription", "other")


def delete_property(pipeline: FlinkPipeline) -> None:
    pipeline.application.resource.add_deletion_override(
        "Properties.ApplicationConfiguration.ApplicationSnapshotConfiguration"
    )


def change_role(pipeline: FlinkPipeline) -> None:
    pipeline.application.resource.service_execution_role = "arn:aws:iam::123456789012:role/other"


def log_elsewhere(pipeline: FlinkPipeline) -> None:
    option = CfnApplicationCloudWatchLoggingOption.CloudWatchLoggingOptionProperty
    pipeline.application.logging_option.cloud_watch_logging_option = option(log_stream_arn="other")


@pytest.mark.parametrize(
    "change",
    [
        add_group,
        override,
        override_child,
        override_with_any_of_the_others,
        delete_property,
        set_l1,
        change_role,
        log_elsewhere,
    ],
)
def test_a_late_change_of_the_application_moves_it(
    build: Build, key: dict[str, Any], change: Callable[[FlinkPipeline], None]
) -> None:
    pipeline = build()
    change(pipeline)
    assert key_of(pipeline)["Digest"] != key["Digest"]


@pytest.mark.parametrize(
    "changed",
    [
        {"parallelism": Parallelism(parallelism=2)},
        {"checkpointing": Checkpointing(interval=cdk.Duration.seconds(61))},
        {"monitoring": Monitoring(log_level=LogLevel.DEBUG)},
        {"property_groups": {"limits": {"max": 5}}},
        {"sources": {"clicks": KinesisSource(start=KinesisStart.latest())}},
        {"application_name": "another"},
        {"snapshot_mode": SnapshotMode.ENHANCED_SNAPSHOTS},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_setting_of_the_application_moves_it(
    build: Build, key: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert key_of(build(**changed))["Digest"] != key["Digest"]


def test_one_byte_of_code_moves_it(build: Build, key: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "job.sql").write_text(SQL + " ", encoding="utf-8")
    assert key_of(build(code=FlinkCode.from_sql(tmp_path)))["Digest"] != key["Digest"]


def test_inputs_are_all_references_without_pseudo_parameters(key: dict[str, Any]) -> None:
    found = {next(iter(r.values())) if "Ref" in r else r["Fn::GetAtt"][0] for r in key["Inputs"]}
    assert found == {
        "ClicksApplicationLogGroup4E34E119",
        "ClicksApplicationLogStream97C4D44B",
        "ClicksApplicationRoleCA9BB9AC",
        "ClicksSinkslake50CBC828",
        "ClicksSinkspages46CE5A75",
        "ClicksSourcesclicksED2B77E0",
        "ClicksStateKey47DA64CF",
    }
    assert key["Inputs"] == sorted(key["Inputs"], key=str)


def test_a_parameters_value_is_an_input(build: Build) -> None:
    pipeline = build()
    limit = cdk.CfnParameter(pipeline, "Limit", type="Number")
    pipeline.add_property_group("limits", {"max": limit.value_as_number})
    name = cdk.Stack.of(pipeline).resolve(limit.logical_id)
    assert {"Ref": name} in key_of(pipeline)["Inputs"]


def test_a_value_that_must_not_be_shown_is_no_input(build: Build) -> None:
    """CDK's provider framework logs the properties of custom resources."""
    pipeline = build()
    stack = cdk.Stack.of(pipeline)
    cdk.CfnParameter(stack, "Secret", no_echo=True)
    pipeline.add_property_group(
        "db",
        {
            "value": cdk.Fn.ref("Secret"),
            "url": cdk.Fn.sub("jdbc://db?password=${Secret}"),
            "other": cdk.Fn.sub("${Name}-${Secret}", {"Name": "a"}),
        },
    )
    found = key_of(pipeline)
    assert "Secret" not in str(found["Inputs"])
    application = only(template_of(stack), "AWS::KinesisAnalyticsV2::Application")
    assert "'Ref': 'Secret'" in str(application)


@pytest.mark.parametrize("variables", [None, {"Name": "a"}])
def test_a_name_in_a_text_is_an_input(build: Build, variables: dict[str, str] | None) -> None:
    pipeline = build()
    pipeline.add_property_group("db", {"url": cdk.Fn.sub("${Table}/${AWS::Region}", variables)})
    assert [i for i in key_of(pipeline)["Inputs"] if "${Table}" in str(i.get("Fn::Sub"))]


def test_a_text_of_pseudo_parameters_alone_is_no_input(build: Build, key: dict[str, Any]) -> None:
    pipeline = build()
    pipeline.add_property_group("db", {"url": cdk.Fn.sub("${AWS::Region}-${!Literal}")})
    assert key_of(pipeline)["Inputs"] == key["Inputs"]


def test_a_value_of_another_stack_becomes_an_import(build: Build) -> None:
    owner = app()
    theirs = kinesis.Stream(cdk.Stack(owner, "Theirs"), "Stream")
    pipeline = build(
        scope=cdk.Stack(owner, "Ours"), sources={"clicks": KinesisSource(stream=theirs)}
    )
    assert any("Fn::ImportValue" in reference for reference in key_of(pipeline)["Inputs"])
