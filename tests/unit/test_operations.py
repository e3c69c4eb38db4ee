"""Alarms and notifications by themselves: thresholds, and whom they reach."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from configurations import of_type, template_of

from cdk_managed_flink import (
    AlarmThresholds,
    FlinkAlarms,
    FlinkApplication,
    Notifications,
    NotificationTopic,
    Runtime,
    SnapshotAge,
    Threshold,
)
from cdk_managed_flink.application.application import ImportedApplication


@pytest.fixture
def theirs(stack: cdk.Stack) -> ImportedApplication:
    return FlinkApplication.from_application_name(stack, "Theirs", "theirs")


@pytest.mark.parametrize(("name", "least"), [("value", 0), ("periods", 1)])
def test_fails_when_a_threshold_is_too_low(name: str, least: int) -> None:
    arguments: dict[str, Any] = {"value": 1, name: least - 1}
    with pytest.raises(
        ValueError,
        match=rf"^Threshold: {name} is {least - 1}; allowed: {least} or more\. Switch an alarm off",
    ):
        Threshold(**arguments)


@pytest.mark.parametrize("name", ["intervals", "periods"])
def test_fails_when_the_age_of_snapshots_is_judged_too_early(name: str) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^SnapshotAge: {name} is 0; allowed: 1 or more\. Switch the alarm off with snap",
    ):
        SnapshotAge(**{name: 0})  # type: ignore[arg-type]


def test_an_application_without_a_lifecycle_has_no_alarm_on_its_reports(
    stack: cdk.Stack, theirs: ImportedApplication
) -> None:
    assert FlinkAlarms(stack, "Alarms", application=theirs).alarms.keys() == {
        "Restarts",
        "FailedCheckpoints",
        "Cpu",
        "Heap",
        "Memory",
    }


@pytest.mark.parametrize("address", ["nobody", "a@b", "a b@example.com", "a@example.com\n", ""])
def test_fails_when_an_address_is_none(address: str) -> None:
    with pytest.raises(
        ValueError, match=r"^Notifications: emails is .*; allowed: addresses such as .*\. Correct"
    ):
        Notifications(emails=(address,))


def test_fails_when_addresses_stand_beside_an_existing_topic(stack: cdk.Stack) -> None:
    with pytest.raises(
        ValueError, match=r"emails is .*, which cannot be combined with topic=\. An exist"
    ):
        Notifications(emails=("a@example.com",), topic=sns.Topic(stack, "Topic"))


def test_tokens_pass(
    stack: cdk.Stack,
    theirs: ImportedApplication,
    number: Any,  # noqa: ANN401
    text: str,
) -> None:
    threshold = Threshold(value=number, periods=number)
    FlinkAlarms(stack, "Alarms", application=theirs, thresholds=AlarmThresholds(cpu=threshold))
    NotificationTopic(stack, "Notify", notifications=Notifications(emails=(text,)))
    template = template_of(stack)
    (cpu,) = [
        alarm["Properties"]
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "containerCPUUtilization"
    ]
    assert cpu["Threshold"] == cpu["EvaluationPeriods"] == {"Ref": "Number"}
    (subscription,) = of_type(template, "AWS::SNS::Subscription").values()
    assert subscription["Properties"]["Endpoint"] == {"Ref": "Text"}


def test_all_alarms_can_be_switched_off(stack: cdk.Stack, theirs: ImportedApplication) -> None:
    names = ("restarts", "failed_checkpoints", "cpu", "heap", "memory", "lag", "throttles")
    off: Any = dict.fromkeys((*names, "errors"))
    alarms = FlinkAlarms(
        stack, "Alarms", application=theirs, thresholds=AlarmThresholds(**off), topic=None
    )
    assert alarms.alarms == {}
    assert alarms.composite is None


def test_an_imported_application_is_alarmed_in_its_runtimes_spelling(stack: cdk.Stack) -> None:
    theirs = FlinkApplication.from_application_name(stack, "T", "t", runtime=Runtime.FLINK_2_2)
    FlinkAlarms(stack, "Alarms", application=theirs)
    assert "numRestarts" in str(template_of(stack))
    assert "fullRestarts" not in str(template_of(stack))


def test_an_existing_topic_is_paged_and_not_changed(
    stack: cdk.Stack, theirs: ImportedApplication
) -> None:
    arn = f"arn:{stack.partition}:sns:{stack.region}:{stack.account}:theirs"
    topic = sns.Topic.from_topic_arn(stack, "Topic", arn)
    notify = NotificationTopic(stack, "Notify", notifications=Notifications(topic=topic))
    FlinkAlarms(stack, "Alarms", application=theirs, topic=notify.topic)
    template = template_of(stack)
    for type_ in ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::KMS::Key"):
        assert of_type(template, type_) == {}
    (composite,) = of_type(template, "AWS::CloudWatch::CompositeAlarm").values()
    for actions in ("AlarmActions", "OKActions"):
        assert len(composite["Properties"][actions]) == 1
        assert ":theirs" in str(composite["Properties"][actions])
