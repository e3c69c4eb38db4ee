"""FirehoseSink: its options, its one right, and what it refuses."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesisfirehose as firehose
from configurations import app, of_type, template_of
from policies import granted, statements

from cdk_managed_flink import (
    DeliveryStream,
    FirehoseSink,
    FlinkApplication,
    FlinkCode,
    FlinkPipeline,
    FormatConversion,
    KinesisSource,
    Runtime,
    S3Destination,
)
from cdk_managed_flink.dead_letters.dead_letter import DeadLetterSink
from cdk_managed_flink.formats.formats import PlainFormat


@pytest.fixture
def theirs(stack: cdk.Stack) -> firehose.IDeliveryStream:
    arn = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/theirs"
    return firehose.DeliveryStream.from_delivery_stream_arn(stack, "Theirs", arn)


def test_the_options_of_an_existing_stream(
    application: FlinkApplication, theirs: firehose.IDeliveryStream
) -> None:
    stack = cdk.Stack.of(application)
    further = {"sink.batch.max-size": "100"}
    binding = application.bind(
        stack, "out", FirehoseSink(delivery_stream=theirs, table_options=further)
    )
    assert stack.resolve(dict(binding.properties)) == {
        "connector": "firehose",
        "delivery-stream": "theirs",
        "aws.region": "eu-west-1",
        "format": "json",
        "sink.batch.max-size": "100",
    }
    assert binding.service_endpoints == ["kinesis-firehose"]
    assert [watch.id for watch in binding.watches] == ["ThrottledRecords"]
    assert binding.resource is theirs


def test_an_existing_stream_is_written_in_the_region_that_its_arn_says(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    arn = f"arn:aws:firehose:us-east-1:{cdk.Aws.ACCOUNT_ID}:deliverystream/theirs"
    far = firehose.DeliveryStream.from_delivery_stream_arn(stack, "Far", arn)
    binding = application.bind(stack, "out", FirehoseSink(delivery_stream=far))
    assert binding.properties["aws.region"] == "us-east-1"


def test_an_existing_stream_elsewhere_is_not_watched_or_refused(job: Path) -> None:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    stack = cdk.Stack(app(), "Placed", env=env)
    application = FlinkApplication(stack, "Application", code=FlinkCode.from_sql(job))
    arn = "arn:aws:firehose:us-east-1:123456789012:deliverystream/theirs"
    far = firehose.DeliveryStream.from_delivery_stream_arn(stack, "Far", arn)
    binding = application.bind(stack, "far", FirehoseSink(delivery_stream=far))
    assert (binding.watches, binding.volume_metrics) == ([], [])
    named = firehose.DeliveryStream.from_delivery_stream_name(stack, "Named", "named")
    binding = application.bind(stack, "named", FirehoseSink(delivery_stream=named))
    assert binding.properties["aws.region"] == "eu-west-1"
    assert len(binding.volume_metrics) == 1
    foreign = firehose.DeliveryStream.from_delivery_stream_arn(
        stack, "Foreign", "arn:aws:firehose:eu-west-1:210987654321:deliverystream/theirs"
    )
    with pytest.raises(
        ValueError, match=r"delivery_stream is 'arn:.*; allowed: a stream of the application's own"
    ):
        application.bind(stack, "foreign", FirehoseSink(delivery_stream=foreign))


def test_a_format_that_says_more_than_its_name(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    sink = FirehoseSink.s3(format=PlainFormat("csv"))
    assert isinstance(sink.destination, S3Destination)
    assert sink.destination.new_line
    assert application.bind(stack, "out", sink).properties["format"] == "csv"


@pytest.mark.parametrize("format_", ["parquet", "orc", "json-lines"])
def test_fails_when_the_format_is_one_of_whole_files(format_: str) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^FirehoseSink: format is '{format_}'; allowed: a format of single records",
    ):
        FirehoseSink.s3(format=format_)


def test_the_job_may_put_and_nothing_else(application: FlinkApplication, stack: cdk.Stack) -> None:
    statements_before = granted_to(application)
    binding = application.bind(stack, "out", FirehoseSink.s3())
    assert isinstance(binding.resource, DeliveryStream)
    arn = stack.resolve(binding.resource.delivery_stream_arn)
    assert granted_to(application) - statements_before == {
        ("firehose:PutRecordBatch", f"<{arn['Fn::GetAtt'][0]}>", frozenset())
    }


def granted_to(application: FlinkApplication) -> set[Any]:
    policies = [
        policy.document.to_json()["Statement"]
        for policy in application.node.find_all()
        if isinstance(policy, cdk.aws_iam.Policy)
    ]
    found = cdk.Stack.of(application).resolve([one for policy in policies for one in policy])
    return granted(found)


@pytest.mark.parametrize(
    ("sink", "watched"),
    [
        (FirehoseSink.s3(), []),
        (
            FirehoseSink.s3(conversion=FormatConversion(database="lake", table="clicks")),
            ["FailedConversions"],
        ),
        (
            FirehoseSink.s3(prefix="!{partitionKeyFromQuery:p}/", partition_keys={"p": ".page"}),
            ["PartitionCountExceeded"],
        ),
        (FirehoseSink.http("https://x.example"), ["FailedRecords"]),
    ],
)
def test_what_is_watched(
    application: FlinkApplication, stack: cdk.Stack, sink: FirehoseSink, watched: list[str]
) -> None:
    binding = application.bind(stack, "out", sink)
    assert [watch.id for watch in binding.watches] == [
        "DataFreshness",
        "ThrottledRecords",
        *watched,
    ]
    freshness = binding.watches[0]
    assert freshness.in_seconds
    assert freshness.metric_name.endswith(".DataFreshness")


@pytest.mark.parametrize(("format_", "ends"), [("json", True), ("csv", True), ("raw", False)])
def test_text_rows_end_with_a_line_feed(format_: str, ends: bool) -> None:
    destination = FirehoseSink.s3(format=format_).destination
    assert isinstance(destination, S3Destination)
    assert destination.new_line is ends


@pytest.mark.parametrize(
    ("runtime", "version"), [(Runtime.FLINK_1_20, "4.3.0-1.19"), (Runtime.FLINK_2_2, "6.0.1-2.0")]
)
def test_the_connector_of_each_line(runtime: Runtime, version: str) -> None:
    (connector,) = FirehoseSink.s3().connectors(runtime)
    assert connector.artifact == "flink-connector-aws-kinesis-firehose"
    assert connector.version == version


def test_fails_when_neither_a_stream_nor_a_destination_is_given() -> None:
    with pytest.raises(
        ValueError, match=r"delivery_stream is 'neither.*; allowed: one of both\. U"
    ):
        FirehoseSink()


def test_fails_when_an_existing_stream_stands_beside_a_destination(
    theirs: firehose.IDeliveryStream,
) -> None:
    with pytest.raises(ValueError, match=r"existing stream and a destination'; allowed: one of"):
        FirehoseSink(delivery_stream=theirs, destination=S3Destination())


def test_fails_when_an_existing_stream_is_to_be_removed(
    theirs: firehose.IDeliveryStream,
) -> None:
    with pytest.raises(
        ValueError, match=r"removal_policy is .*, which cannot be combined with deliv"
    ):
        FirehoseSink(delivery_stream=theirs, removal_policy=cdk.RemovalPolicy.RETAIN)


def test_fails_when_firehose_has_to_read_what_is_no_json() -> None:
    with pytest.raises(ValueError, match=r"format is 'csv'; allowed: json with partition_keys or"):
        FirehoseSink.s3(format="csv", conversion=FormatConversion(database="lake", table="clicks"))


def test_in_a_pipeline_with_dead_letters(stack: cdk.Stack, tmp_path: Path) -> None:
    (tmp_path / "job.sql").write_text(
        "CREATE TABLE clicks (page STRING) WITH (${clicks});\n"
        "CREATE TABLE out_ (page STRING) WITH (${out_});\n"
        "CREATE TABLE bad (page STRING) WITH (${bad});\n"
        "INSERT INTO out_ SELECT page FROM clicks;\n"
        "INSERT INTO bad SELECT page FROM clicks;\n"
    )
    FlinkPipeline(
        stack,
        "Clicks",
        code=FlinkCode.from_sql(tmp_path),
        sources={"clicks": KinesisSource()},
        sinks={"out_": FirehoseSink.s3(), "bad": DeadLetterSink(FirehoseSink.s3())},
    )
    template = template_of(stack)
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    watched = {
        alarm["Properties"]["MetricName"]
        for alarm in alarms
        if alarm["Properties"].get("Namespace") == "AWS/Firehose"
    }
    assert watched == {"DeliveryToS3.DataFreshness", "IncomingRecords", "ThrottledRecords"}
    puts = {
        resource
        for action, resource, _ in granted(statements(template, "ClicksApplicationRole"))
        if action == "firehose:PutRecordBatch"
    }
    assert len(puts) == len(of_type(template, "AWS::KinesisFirehose::DeliveryStream")) == 2
