"""Option names, held against what each line of a connector takes."""

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_managed_flink import Connector, ConnectorLine, Runtime
from cdk_managed_flink.code.options import checked_options

_5_1 = Runtime.FLINK_1_20.with_connectors(ConnectorLine.AWS_5_1)
OLD, NEW = Runtime.FLINK_1_20, Runtime.FLINK_2_2


@pytest.mark.parametrize(
    ("runtime", "options"),
    [
        (OLD, {"connector": "kinesis", "scan.stream.initpos": "LATEST", "stream": "s"}),
        (OLD, {"connector": "kinesis", "scan.stream.efo.consumerarn.clicks": "arn"}),
        (OLD, {"connector": "kinesis", "scan.list.shards.backoff.base": "1"}),
        (NEW, {"connector": "kinesis", "source.efo.describe.retry-strategy.delay.min": "1 s"}),
        (_5_1, {"connector": "kinesis", "stream.arn": "arn", "sink.batch.max-size": "1"}),
        (NEW, {"connector": "dynamodb", "sink.ignore-nulls": "true", "table-name": "t"}),
        (OLD, {"connector": "dynamodb", "sink.http-client.read-timeout": "1"}),
        (OLD, {"connector": "dynamodb", "aws.credentials.role.arn": "arn"}),
        (OLD, {"connector": "firehose", "delivery-stream": "s", "format": "json"}),
        (OLD, {"connector": "kafka", "properties.anything.at.all": "1", "topic": "t"}),
        (NEW, {"connector": "kafka", "sink.transaction-naming-strategy": "POOLING"}),
        (NEW, {"connector": "upsert-kafka", "key.format": "raw", "key.raw.charset": "UTF-8"}),
        (NEW, {"connector": "kafka", "value.format": "csv", "value.csv.null-literal": "n"}),
        (OLD, {"connector": "filesystem", "format": "parquet", "parquet.compression": "ZSTD"}),
        (OLD, {"connector": "filesystem", "format": "json-lines", "path": "s3://b/"}),
        (NEW, {"connector": "filesystem", "format": "json", "json.decode.json-parser.enabled": ""}),
        (OLD, {"connector": "kafka", "format": "avro-confluent", "avro-confluent.url": "http"}),
        (OLD, {"connector": "kafka", "format": "protobuf", "protobuf.message-class-name": "x"}),
        (OLD, {"connector": "kinesis", "scan.watermark.idle-timeout": "1 min"}),
        (OLD, {"connector": "jdbc", "anything": "goes"}),
        (OLD, {"anything": "goes"}),
        (Runtime.FLINK_1_18, {"connector": "kinesis", "anything": "goes"}),
    ],
)
def test_what_a_connector_takes_passes_as_it_was(runtime: Runtime, options: dict[str, str]) -> None:
    found = checked_options("Source", options, runtime)
    assert list(found.items()) == list(options.items())


@pytest.mark.parametrize(
    ("runtime", "options", "mend"),
    [
        (NEW, {"source.reader.typ": "EFO"}, r"Say 'source\.reader\.type'"),
        (OLD, {"scan.stream.initposition": "LATEST"}, r"Say 'scan\.stream\.initpos'"),
        (OLD, {"sink.nonsense": "1"}, r"It has: sink\.batch\.max-size, .*sink\.requests"),
        (OLD, {"nonsense": "1"}, r"It has: aws\.credentials"),
        (OLD, {"format": "json", "json.ignore-parse-error": "1"}, "Say 'json.ignore-parse-errors'"),
        (OLD, {"format": "csv", "json.ignore-parse-errors": "true"}, "Say 'csv.ignore-parse-err"),
        (OLD, {"format": "json", "json.decode.json-parser.enabled": "1"}, "Check its spelling"),
    ],
)
def test_fails_when_an_option_is_misspelt(
    runtime: Runtime, options: dict[str, str], mend: str
) -> None:
    """Point 8: the connector hands on what begins with source. or scan., and has no use for it."""
    name = list(options)[-1]
    with pytest.raises(
        ValueError,
        match=rf"^KinesisSource: option of the connector 'kinesis' is '{name}'; allowed: an option "
        rf"that it has on {runtime.name}\. .*{mend}",
    ):
        checked_options("KinesisSource", {"connector": "kinesis", **options}, runtime)


@pytest.mark.parametrize(
    ("connector", "name", "mend"),
    [
        ("dynamodb", "sink.batch.maxsize", r"Say 'sink\.batch\.max-size'"),
        ("dynamodb", "table_name", r"Say 'table-name'"),
        ("firehose", "delivery.stream", r"Say 'delivery-stream'"),
        ("kafka", "scan.startup.mod", r"Say 'scan\.startup\.mode'"),
        ("filesystem", "sink.rolling-policy.rollover-intervall", r"Say 'sink\.rolling-policy\.ro"),
    ],
)
def test_fails_when_an_option_of_another_connector_is_misspelt(
    connector: str, name: str, mend: str
) -> None:
    """Point 8 for the connectors that are checked by Flink in part or not at all."""
    with pytest.raises(ValueError, match=mend):
        checked_options("Sink", {"connector": connector, name: "1"}, NEW)


@pytest.mark.parametrize(
    ("runtime", "connector", "name", "mend"),
    [
        (NEW, "kinesis", "scan.stream.initpos", r"Say 'source\.init\.position'"),
        (NEW, "kinesis", "stream", r"Say 'stream\.arn'"),
        (NEW, "kinesis", "scan.shard.adaptivereads", r"no such option in this line"),
        (NEW, "kinesis", "source.shard-assigner", r"read by nothing"),
        (_5_1, "kinesis", "scan.stream.recordpublisher", r"Say 'source\.reader\.type'"),
        (OLD, "kinesis", "source.init.position", r"Say 'scan\.stream\.initpos'"),
        (
            OLD,
            "kinesis",
            "source.shard.get-records.max-record-count",
            r"Say 'scan\.shard\.getrecords\.maxrecordcount'",
        ),
        (OLD, "kinesis", "source.efo.lifecycle", r"Say 'scan\.stream\.efo\.registration'"),
        (OLD, "kinesis", "stream.arn", r"Say 'stream', with the stream's name"),
        (OLD, "dynamodb", "sink.ignore-nulls", r"from 5\.1 on"),
        (OLD, "kafka", "scan.parallelism", r"from 4\.0 on"),
        (OLD, "upsert-kafka", "sink.transaction-naming-strategy", r"from 4\.0 on"),
    ],
)
def test_c60_fails_when_an_option_is_of_the_connectors_other_line(
    runtime: Runtime, connector: str, name: str, mend: str
) -> None:
    with pytest.raises(ValueError, match=mend):
        checked_options("Source", {"connector": connector, name: "1"}, runtime)


def test_options_of_a_format_that_only_the_deploy_knows_pass(text: str) -> None:
    options = {"connector": "kinesis", "format": text, "csv.null-literal": "n"}
    assert checked_options("KinesisSource", options, OLD) == options


def test_an_option_whose_name_only_the_deploy_knows_passes(stack: cdk.Stack, text: Any) -> None:  # noqa: ANN401
    assert checked_options("Source", {"connector": "kinesis", text: "1"}, OLD)


def test_a_connector_of_the_users_own_takes_anything() -> None:
    kafka = Connector("org.apache.flink", "flink-connector-kafka", "5.0.0-2.2")
    runtime = NEW.with_connectors(connectors={"kafka": kafka})
    options = {"connector": "kafka", "new.in.5": "1"}
    assert checked_options("Source", options, runtime) == options
    with pytest.raises(ValueError, match=r"Say 'stream\.arn'"):
        checked_options("Source", {"connector": "kinesis", "stream": "s"}, runtime)
