"""cdk-nag, cfn-lint and our own rule on every stack."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks
from cfnlint import api  # type: ignore[import-untyped]
from checkpointing_rule import without_checkpoints
from configurations import ENVIRONMENTS, ROOT, Build, app, sensors, template_of

from cdk_managed_flink import Checkpointing, DynamoDbSink, Notifications, S3Sink
from stacks.sensors import SensorsStack
from stacks.settings import settings_for

# W3005: CDK's provider framework says a dependency that a reference says already; nothing of ours.
IGNORED = ["W3005"]


def findings(owner: cdk.App) -> str:
    """What cdk-nag has against the app; nothing if it synthesizes."""
    cdk.Validations.of(owner).add_plugins(AwsSolutionsChecks())
    try:
        owner.synth()
    except RuntimeError:
        report = Path(owner.outdir) / "validation-report.json"
        return report.read_text(encoding="utf-8")
    return ""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_finding_in_the_reference_stacks(environment: str) -> None:
    owner = app()
    SensorsStack(owner, "Sensors", jobs=ROOT / "jobs", settings=settings_for(environment))
    assert findings(owner) == ""


def test_no_finding_with_two_pipelines_and_existing_resources(build: Build) -> None:
    owner = app()
    stack = cdk.Stack(owner, "Stack")
    theirs = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    build(
        scope=stack,
        sinks={"lake": S3Sink(bucket=theirs), "pages": DynamoDbSink(partition_key="page")},
        notifications=Notifications(emails=("data-team@example.com",)),
    )
    assert findings(owner) == ""


def test_fails_when_a_finding_is_not_acknowledged(build: Build) -> None:
    owner = app()
    stack = cdk.Stack(owner, "Stack")
    build(scope=stack)
    s3.Bucket(stack, "Open")
    assert "AwsSolutions-S10" in findings(owner)


def test_every_acknowledgement_is_single_and_has_its_reason() -> None:
    stack = sensors("prod")
    seen = 0
    for construct in stack.node.find_all():
        for entry in construct.node.metadata:
            if entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY:
                for rule, reason in dict(entry.data).items():
                    seen += 1
                    assert "*" not in rule.split("[")[0]
                    assert len(str(reason)) > 30
                    assert construct is not stack
    assert seen > 10


def lint(template: dict[str, Any]) -> list[str]:
    """cfn-lint's findings, as it prints them."""
    text = json.dumps(template)
    config = api.ManualArgs(ignore_checks=IGNORED, regions=["us-east-1"])
    return [str(match) for match in api.lint(text, config=config)]


def test_cfn_lint_finds_nothing(sensors_template: dict[str, Any]) -> None:
    assert lint(sensors_template) == []


def test_cfn_lint_finds_nothing_in_everything(
    everything: dict[str, Any], existing: dict[str, Any]
) -> None:
    assert lint(everything) == []
    assert lint(existing) == []


def test_fails_when_a_template_is_wrong(minimal: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(minimal))
    broken["Resources"]["Wrong"] = {"Type": "AWS::Kinesis::Stream", "Properties": {"Shards": 1}}
    assert lint(broken)


def test_checkpointing_is_on(sensors_template: dict[str, Any], everything: dict[str, Any]) -> None:
    assert list(without_checkpoints(sensors_template)) == []
    assert list(without_checkpoints(everything)) == []


def test_fails_when_checkpointing_is_off(build: Build) -> None:
    template = template_of(cdk.Stack.of(build(checkpointing=Checkpointing(enabled=False))))
    assert len(list(without_checkpoints(template))) == 1
