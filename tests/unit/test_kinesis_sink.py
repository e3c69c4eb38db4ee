"""KinesisSink: the option list of each connector line, rights, and what it refuses."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from configurations import app, builder, of_type, only, template_of
from policies import rights, statements

from cdk_managed_flink import (
    ConfluentSchemaRegistry,
    DeadLetterSink,
    FlinkApplication,
    FlinkCode,
    FlinkPipeline,
    Format,
    KinesisSink,
    KinesisSource,
    Runtime,
    WatchKind,
)

ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/theirs"
SQL = """
CREATE TABLE clicks (page STRING) WITH (${clicks});
CREATE TABLE views (page STRING) PARTITIONED BY (page) WITH (${views});
INSERT INTO views SELECT page FROM clicks;
"""


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writes")
    (folder / "job.sql").write_text(SQL, encoding="utf-8")
    return folder


@pytest.fixture
def theirs(stack: cdk.Stack) -> kinesis.IStream:
    return kinesis.Stream.from_stream_arn(stack, "Theirs", ARN)


def pipeline(job: Path, sink: Any, **changed: Any) -> FlinkPipeline:  # noqa: ANN401
    sources = {"clicks": KinesisSource()}
    return builder(job)(sources=sources, sinks={"views": sink}, **changed)


def options(application: FlinkApplication, sink: KinesisSink) -> dict[str, Any]:
    stack = cdk.Stack.of(application)
    return dict(stack.resolve(dict(application.bind(stack, "views", sink).properties)))


def test_the_options_of_the_connector_on_flink_1_20(
    application: FlinkApplication, theirs: kinesis.IStream
) -> None:
    further = {"sink.partitioner": "fixed", "sink.batch.max-size": "100"}
    assert options(application, KinesisSink(stream=theirs, table_options=further)) == {
        "connector": "kinesis",
        "stream": "theirs",
        "format": "json",
        "aws.region": "eu-west-1",
        **further,
    }


def test_the_options_of_the_connector_on_flink_2(
    stack: cdk.Stack, job: Path, theirs: kinesis.IStream
) -> None:
    code = FlinkCode.from_sql(job)
    application = FlinkApplication(stack, "App", code=code, runtime=Runtime.FLINK_2_2)
    assert options(application, KinesisSink(stream=theirs, format="raw")) == {
        "connector": "kinesis",
        "stream.arn": ARN,
        "format": "raw",
        "aws.region": "eu-west-1",
    }


@pytest.mark.slow
def test_it_may_put_records_and_no_more(job: Path) -> None:
    template = template_of(cdk.Stack.of(pipeline(job, KinesisSink())))
    streams = of_type(template, "AWS::Kinesis::Stream")
    (views,) = (name for name in streams if "views" in name)
    found = rights(template, "ClicksApplicationRole")
    assert found["kinesis:PutRecords"] == {f"<{views}>"}
    assert {action for action, places in found.items() if f"<{views}>" in places} == {
        "kinesis:PutRecords"
    }
    assert streams[views]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_key_encrypts_for_this_stream_and_through_kinesis_alone(
    stack: cdk.Stack, application: FlinkApplication, theirs: kinesis.IStream
) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/abc")
    application.bind(stack, "views", KinesisSink(stream=theirs, encryption_key=key))
    application.bind(stack, "clicks", KinesisSource())
    (statement,) = (
        found
        for found in statements(template_of(stack), "AppRole")
        if "kms:GenerateDataKey" in str(found["Action"])
    )
    assert statement["Action"] == "kms:GenerateDataKey"
    equals = statement["Condition"]["StringEquals"]
    assert equals["kms:EncryptionContext:aws:kinesis:arn"] == ARN
    assert "kms:ViaService" in equals


@pytest.mark.slow
def test_a_new_stream_has_the_pipelines_key(job: Path) -> None:
    stack = cdk.Stack(app(), "Keys")
    key = kms.Key(stack, "Key")
    pipeline(job, KinesisSink(), scope=stack, data_key=key)
    for stream in of_type(template_of(stack), "AWS::Kinesis::Stream").values():
        assert stream["Properties"]["StreamEncryption"]["EncryptionType"] == "KMS"


def test_it_is_watched(application: FlinkApplication, theirs: kinesis.IStream) -> None:
    stack = cdk.Stack.of(application)
    binding = application.bind(stack, "views", KinesisSink(stream=theirs))
    assert [(watch.kind, watch.metric_name) for watch in binding.watches] == [
        (WatchKind.THROTTLES, "WriteProvisionedThroughputExceeded"),
        (WatchKind.ERRORS, "PutRecords.FailedRecords"),
    ]
    assert binding.service_endpoints == ["kinesis-streams"]


@pytest.mark.slow
def test_dead_letters_are_counted_as_they_arrive(job: Path) -> None:
    template = template_of(cdk.Stack.of(pipeline(job, DeadLetterSink(KinesisSink()))))
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    assert any("IncomingRecords" in str(alarm["Properties"]) for alarm in alarms)


def test_fails_when_the_partition_key_is_said_twice(job: Path) -> None:
    sink = KinesisSink(table_options={"sink.partitioner": "random"})
    (problem,) = pipeline(job, sink).application.validate()
    assert "job.sql:3: table 'views' is PARTITIONED BY page, but its option sink.part" in problem


def test_a_partition_key_may_be_said_once(job: Path) -> None:
    assert pipeline(job, KinesisSink()).application.validate() == []


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
    with pytest.raises(
        ValueError, match=rf"^KinesisSink: {shown}.*, which cannot be combined with stre"
    ):
        KinesisSink(stream=theirs, **setting)


def test_fails_when_a_new_stream_is_given_a_key(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="encryption_key is Stack/Key; allowed: the key of an exi"):
        KinesisSink(encryption_key=kms.Key(stack, "Key"))


def test_fails_when_nothing_is_said_of_the_policy_of_another_accounts_stream(job: Path) -> None:
    env = cdk.Environment(account="210987654321", region="eu-west-1")
    stack = cdk.Stack(app(), "Stack", env=env)
    code = FlinkCode.from_sql(job)
    application = FlinkApplication(stack, "App", code=code, runtime=Runtime.FLINK_2_2)
    stream = kinesis.Stream.from_stream_arn(stack, "Theirs", ARN)
    with pytest.raises(ValueError, match=r'"Action": \["kinesis:PutRecords"\]'):
        application.bind(stack, "views", KinesisSink(stream=stream))
    sink = KinesisSink(stream=stream, resource_policy_in_place=True)
    assert application.bind(stack, "again", sink).properties["stream.arn"] == ARN


def test_nothing_watches_another_accounts_stream(job: Path) -> None:
    env = cdk.Environment(account="210987654321", region="eu-west-1")
    stack = cdk.Stack(app(), "Stack", env=env)
    code = FlinkCode.from_sql(job)
    application = FlinkApplication(stack, "App", code=code, runtime=Runtime.FLINK_2_2)
    stream = kinesis.Stream.from_stream_arn(stack, "Theirs", ARN)
    sink = KinesisSink(stream=stream, resource_policy_in_place=True)
    binding = application.bind(stack, "views", sink)
    assert (list(binding.watches), list(binding.volume_metrics)) == ([], [])


@pytest.mark.parametrize(
    ("format_", "more"),
    [
        (ConfluentSchemaRegistry(url="https://r.example").avro(), {}),
        ("debezium-avro-confluent", {"debezium-avro-confluent.url": "https://r.example"}),
    ],
)
def test_fails_when_nothing_says_what_subject_the_schema_has(
    application: FlinkApplication, stack: cdk.Stack, format_: str | Format, more: dict[str, str]
) -> None:
    with pytest.raises(
        ValueError, match=r"^KinesisSink: format is '.*avro-confluent without a sub"
    ):
        application.bind(stack, "views", KinesisSink(format=format_, table_options=more))


@pytest.mark.parametrize(
    ("subject", "more"), [("views", {}), (None, {"avro-confluent.subject": "views"})]
)
def test_the_subject_is_said_either_way(
    application: FlinkApplication, stack: cdk.Stack, subject: str | None, more: dict[str, str]
) -> None:
    format_ = ConfluentSchemaRegistry(url="https://r.example").avro(subject)
    binding = application.bind(stack, "views", KinesisSink(format=format_, table_options=more))
    assert binding.properties["avro-confluent.subject"] == "views"


def test_tokens_pass(application: FlinkApplication, number: Any, text: str) -> None:  # noqa: ANN401
    stack = cdk.Stack.of(application)
    sink = KinesisSink(shards=number, retention=cdk.Duration.hours(number), format=text)
    application.bind(stack, "views", sink)
    application.bind(stack, "clicks", KinesisSource(stream=kinesis.Stream(stack, "Other")))
    made = of_type(template_of(stack), "AWS::Kinesis::Stream")
    (stream,) = (found for name, found in made.items() if name.startswith("views"))
    assert stream["Properties"]["ShardCount"] == {"Ref": "Number"}
    assert only(template_of(stack), "AWS::KinesisAnalyticsV2::Application")
