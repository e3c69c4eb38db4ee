"""KinesisSource: the option list of each connector line, rights, and what it refuses."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms

from cdk_managed_flink import FlinkApplication, FlinkCode, KinesisSource, Runtime, StartPosition

ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/theirs"


@pytest.fixture
def theirs(stack: cdk.Stack) -> kinesis.IStream:
    return kinesis.Stream.from_stream_arn(stack, "Theirs", ARN)


@pytest.fixture
def on_flink_2(stack: cdk.Stack, job: Any) -> FlinkApplication:  # noqa: ANN401
    code = FlinkCode.from_sql(job)
    return FlinkApplication(stack, "Two", code=code, runtime=Runtime.FLINK_2_2)


def options(application: FlinkApplication, source: KinesisSource) -> dict[str, Any]:
    stack = cdk.Stack.of(application)
    return dict(stack.resolve(dict(application.bind(stack, "clicks", source).properties)))


def test_the_options_of_the_connector_on_flink_1_20(
    application: FlinkApplication, theirs: kinesis.IStream
) -> None:
    assert options(application, KinesisSource(stream=theirs)) == {
        "connector": "kinesis",
        "stream": "theirs",
        "scan.stream.initpos": "TRIM_HORIZON",
        "format": "json",
        "aws.region": {"Ref": "AWS::Region"},
    }


def test_the_options_of_the_connector_on_flink_2(
    on_flink_2: FlinkApplication, theirs: kinesis.IStream
) -> None:
    source = KinesisSource(stream=theirs, start=StartPosition.latest(), format="raw")
    assert options(on_flink_2, source) == {
        "connector": "kinesis",
        "stream.arn": ARN,
        "source.init.position": "LATEST",
        "format": "raw",
        "aws.region": {"Ref": "AWS::Region"},
    }


def test_a_start_in_time_is_spelled_as_the_connector_reads_it(
    application: FlinkApplication, on_flink_2: FlinkApplication
) -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    found = options(application, KinesisSource(start=StartPosition.at(noon)))
    assert found["scan.stream.initpos"] == "AT_TIMESTAMP"
    assert found["scan.stream.initpos-timestamp"] == "2026-05-01T12:00:00.000+02:00"
    found = options(
        on_flink_2,
        KinesisSource(
            start=StartPosition.at(datetime(2026, 5, 1, tzinfo=UTC)), resource_id="again"
        ),
    )
    assert found["source.init.position"] == "AT_TIMESTAMP"
    assert found["source.init.timestamp"] == "2026-05-01T00:00:00.000+00:00"


def test_further_options_win_over_the_defaults(application: FlinkApplication) -> None:
    further = {"format": "csv", "scan.shard.getrecords.maxrecordcount": "1000"}
    found = options(application, KinesisSource(table_options=further))
    assert found.items() >= further.items()


def test_fails_when_a_start_has_no_time_zone() -> None:
    with pytest.raises(
        ValueError,
        match=r"^StartPosition: timestamp is '2026-05-01T00:00:00'; allowed: a time with its time "
        r"zone\. Use datetime",
    ):
        StartPosition.at(datetime(2026, 5, 1))


@pytest.mark.parametrize("shards", [0, -1])
def test_fails_when_there_are_no_shards(shards: int) -> None:
    with pytest.raises(ValueError, match=rf"shards is {shards}; allowed: 1 or more\. Leave it out"):
        KinesisSource(shards=shards)


@pytest.mark.parametrize(
    ("retention", "shown"),
    [
        (cdk.Duration.hours(23), "23 hours"),
        (cdk.Duration.minutes(90), "1 hour 30 minutes"),
        (cdk.Duration.days(366), "366 days"),
    ],
)
def test_fails_when_retention_is_out_of_range(retention: cdk.Duration, shown: str) -> None:
    with pytest.raises(ValueError, match=rf"retention is '{shown}'; allowed: 24 hours to 365 days"):
        KinesisSource(retention=retention)


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ({"shards": 2}, "shards is 2"),
        ({"retention": cdk.Duration.hours(48)}, "retention is '2 days'"),
        ({"removal_policy": cdk.RemovalPolicy.DESTROY}, "removal_policy is <Removal"),
    ],
)
def test_fails_when_a_new_streams_setting_stands_beside_an_existing_one(
    theirs: kinesis.IStream,
    setting: Any,  # noqa: ANN401
    shown: str,
) -> None:
    with pytest.raises(ValueError, match=rf"{shown}.*; allowed: nothing beside stream=\. An exist"):
        KinesisSource(stream=theirs, **setting)


def test_fails_when_a_new_stream_is_given_a_key(stack: cdk.Stack) -> None:
    with pytest.raises(
        ValueError,
        match=r"encryption_key is Stack/Key; allowed: the key of an existing stream\. A new stream",
    ):
        KinesisSource(encryption_key=kms.Key(stack, "Key"))


def test_tokens_pass(application: FlinkApplication, number: Any, text: str) -> None:  # noqa: ANN401
    stack = cdk.Stack.of(application)
    source = KinesisSource(
        shards=number,
        retention=cdk.Duration.hours(number),
        format=text,
        table_options={"scan.shard.getrecords.maxrecordcount": text},
    )
    binding = application.bind(stack, "clicks", source)
    assert stack.resolve(binding.properties["format"]) == {"Ref": "Text"}
    resource = binding.resource.node.default_child
    assert isinstance(resource, kinesis.CfnStream)
    assert stack.resolve(resource.shard_count) == {"Ref": "Number"}
    assert stack.resolve(resource.retention_period_hours) == {"Ref": "Number"}


def test_c40_notes_that_the_key_of_an_imported_stream_is_not_known(
    application: FlinkApplication, theirs: kinesis.IStream
) -> None:
    options(application, KinesisSource(stream=theirs))
    notes = [str(entry.data) for entry in application.node.metadata if "info" in entry.type]
    assert len(notes) == 1
    assert "KinesisSource(encryption_key=...)" in notes[0]
