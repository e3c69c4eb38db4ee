"""The properties and attributes of Prepare and Prove, and the rules of the reconciler."""

import json
from importlib import import_module
from inspect import signature
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from configurations import Build, app, of_type, only, template_of
from policies import text

from cdk_managed_flink import (
    DesiredState,
    Notifications,
    RestoreFrom,
    SnapshotSchedule,
    UpdateStrategy,
)
from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    PrepareRequest,
    ProveRequest,
    ReconcileEvent,
    ResourceType,
    Trigger,
)
from cdk_managed_flink.handlers.managed_flink_lifecycle.message import Message
from tests.lifecycle.templates import Template

pytestmark = pytest.mark.slow


BOTH = PREPARE, PROVE = tuple(ResourceType)
FROM_CDK = {"ServiceToken", "ServiceTimeout"}
# What a pipeline has unless somebody chooses, and what depends on its runtime alone.
DEFAULTS = {
    "DeadlineSeconds",
    "Strategy",
    "DesiredState",
    "Restore",
    "Bounded",
    "MaxStateLossSeconds",
    "ReplaceStores",
    "Gate",
    "Metrics",
    "AllowNonRestoredState",
    "MetricNamespace",
}
INTRINSICS = {
    "Ref",
    "Fn::GetAtt",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
}


def properties(template: dict[str, Any], type_: str) -> dict[str, Any]:
    found: dict[str, Any] = only(template, type_)["Properties"]
    return found


@pytest.mark.parametrize(
    ("type_", "message"),
    [(PREPARE, PrepareRequest), (PROVE, ProveRequest)],
    ids=["prepare", "prove"],
)
def test_the_template_is_the_contract(
    template: dict[str, Any], type_: ResourceType, message: type[Message]
) -> None:
    """Nothing that the functions do not read, and nothing missing that they read."""
    written = {
        key: value for key, value in properties(template, type_).items() if key not in FROM_CDK
    }
    assert message.of(written).to_dict() == written


@pytest.mark.parametrize("type_", BOTH, ids=["prepare", "prove"])
def test_the_fault_model_plays_what_users_have(
    minimal: dict[str, Any], type_: ResourceType
) -> None:
    """A default that drifts apart would be one that no faulted deploy has been played with."""
    model = Template("v1")
    played = {**model.prove({"Snapshot": "", "Run": "true"}), **model.prepare()}
    written = properties(minimal, type_)
    same = DEFAULTS & set(written)
    assert {key: played[key] for key in same} == {key: written[key] for key in same}


def test_nothing_is_chosen_unless_somebody_chooses(minimal: dict[str, Any]) -> None:
    for type_ in BOTH:
        found = properties(minimal, type_)
        assert found["Strategy"] == "STOP_WITH_SNAPSHOT"
        assert found["DesiredState"] == "RUNNING"
        assert found["Restore"] == {"Type": "LATEST", "Snapshot": ""}
        assert found["Bounded"] == "false"
    assert properties(minimal, BOTH[0])["MaxStateLossSeconds"] == "900"


def test_both_are_told_what_was_chosen(build: Build) -> None:
    pipeline = build(
        update_strategy=UpdateStrategy.FORCE_STOP,
        restore_from=RestoreFrom.snapshot("before-it"),
        desired_state=DesiredState.ALWAYS_RUNNING,
        bounded=True,
        max_state_loss=cdk.Duration.hours(2),
    )
    template = template_of(cdk.Stack.of(pipeline))
    for type_ in BOTH:
        found = properties(template, type_)
        assert found["Strategy"] == "FORCE_STOP"
        assert found["DesiredState"] == "ALWAYS_RUNNING"
        assert found["Restore"] == {"Type": "SNAPSHOT", "Snapshot": "before-it"}
        assert found["Bounded"] == "true"
    assert properties(template, BOTH[0])["MaxStateLossSeconds"] == "7200"


def test_prove_starts_what_prepare_says(template: dict[str, Any]) -> None:
    (prepare,) = of_type(template, BOTH[0])
    prove = properties(template, BOTH[1])
    assert prove["Prepared"] == {"Fn::GetAtt": [prepare, "Snapshot"]}
    assert prove["Run"] == {"Fn::GetAtt": [prepare, "Run"]}


def test_every_value_is_text(template: dict[str, Any]) -> None:
    """CloudFormation makes text of any other, so what is handed over is what arrives."""

    def leaves(value: Any) -> list[Any]:  # noqa: ANN401
        if isinstance(value, dict) and not set(value) <= INTRINSICS:
            return [leaf for inner in value.values() for leaf in leaves(inner)]
        if isinstance(value, list):
            return [leaf for inner in value for leaf in leaves(inner)]
        return [value]

    for type_ in BOTH:
        found = properties(template, type_)
        for leaf in leaves([found[name] for name in found.keys() - {"Application"}]):
            assert isinstance(leaf, str | dict), leaf


def test_prove_knows_what_the_job_of_the_template_is(template: dict[str, Any]) -> None:
    application = properties(template, "AWS::KinesisAnalyticsV2::Application")
    code = application["ApplicationConfiguration"]["ApplicationCodeConfiguration"]
    location = code["CodeContent"]["S3ContentLocation"]
    assert properties(template, BOTH[1])["Definition"] == {
        "Role": application["ServiceExecutionRole"],
        "BucketArn": location["BucketARN"],
        "FileKey": location["FileKey"],
        "ObjectVersion": "",
        "Runtime": "FLINK-1_20",
        "PropertyGroups": application["ApplicationConfiguration"]["EnvironmentProperties"][
            "PropertyGroups"
        ],
    }


def test_a_secret_parameter_is_not_handed_to_the_framework_that_logs_it(build: Build) -> None:
    pipeline = build()
    password = cdk.CfnParameter(pipeline, "Text", no_echo=True)
    pipeline.add_property_group("job", {"text": password.value_as_string})
    found = properties(template_of(cdk.Stack.of(pipeline)), BOTH[1])["Definition"]
    assert "PropertyGroups" not in found


def test_late_changes_of_the_application_are_in_its_definition(build: Build) -> None:
    pipeline = build()
    resource = pipeline.application.resource
    resource.service_execution_role = "theirs"
    resource.add_property_override("RuntimeEnvironment", "FLINK-2_3")
    resource.add_property_override(
        "ApplicationConfiguration.ApplicationCodeConfiguration.CodeContent.S3ContentLocation."
        "ObjectVersion",
        "3",
    )
    found = properties(template_of(cdk.Stack.of(pipeline)), BOTH[1])["Definition"]
    assert (found["Role"], found["ObjectVersion"], found["Runtime"]) == ("theirs", "3", "FLINK-2_3")


def test_code_that_is_no_object_leaves_its_place_empty(build: Build) -> None:
    pipeline = build()
    pipeline.application.resource.add_property_deletion_override(
        "ApplicationConfiguration.ApplicationCodeConfiguration.CodeContent.S3ContentLocation"
    )
    found = properties(template_of(cdk.Stack.of(pipeline)), BOTH[1])["Definition"]
    assert {found[name] for name in ("BucketArn", "FileKey", "ObjectVersion")} == {""}


def test_the_version_of_the_code_is_in_the_definition(build: Build) -> None:
    class Versioned:
        def bind(self, *_: object, **__: object) -> CodeLocation:
            return CodeLocation(
                bucket_arn="arn:aws:s3:::theirs", file_key="job.zip", object_version="7"
            )

        def validate(self, **_: object) -> list[str]:
            return []

    template = template_of(cdk.Stack.of(build(code=Versioned())))
    found = properties(template, BOTH[1])["Definition"]
    assert found["ObjectVersion"] == "7"
    assert found["FileKey"] == "job.zip"


def test_a_role_of_another_stack_becomes_an_import(build: Build) -> None:
    owner = app()
    service = iam.ServicePrincipal("kinesisanalytics.amazonaws.com")
    role = iam.Role(cdk.Stack(owner, "Theirs"), "Role", assumed_by=service)
    pipeline = build(scope=cdk.Stack(owner, "Ours"))
    pipeline.application.resource.service_execution_role = role.role_arn
    found = properties(template_of(cdk.Stack.of(pipeline)), BOTH[1])["Definition"]
    assert set(found["Role"]) == {"Fn::ImportValue"}


def test_outputs_say_what_runs_where_it_came_from_and_why_it_is_well(
    minimal: dict[str, Any],
) -> None:
    (prove,) = of_type(minimal, BOTH[1])
    assert {name[6:-8]: output["Value"] for name, output in minimal["Outputs"].items()} == {
        "ApplicationName": properties(minimal, BOTH[0])["ApplicationName"],
        "RestoredFrom": {"Fn::GetAtt": [prove, "RestoredFrom"]},
        "Evidence": {"Fn::GetAtt": [prove, "Evidence"]},
    }


# -- the reconciler ---------------------------------------------------------------------------


def rule(template: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [
        r["Properties"]
        for r in of_type(template, "AWS::Events::Rule").values()
        if kind in r["Properties"]
    ]
    return dict(found)


def told(rule: dict[str, Any]) -> dict[str, Any]:
    (target,) = rule["Targets"]
    event: dict[str, Any] = json.loads(text(target["Input"]))
    return event


def test_it_looks_every_five_minutes(template: dict[str, Any]) -> None:
    event = told(rule(template, "ScheduleExpression"))
    minutes = int(event["PeriodSeconds"]) // 60
    assert minutes in (1, 5)
    assert rule(template, "ScheduleExpression")["ScheduleExpression"] == (
        "rate(1 minute)" if minutes == 1 else "rate(5 minutes)"
    )


def test_it_looks_when_an_operation_on_its_own_stack_has_ended(template: dict[str, Any]) -> None:
    pattern = rule(template, "EventPattern")["EventPattern"]
    assert pattern["source"] == ["aws.cloudformation"]
    assert pattern["detail-type"] == ["CloudFormation Stack Status Change"]
    assert pattern["detail"]["stack-id"] == [{"Ref": "AWS::StackId"}]
    assert set(pattern["detail"]["status-details"]["status"]) == {
        "CREATE_COMPLETE",
        "CREATE_FAILED",
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_FAILED",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
        "IMPORT_ROLLBACK_FAILED",
    }


def test_both_rules_call_the_same_function_and_say_what_woke_it(template: dict[str, Any]) -> None:
    schedule, status = rule(template, "ScheduleExpression"), rule(template, "EventPattern")
    by_time, by_stack = told(schedule), told(status)
    assert by_time.pop("Trigger") == "schedule"
    assert by_stack.pop("Trigger") == "stack"
    assert by_time == by_stack
    for found in (schedule, status):
        (target,) = found["Targets"]
        assert text(target["Arn"]).startswith("<ManagedFlinkLifecycleTend")


@pytest.mark.parametrize("kind", ["ScheduleExpression", "EventPattern"])
def test_the_event_is_the_contract(template: dict[str, Any], kind: str) -> None:
    event = told(rule(template, kind))
    assert ReconcileEvent.of(event).to_dict() == event


def test_the_fault_model_plays_the_event_that_users_have(minimal: dict[str, Any]) -> None:
    own = {"ApplicationName", "StackId", "TopicArn", "LogGroupName", "LogStreamName"}
    event = told(rule(minimal, "ScheduleExpression"))
    played = Template("v1").reconcile("stack", Trigger.SCHEDULE)
    assert {key: played[key] for key in played.keys() - own} == {
        key: event[key] for key in event.keys() - own
    }


def test_the_event_of_a_pipeline_with_every_default(minimal: dict[str, Any]) -> None:
    event = told(rule(minimal, "ScheduleExpression"))
    assert event == {
        "Trigger": "schedule",
        "ApplicationName": properties(minimal, BOTH[0])["ApplicationName"],
        "StackId": "<AWS::StackId>",
        "DesiredState": "RUNNING",
        "Bounded": "false",
        "SnapshotEverySeconds": "3600",
        "SnapshotKeep": "24",
        "SnapshotMaxAgeSeconds": "604800",
        "Pinned": [],
        "TopicArn": "",
        "PeriodSeconds": "300",
        "MetricNamespace": "ManagedFlink",
        "LogGroupName": text(properties(minimal, PROVE)["LogGroupName"]),
        "LogStreamName": text(properties(minimal, PROVE)["LogStreamName"]),
    }


def test_the_event_follows_what_was_chosen(build: Build) -> None:
    pipeline = build(
        desired_state=DesiredState.ALWAYS_RUNNING,
        bounded=True,
        restore_from=RestoreFrom.snapshot("precious"),
        snapshots=SnapshotSchedule(
            every=cdk.Duration.minutes(30), keep=5, max_age=cdk.Duration.days(1)
        ),
        reconcile_interval=cdk.Duration.minutes(2),
        notifications=Notifications(),
    )
    event = told(rule(template_of(cdk.Stack.of(pipeline)), "EventPattern"))
    assert event["DesiredState"] == "ALWAYS_RUNNING"
    assert event["Bounded"] == "true"
    assert event["Pinned"] == ["precious"]
    assert event["SnapshotEverySeconds"] == "1800"
    assert event["SnapshotKeep"] == "5"
    assert event["SnapshotMaxAgeSeconds"] == "86400"
    assert event["PeriodSeconds"] == "120"
    assert event["TopicArn"].startswith("<ClicksNotifications")


def test_without_a_schedule_no_snapshot_is_ever_due(build: Build) -> None:
    template = template_of(cdk.Stack.of(build(snapshots=SnapshotSchedule.none())))
    assert told(rule(template, "ScheduleExpression"))["SnapshotEverySeconds"] == "0"


def test_a_number_that_is_not_known_at_synth_is_told(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    number: Any = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    build(scope=stack, snapshots=SnapshotSchedule(keep=number))
    event = told(rule(template_of(stack), "ScheduleExpression"))
    assert event["SnapshotKeep"] == "<Number>"


def test_each_rule_alone_may_call_the_function(template: dict[str, Any]) -> None:
    permissions = [p["Properties"] for p in of_type(template, "AWS::Lambda::Permission").values()]
    rules = of_type(template, "AWS::Events::Rule")
    assert len(permissions) == len(rules) == 2
    assert {text(p["SourceArn"]) for p in permissions} == {f"<{name}>" for name in rules}
    for permission in permissions:
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["Principal"] == "events.amazonaws.com"
        assert text(permission["FunctionName"]).startswith("<ManagedFlinkLifecycleTend")


def test_the_three_functions_share_code_role_and_log(minimal: dict[str, Any]) -> None:
    own = {
        name: f["Properties"]
        for name, f in of_type(minimal, "AWS::Lambda::Function").items()
        if "framework" not in name
    }
    handlers = {f["Handler"] for f in own.values()}
    assert len(handlers) == 3
    for handler in handlers:
        module, _, name = handler.rpartition(".")
        assert (
            len(
                signature(
                    getattr(import_module(f"cdk_managed_flink.handlers.{module}"), name)
                ).parameters
            )
            == 2
        ), handler
    for member in ("Code", "Role", "LoggingConfig", "Runtime", "Timeout"):
        assert len({json.dumps(f[member], sort_keys=True) for f in own.values()}) == 1, member
    assert {f["Timeout"] for f in own.values()} == {120}


def test_a_pipeline_has_rules_of_its_own(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    build(scope=stack, id_="One")
    build(scope=stack, id_="Two")
    template = template_of(stack)
    rules = of_type(template, "AWS::Events::Rule").values()
    assert len(rules) == 4
    assert len({told(r["Properties"])["ApplicationName"] for r in rules}) == 2
    assert len({text(r["Properties"]["Targets"][0]["Arn"]) for r in rules}) == 1
