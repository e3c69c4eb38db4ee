"""KinesisSource: the option list of each connector line, rights, and what it refuses."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from configurations import app, builder, of_type, only, template_of
from policies import rights

from cdk_managed_flink import (
    ConnectorLine,
    FlinkApplication,
    FlinkCode,
    KinesisSink,
    KinesisSource,
    KinesisStart,
    Runtime,
)
from cdk_managed_flink.job.properties import PropertyGroups

ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/theirs"


SQL = """
CREATE TABLE clicks (page STRING) WITH (${clicks});
CREATE TABLE nowhere (page STRING) WITH ('connector' = 'blackhole');
INSERT INTO nowhere SELECT page FROM clicks;
"""


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reads")
    (folder / "job.sql").write_text(SQL, encoding="utf-8")
    return folder


@pytest.fixture
def theirs(stack: cdk.Stack) -> kinesis.IStream:
    return kinesis.Stream.from_stream_arn(stack, "Theirs", ARN)


@pytest.fixture
def on_flink_2(stack: cdk.Stack, job: Path) -> FlinkApplication:
    code = FlinkCode.from_sql(job)
    return FlinkApplication(stack, "Two", code=code, runtime=Runtime.FLINK_2_2)


@pytest.fixture
def on_5_1(stack: cdk.Stack, job: Path) -> FlinkApplication:
    runtime = Runtime.FLINK_1_20.with_connectors(ConnectorLine.AWS_5_1)
    return FlinkApplication(stack, "Five", code=FlinkCode.from_sql(job), runtime=runtime)


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
        "aws.region": "eu-west-1",
    }


def test_the_options_of_the_connector_on_flink_2(
    on_flink_2: FlinkApplication, theirs: kinesis.IStream
) -> None:
    source = KinesisSource(stream=theirs, start=KinesisStart.latest(), format="raw")
    assert options(on_flink_2, source) == {
        "connector": "kinesis",
        "stream.arn": ARN,
        "source.init.position": "LATEST",
        "format": "raw",
        "aws.region": "eu-west-1",
    }


def test_a_start_in_time_is_spelled_as_the_connector_reads_it(
    application: FlinkApplication, on_flink_2: FlinkApplication
) -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    found = options(application, KinesisSource(start=KinesisStart.at(noon)))
    assert found["scan.stream.initpos"] == "AT_TIMESTAMP"
    assert found["scan.stream.initpos-timestamp"] == "2026-05-01T12:00:00.000+02:00"
    found = options(
        on_flink_2,
        KinesisSource(start=KinesisStart.at(datetime(2026, 5, 1, tzinfo=UTC)), resource_id="again"),
    )
    assert found["source.init.position"] == "AT_TIMESTAMP"
    assert found["source.init.timestamp"] == "2026-05-01T00:00:00.000+00:00"


def test_further_options_win_over_the_defaults(application: FlinkApplication) -> None:
    further = {"aws.endpoint": "https://here", "scan.shard.getrecords.maxrecordcount": "1000"}
    found = options(application, KinesisSource(table_options=further))
    assert found.items() >= further.items()


def test_fails_when_a_start_has_no_time_zone() -> None:
    with pytest.raises(
        ValueError,
        match=r"^KinesisStart: timestamp is '2026-05-01T00:00:00'; allowed: a time with its time "
        r"zone\. Use datetime",
    ):
        KinesisStart.at(datetime(2026, 5, 1))


@pytest.mark.parametrize("shards", [0, -1])
def test_fails_when_there_are_no_shards(shards: int) -> None:
    with pytest.raises(ValueError, match=rf"shards is {shards}; allowed: 1 or more\. Remove it"):
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
    with pytest.raises(
        ValueError, match=rf"{shown}.*, which cannot be combined with stream=\. An exist"
    ):
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


def test_notes_that_the_key_of_an_imported_stream_is_not_known(
    application: FlinkApplication, theirs: kinesis.IStream
) -> None:
    options(application, KinesisSource(stream=theirs))
    notes = [str(entry.data) for entry in application.node.metadata if "info" in entry.type]
    assert len(notes) == 1
    assert "KinesisSource(encryption_key=...)" in notes[0]


# Where each line takes its options from, and what it calls, is in services/kinesis/line.py.
STREAM = {"kinesis:ListShards"}
POLLING = {"kinesis:GetRecords", "kinesis:GetShardIterator"}
CALLS = {
    ("application", False): {"kinesis:DescribeStream", *STREAM, *POLLING},
    ("application", True): {"kinesis:DescribeStream", *STREAM, "kinesis:SubscribeToShard"},
    ("on_5_1", False): {"kinesis:DescribeStreamSummary", *STREAM, *POLLING},
    ("on_flink_2", False): {"kinesis:DescribeStreamSummary", *STREAM, *POLLING},
    ("on_flink_2", True): {
        "kinesis:DescribeStreamSummary",
        *STREAM,
        "kinesis:DescribeStreamConsumer",
        "kinesis:SubscribeToShard",
    },
}
ON_THE_CONSUMER = {"kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"}


@pytest.mark.parametrize(("on", "fan_out"), CALLS)
def test_rights_are_what_the_connectors_line_calls(
    request: pytest.FixtureRequest, theirs: kinesis.IStream, on: str, fan_out: bool
) -> None:
    application: FlinkApplication = request.getfixturevalue(on)
    source = KinesisSource(stream=theirs, fan_out=fan_out)
    binding = application.bind(cdk.Stack.of(application), "clicks", source)
    role = application.node.id + "Role"
    found = rights(template_of(cdk.Stack.of(application)), role)
    calls = {action: places for action, places in found.items() if action.startswith("kinesis:")}
    assert set(calls) == CALLS[on, fan_out]
    for action, places in calls.items():
        (place,) = places
        assert (place == ARN) == (action not in ON_THE_CONSUMER)
    assert binding.service_endpoints == ["kinesis-streams"]


def test_an_option_of_the_other_line_is_refused_with_the_right_name(
    application: FlinkApplication, on_flink_2: FlinkApplication
) -> None:
    further = {"source.shard.get-records.max-record-count": "1000"}
    source = KinesisSource(table_options=further)
    with pytest.raises(ValueError, match=r"^KinesisSource: .*Use 'scan\.shard\.getrecords\.maxrec"):
        options(application, source)
    found = options(on_flink_2, KinesisSource(table_options=further, resource_id="again"))
    assert found.items() >= further.items()


def test_fan_out_reads_by_a_consumer_in_the_stack(
    application: FlinkApplication, theirs: kinesis.IStream
) -> None:
    """One that the job registers is gone after a stop, and records with it."""
    stack = cdk.Stack.of(application)
    binding = application.bind(stack, "clicks", KinesisSource(stream=theirs, fan_out=True))
    template = template_of(stack)
    ((id_, consumer),) = of_type(template, "AWS::Kinesis::StreamConsumer").items()
    name = f"{application.application_name}-clicksConsumer"
    assert consumer["Properties"] == {"ConsumerName": name, "StreamARN": ARN}
    found = stack.resolve(dict(binding.properties))
    assert found["scan.stream.recordpublisher"] == "EFO"
    assert found["scan.stream.efo.registration"] == "NONE"
    arn = {"Fn::GetAtt": [id_, "ConsumerARN"]}
    assert found["scan.stream.efo.consumerarn.theirs"] == arn
    assert [watch.metric_name for watch in binding.watches] == [
        "SubscribeToShardEvent.MillisBehindLatest",
        "SubscribeToShard.RateExceeded",
    ]
    for watch in binding.watches:
        assert stack.resolve(dict(watch.dimensions)) == {
            "StreamName": "theirs",
            "ConsumerName": {"Fn::GetAtt": [id_, "ConsumerName"]},
        }


def test_the_job_adds_the_name_of_a_new_stream_to_the_option_of_its_consumer(
    application: FlinkApplication,
) -> None:
    """A template's map cannot have a key that only the deploy knows."""
    stack = cdk.Stack.of(application)
    found = application.bind(stack, "clicks", KinesisSource(fan_out=True)).properties
    assert "scan.stream.efo.consumerarn" in found
    groups = PropertyGroups(
        {"clicks": {"stream": "made-in-the-deploy", "scan.stream.efo.consumerarn": "arn"}}
    )
    assert groups["clicks"] == {
        "stream": "made-in-the-deploy",
        "scan.stream.efo.consumerarn.made-in-the-deploy": "arn",
    }


def test_fan_out_on_flink_2_finds_the_consumer_by_its_name(on_flink_2: FlinkApplication) -> None:
    found = options(on_flink_2, KinesisSource(fan_out=True))
    (id_,) = of_type(template_of(cdk.Stack.of(on_flink_2)), "AWS::Kinesis::StreamConsumer")
    assert found["source.reader.type"] == "EFO"
    assert found["source.efo.lifecycle"] == "SELF_MANAGED"
    # A reference: the consumer is there before the job starts.
    assert found["source.efo.consumer.name"] == {"Fn::GetAtt": [id_, "ConsumerName"]}
    assert warnings(on_flink_2) == []


def test_a_long_name_of_a_consumer_is_cut_and_stays_its_own(stack: cdk.Stack, job: Path) -> None:
    names = set()
    for last in "ab":
        name = "a" * 127 + last
        code = FlinkCode.from_sql(job)
        application = FlinkApplication(stack, f"Long{last}", code=code, application_name=name)
        application.bind(application, "clicks", KinesisSource(fan_out=True))
    for consumer in of_type(template_of(stack), "AWS::Kinesis::StreamConsumer").values():
        names.add(consumer["Properties"]["ConsumerName"])
    assert len(names) == 2
    assert {len(name) for name in names} == {128}


def test_fan_out_of_5_1_is_warned_of(on_5_1: FlinkApplication) -> None:
    """Connector 5.1.0 lacks fixes that 6.0.1 has."""
    stack = cdk.Stack.of(on_5_1)
    on_5_1.bind(stack, "clicks", KinesisSource(fan_out=True))
    assert [text for text in warnings(on_5_1) if "lacks two fixes of fan-out" in text]
    assert not [text for text in warnings(on_5_1) if "FLINK-34071" in text]
    on_5_1.bind(stack, "out", KinesisSink())
    assert len([text for text in warnings(on_5_1) if "FLINK-34071" in text]) == 1


@pytest.mark.parametrize("on", ["application", "on_flink_2"])
def test_fan_out_beside_a_sink_is_no_risk_elsewhere(
    request: pytest.FixtureRequest, on: str
) -> None:
    application: FlinkApplication = request.getfixturevalue(on)
    stack = cdk.Stack.of(application)
    application.bind(stack, "out", KinesisSink())
    application.bind(stack, "clicks", KinesisSource(fan_out=True))
    assert warnings(application) == []


@pytest.mark.parametrize(("on", "warned"), [("application", 0), ("on_5_1", 1), ("on_flink_2", 1)])
def test_records_that_vanish_are_warned_of(
    request: pytest.FixtureRequest, on: str, warned: int
) -> None:
    """Aggregated records are not taken apart from 5.0 on, and then not readable."""
    application: FlinkApplication = request.getfixturevalue(on)
    ignoring = {"json.ignore-parse-errors": "true"}
    options(application, KinesisSource(table_options=ignoring))
    assert len([text for text in warnings(application) if "aggregated" in text]) == warned


def test_a_source_that_fails_on_unreadable_records_is_not_warned_of(
    on_flink_2: FlinkApplication,
) -> None:
    options(on_flink_2, KinesisSource(table_options={"json.ignore-parse-errors": "false"}))
    assert warnings(on_flink_2) == []


@pytest.mark.parametrize(
    ("runtime", "refused"),
    [
        (Runtime.FLINK_1_20, False),
        (Runtime.FLINK_1_20.with_connectors(ConnectorLine.AWS_5_1), True),
        (Runtime.FLINK_2_2, True),
    ],
)
def test_fails_when_a_metadata_column_would_fail_at_run_time(
    tmp_path: Path, runtime: Runtime, refused: bool
) -> None:
    """Such columns parse in every line, and are filled by 4.3 alone."""
    (tmp_path / "job.sql").write_text(
        "CREATE TABLE clicks (\n"
        "  page STRING, at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', metadata STRING\n"
        ") WITH (${clicks});\n"
        "CREATE TABLE out (page STRING) WITH (${out});\n"
        "INSERT INTO out SELECT page FROM clicks;\n",
        encoding="utf-8",
    )
    pipeline = builder(tmp_path)(
        runtime=runtime, sources={"clicks": KinesisSource()}, sinks={"out": KinesisSink()}
    )
    problems = pipeline.application.validate()
    assert len(problems) == refused
    if refused:
        assert "job.sql:1: table 'clicks' has the METADATA column at: the Kinesis" in problems[0]


@pytest.mark.parametrize(("runtime", "warned"), [(Runtime.FLINK_1_20, 0), (Runtime.FLINK_2_2, 1)])
def test_a_metadata_column_is_warned_of_where_the_job_is_not_read(
    stack: cdk.Stack, runtime: Runtime, warned: int
) -> None:
    bucket = s3.Bucket(stack, "Code", versioned=True)
    code = FlinkCode.from_bucket(bucket, "job.jar", "v1")
    application = FlinkApplication(stack, "App", code=code, runtime=runtime)
    application.bind(stack, "clicks", KinesisSource())
    assert len([text for text in warnings(application) if "METADATA" in text]) == warned


def on_account(account: str | None, job: Path, runtime: Runtime) -> FlinkApplication:
    env = cdk.Environment(account=account, region="eu-west-1")
    stack = cdk.Stack(app(), "Stack", env=env)
    return FlinkApplication(stack, "App", code=FlinkCode.from_sql(job), runtime=runtime)


def notes(application: FlinkApplication, kind: str) -> str:
    return "\n".join(
        str(entry.data) for entry in application.node.metadata if entry.type == f"aws:cdk:{kind}"
    )


def test_fails_when_nothing_is_said_of_the_policy_of_another_accounts_stream(job: Path) -> None:
    application = on_account("210987654321", job, Runtime.FLINK_2_2)
    stream = kinesis.Stream.from_stream_arn(application, "Theirs", ARN)
    with pytest.raises(ValueError, match="one whose policy lets the role in") as caught:
        application.bind(application, "clicks", KinesisSource(stream=stream))
    statement = re.search(r"resource policy (\{.*\}), then set", str(caught.value))
    assert statement
    assert json.loads(statement[1]) == {
        "Effect": "Allow",
        "Principal": {"AWS": "<ARN of the application's role>"},
        "Action": [
            "kinesis:DescribeStreamSummary",
            "kinesis:ListShards",
            "kinesis:GetShardIterator",
            "kinesis:GetRecords",
        ],
        "Resource": ARN,
    }


def test_a_stream_of_another_account_that_lets_the_role_in(job: Path) -> None:
    application = on_account("210987654321", job, Runtime.FLINK_2_2)
    stream = kinesis.Stream.from_stream_arn(application, "Theirs", ARN)
    source = KinesisSource(stream=stream, resource_policy_in_place=True)
    binding = application.bind(application, "clicks", source)
    assert binding.properties["stream.arn"] == ARN
    assert list(binding.watches) == []
    assert "nothing watches it here" in notes(application, "info")


def test_a_stream_of_another_region_is_not_watched_and_has_no_fan_out(job: Path) -> None:
    arn = ARN.replace("eu-west-1", "us-east-1")
    application = on_account("123456789012", job, Runtime.FLINK_2_2)
    stream = kinesis.Stream.from_stream_arn(application, "Theirs", arn)
    binding = application.bind(application, "clicks", KinesisSource(stream=stream))
    assert binding.properties["aws.region"] == "us-east-1"
    assert list(binding.watches) == []
    with pytest.raises(ValueError, match="polling a stream of another account or Region"):
        application.bind(application, "fanned", KinesisSource(stream=stream, fan_out=True))


@pytest.mark.parametrize("account", ["123456789012", None])
def test_a_stream_of_the_same_account_or_of_one_that_is_not_known(
    job: Path,
    account: str | None,
) -> None:
    application = on_account(account, job, Runtime.FLINK_2_2)
    stream = kinesis.Stream.from_stream_arn(application, "Theirs", ARN)
    binding = application.bind(application, "clicks", KinesisSource(stream=stream))
    assert binding.properties["stream.arn"] == ARN
    assert len(binding.watches) == 2
    assert ("use env= of the stack" in notes(application, "warning")) is (account is None)


def test_fails_when_a_start_is_not_called() -> None:
    with pytest.raises(ValueError, match=r"^KinesisSource: start is .*; .*Call it: start="):
        KinesisSource(start=KinesisStart.latest)  # type: ignore[arg-type]


def test_fails_when_a_connector_that_goes_by_names_is_to_read_another_accounts_stream(
    job: Path,
) -> None:
    application = on_account("210987654321", job, Runtime.FLINK_1_20)
    stream = kinesis.Stream.from_stream_arn(application, "Theirs", ARN)
    with pytest.raises(ValueError, match=r"by its name.*with_connectors\(ConnectorLine\.AWS_5_1\)"):
        options(application, KinesisSource(stream=stream, resource_policy_in_place=True))


def test_fails_when_another_accounts_stream_is_read_by_fan_out(job: Path) -> None:
    application = on_account("210987654321", job, Runtime.FLINK_2_2)
    stream = kinesis.Stream.from_stream_arn(application, "Theirs", ARN)
    source = KinesisSource(stream=stream, fan_out=True, resource_policy_in_place=True)
    with pytest.raises(ValueError, match="allowed: polling a stream of another account"):
        options(application, source)


def test_fails_when_the_policy_of_a_new_stream_is_spoken_of() -> None:
    with pytest.raises(ValueError, match="resource_policy_in_place is True; allowed: a word about"):
        KinesisSource(resource_policy_in_place=True)


def test_a_given_key_is_for_this_stream_and_through_kinesis_alone(
    application: FlinkApplication, theirs: kinesis.IStream
) -> None:
    stack = cdk.Stack.of(application)
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/abc")
    application.bind(stack, "clicks", KinesisSource(stream=theirs, encryption_key=key))
    policy = only(template_of(stack), "AWS::IAM::Policy")
    (statement,) = (
        s
        for s in policy["Properties"]["PolicyDocument"]["Statement"]
        if s["Action"] == "kms:Decrypt"
    )
    equals = statement["Condition"]["StringEquals"]
    assert equals["kms:EncryptionContext:aws:kinesis:arn"] == ARN
    assert "kms:ViaService" in equals


def warnings(application: FlinkApplication) -> list[str]:
    return [str(entry.data) for entry in application.node.metadata if "warn" in entry.type]
