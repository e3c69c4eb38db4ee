"""DeadLetterSink: the first row that the job cannot use is an alarm."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from configurations import Build, app, of_type, only, template_of

from cdk_managed_flink import (
    AlarmThresholds,
    DeadLetterSink,
    DynamoDbSink,
    KinesisSink,
    S3Sink,
    Threshold,
)

pytestmark = pytest.mark.slow


def alarms(build: Build, sink: Any, **changed: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401
    """The alarms of the sink bound as ``pages``, by their metric."""
    sinks = {"lake": S3Sink(), "pages": sink}
    template = template_of(cdk.Stack.of(build(sinks=sinks, **changed)))
    return {
        alarm["Properties"]["MetricName"]: alarm["Properties"]
        for id_, alarm in of_type(template, "AWS::CloudWatch::Alarm").items()
        if "pages" in id_
    }


@pytest.mark.parametrize(
    ("sink", "metric"),
    [
        (lambda: S3Sink(), "BytesUploaded"),
        (lambda: KinesisSink(), "IncomingRecords"),
    ],
    ids=["S3", "Kinesis"],
)
def test_the_first_row_is_an_alarm(build: Build, sink: Any, metric: str) -> None:  # noqa: ANN401
    alarm = alarms(build, DeadLetterSink(sink()))[metric]
    assert alarm["Threshold"] == 0
    assert alarm["EvaluationPeriods"] == 1
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert "cannot use" in str(alarm["AlarmDescription"])
    assert metric not in alarms(build, sink())


def test_the_alarm_can_be_more_patient_or_off(build: Build) -> None:
    patient = AlarmThresholds(dead_letters=Threshold(value=100, periods=5))
    alarm = alarms(build, DeadLetterSink(KinesisSink()), alarms=patient)["IncomingRecords"]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (100, 5)
    off = alarms(build, DeadLetterSink(KinesisSink()), alarms=AlarmThresholds(dead_letters=None))
    assert "IncomingRecords" not in off


def test_grants_options_and_store_are_those_of_the_sink_behind_it(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    pipeline = build(
        scope=stack, sinks={"lake": S3Sink(), "pages": DeadLetterSink(S3Sink(resource_id="bad"))}
    )
    template = template_of(stack)
    stores = only(template, "Custom::FlinkPrepare")["Properties"]["Stores"]
    assert stores["pages"][0] == "AWS::S3::Bucket"
    assert pipeline.node.find_child("Sinks").node.try_find_child("bad") is not None


def test_fails_when_nothing_counts_what_is_written(build: Build) -> None:
    with pytest.raises(ValueError, match=r"DeadLetterSink\(DynamoDbSink\(.*; allowed: .*S3Sink"):
        build(sinks={"lake": S3Sink(), "pages": DeadLetterSink(DynamoDbSink(partition_key="page"))})


def test_fails_when_an_existing_bucket_has_no_metric(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    theirs = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    with pytest.raises(ValueError, match="made by the pipeline"):
        build(scope=stack, sinks={"lake": S3Sink(), "pages": DeadLetterSink(S3Sink(bucket=theirs))})


def test_fails_when_it_is_wrapped_twice() -> None:
    with pytest.raises(ValueError, match="sink is 'a DeadLetterSink'"):
        DeadLetterSink(DeadLetterSink(S3Sink()))
