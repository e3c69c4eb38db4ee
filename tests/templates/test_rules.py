"""cdk-nag, cfn-lint, CDK's own validation and a rule of our own, on every stack."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesisanalyticsv2 as kda
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks
from checkpointing_rule import CheckpointingRule
from configurations import ENVIRONMENTS, ROOT, Build, app, sensors, template_of
from linting import lint

from cdk_managed_flink import (
    Checkpointing,
    DynamoDbSink,
    Notifications,
    RestoreFrom,
    S3Sink,
    SnapshotMode,
)
from cdk_managed_flink.application import acknowledge
from stacks.sensors import SensorsStack
from stacks.settings import settings_for

pytestmark = pytest.mark.slow


# cdk-nag goes by the newest runtime that it knows, CDK's framework by the CDK release: the finding
# comes and goes with the two versions.
COMES_AND_GOES = {"AwsSolutions-L1"}


def findings(owner: cdk.App) -> set[str]:
    """What the rules have against an app, which has not been synthesized with them yet."""
    cdk.Validations.of(owner).add_plugins(AwsSolutionsChecks(), CheckpointingRule())
    with suppress(RuntimeError):  # raised by every finding that is an error; the report has all
        owner.synth(force=True)
    report = Path(owner.outdir, "validation-report.json")
    if not report.exists():
        return set()
    return {
        violation["ruleName"]
        for plugin in json.loads(report.read_text(encoding="utf-8"))["pluginReports"]
        if plugin["pluginName"] in ("AwsSolutions", CheckpointingRule.NAME)
        for violation in plugin["violations"]
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_finding_in_the_reference_stacks(environment: str) -> None:
    owner = app()
    SensorsStack(owner, "Sensors", jobs=ROOT / "jobs", settings=settings_for(environment))
    assert findings(owner) == set()


def test_no_finding_in_everything(everything_stack: cdk.Stack) -> None:
    owner = everything_stack.node.root
    assert isinstance(owner, cdk.App)
    assert findings(owner) == set()


def test_no_finding_with_a_place_two_pipelines_and_existing_resources(build: Build) -> None:
    owner = app()
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    stack = cdk.Stack(owner, "Stack", env=place)
    theirs = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    build(
        scope=stack,
        sinks={"lake": S3Sink(bucket=theirs), "pages": DynamoDbSink(partition_key="page")},
        notifications=Notifications(emails=("data-team@example.com",)),
    )
    build(scope=stack, id_="Second")
    assert findings(owner) == set()


def test_no_finding_with_enhanced_snapshots_and_an_existing_topic(build: Build) -> None:
    owner = app()
    stack = cdk.Stack(owner, "Stack")
    arn = stack.format_arn(service="sns", resource="theirs")
    build(
        scope=stack,
        snapshot_mode=SnapshotMode.ENHANCED_SNAPSHOTS,
        restore_from=RestoreFrom.snapshot("precious"),
        notifications=Notifications(topic=sns.Topic.from_topic_arn(stack, "Topic", arn)),
    )
    assert findings(owner) == set()


def test_fails_when_something_else_in_the_stack_breaks_a_rule(build: Build) -> None:
    owner = app()
    stack = cdk.Stack(owner, "Stack")
    build(scope=stack)
    s3.Bucket(stack, "Open")
    assert findings(owner) == {"AwsSolutions-S1", "AwsSolutions-S10"}


class Recorded:
    """In place of ``Validations``: notes acknowledgements, so that nothing is acknowledged."""

    def __init__(self, path: str = "", notes: list[tuple[str, str, str]] | None = None) -> None:
        self._path = path
        self.notes = [] if notes is None else notes

    def of(self, scope: cdk.Stack) -> "Recorded":
        return Recorded(scope.node.path, self.notes)

    def acknowledge(self, *acknowledgments: cdk.Acknowledgment) -> None:
        self.notes += [(self._path, one.id, one.reason or "") for one in acknowledgments]


@pytest.fixture(scope="module")
def unacknowledged(build: Build) -> tuple[Recorded, set[str]]:
    """All acknowledgements of a stack, and what the rules find without them."""
    recorded = Recorded()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(acknowledge, "Validations", recorded)
        owner = app()
        build(scope=cdk.Stack(owner, "Stack"), notifications=Notifications())
    return recorded, findings(owner)


def test_each_acknowledgement_is_needed_and_without_them_synth_fails(
    unacknowledged: tuple[Recorded, set[str]],
) -> None:
    recorded, found = unacknowledged
    acknowledged = {rule for _, rule, _ in recorded.notes}
    assert acknowledged - COMES_AND_GOES == found - COMES_AND_GOES
    assert len(found) > 10


def test_each_acknowledgement_is_single_and_has_its_reason(
    unacknowledged: tuple[Recorded, set[str]],
) -> None:
    recorded, _ = unacknowledged
    for path, rule, reason in recorded.notes:
        assert "/" in path, f"{rule} is acknowledged for all of {path}"
        assert len(reason) > 30, f"{rule} at {path} has no reason"
        name, _, evidence = rule.partition("[")
        assert "*" not in name
        assert evidence or name not in ("AwsSolutions-IAM4", "AwsSolutions-IAM5"), rule
    noted = [(path, rule) for path, rule, _ in recorded.notes]
    assert len(noted) == len(set(noted))


def together(templates: list[dict[str, Any]]) -> dict[str, Any]:
    """One template with the resources of all; one that is the same in several is in it once."""
    resources: dict[str, Any] = {}
    for number, template in enumerate(templates):
        for name, resource in template["Resources"].items():
            if resources.setdefault(name, resource) != resource:
                resources[f"{name}In{number}"] = resource
    return {**templates[0], "Resources": resources}


def test_cfn_lint_finds_nothing(
    minimal: dict[str, Any],
    everything: dict[str, Any],
    existing: dict[str, Any],
    placed: dict[str, Any],
) -> None:
    reference = [template_of(sensors(environment)) for environment in ENVIRONMENTS]
    all_ = together([*reference, minimal, everything, existing, placed])
    assert lint(all_) == []


def test_cfn_lint_knows_no_enhanced_snapshots_and_finds_nothing_else(build: Build) -> None:
    """Fails when it has learnt the property, or one of the four actions."""
    pipeline = build(snapshot_mode=SnapshotMode.ENHANCED_SNAPSHOTS)
    found = lint(template_of(cdk.Stack.of(pipeline)))
    assert len(found) == 5
    assert [one for one in found if "'SnapshotMode' was unexpected" in one]
    for action in ("createsnapshot", "createsystemsnapshot", "deletesnapshot", "listsnapshots"):
        assert [one for one in found if f"('{action}' is not one of" in one], action


@pytest.mark.parametrize(
    ("type_", "properties", "rule"),
    [
        ("AWS::Kinesis::Stream", {"Shards": 1}, "E3002"),
        ("AWS::SNS::Topic", {"DisplayName": {"Fn::Sub": "no reference"}}, "W1020"),
    ],
)
def test_fails_when_a_template_is_wrong(type_: str, properties: Any, rule: str) -> None:  # noqa: ANN401
    wrong = {"Resources": {"Wrong": {"Type": type_, "Properties": properties}}}
    assert [found for found in lint(wrong) if rule in found]


def test_cdks_own_validation_finds_nothing_where_it_is_on(build: Build) -> None:
    owner = app(builtin_validation=True)
    build(scope=cdk.Stack(owner, "Stack"), notifications=Notifications())
    owner.synth()


def test_a_property_that_cdks_schema_lacks_does_not_stop_the_synth(build: Build) -> None:
    """Fails when the schema has learnt it: then the override and its acknowledgement can go."""
    owner = app(builtin_validation=True)
    pipeline = build(scope=cdk.Stack(owner, "Stack"), snapshot_mode=SnapshotMode.ENHANCED_SNAPSHOTS)
    owner.synth()
    parameters = kda.CfnApplication.ApplicationSnapshotConfigurationProperty
    assert "snapshot_mode" not in parameters.__init__.__annotations__
    assert pipeline.application.snapshot_mode is SnapshotMode.ENHANCED_SNAPSHOTS


def test_fails_when_cdks_own_validation_is_on_and_a_template_is_wrong() -> None:
    owner = app(builtin_validation=True)
    cdk.CfnResource(
        cdk.Stack(owner, "Stack"), "Wrong", type="AWS::Kinesis::Stream", properties={"Shards": 1}
    )
    with pytest.raises(RuntimeError, match="Validation"):
        owner.synth()


def test_fails_when_checkpointing_is_off(build: Build) -> None:
    owner = app()
    build(scope=cdk.Stack(owner, "Stack"), checkpointing=Checkpointing(enabled=False))
    assert findings(owner) == {"ManagedFlink-Checkpointing"}


@pytest.mark.parametrize(
    "checkpoints",
    [
        None,
        {"configurationType": "DEFAULT"},
        {"configurationType": "CUSTOM"},
        {"configurationType": "DEFAULT", "checkpointingEnabled": True},
    ],
)
def test_fails_when_an_application_of_its_own_does_not_say_that_it_checkpoints(
    checkpoints: dict[str, Any] | None,
) -> None:
    owner = app()
    flink = {} if checkpoints is None else {"checkpointConfiguration": checkpoints}
    kda.CfnApplication(
        cdk.Stack(owner, "Stack"),
        "Application",
        runtime_environment="FLINK-1_20",
        service_execution_role="arn:aws:iam::123456789012:role/theirs",
        application_configuration={"flinkApplicationConfiguration": flink},
    )
    assert findings(owner) == {"ManagedFlink-Checkpointing"}
