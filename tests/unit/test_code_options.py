"""Option names, held against what each line of a connector takes."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_managed_flink import (
    Connector,
    ConnectorLine,
    DynamoDbSink,
    FirehoseSink,
    FlinkApplication,
    IcebergSink,
    KafkaAuthentication,
    KafkaCluster,
    KinesisSink,
    KinesisSource,
    MskSink,
    MskSource,
    Runtime,
    S3Sink,
    S3Source,
    SelfManagedKafkaCluster,
)
from cdk_managed_flink.application.binding import Bindable
from cdk_managed_flink.connectors.options import checked_options

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
    found = checked_options("Source", options, runtime=runtime, kind="source")
    assert list(found.items()) == list(options.items())


@pytest.mark.parametrize(
    ("runtime", "options", "mend"),
    [
        (NEW, {"source.reader.typ": "EFO"}, r"Use 'source\.reader\.type'"),
        (OLD, {"scan.stream.initposition": "LATEST"}, r"Use 'scan\.stream\.initpos'"),
        (OLD, {"sink.nonsense": "1"}, r"It has: sink\.batch\.max-size, .*sink\.requests"),
        (OLD, {"nonsense": "1"}, r"It has: aws\.credentials"),
        (OLD, {"format": "json", "json.ignore-parse-error": "1"}, "Use 'json.ignore-parse-errors'"),
        (OLD, {"format": "csv", "json.ignore-parse-errors": "true"}, "Use 'csv.ignore-parse-err"),
        (OLD, {"format": "json", "json.decode.json-parser.enabled": "1"}, "Check its spelling"),
    ],
)
def test_fails_when_an_option_is_misspelt(
    runtime: Runtime, options: dict[str, str], mend: str
) -> None:
    """The connector hands on what begins with source. or scan., and has no use for it."""
    name = list(options)[-1]
    with pytest.raises(
        ValueError,
        match=rf"^KinesisSource: option of the connector 'kinesis' is '{name}'; allowed: an option "
        rf"that it has on {runtime.name}\. .*{mend}",
    ):
        checked_options(
            "KinesisSource", {"connector": "kinesis", **options}, runtime=runtime, kind="source"
        )


@pytest.mark.parametrize(
    ("connector", "name", "mend"),
    [
        ("dynamodb", "sink.batch.maxsize", r"Use 'sink\.batch\.max-size'"),
        ("dynamodb", "table_name", r"Use 'table-name'"),
        ("firehose", "delivery.stream", r"Use 'delivery-stream'"),
        ("kafka", "scan.startup.mod", r"Use 'scan\.startup\.mode'"),
        ("filesystem", "sink.rolling-policy.rollover-intervall", r"Use 'sink\.rolling-policy\.ro"),
    ],
)
def test_fails_when_an_option_of_another_connector_is_misspelt(
    connector: str, name: str, mend: str
) -> None:
    """The same for connectors whose options Flink checks in part or not at all."""
    with pytest.raises(ValueError, match=mend):
        checked_options("Sink", {"connector": connector, name: "1"}, runtime=NEW, kind="sink")


@pytest.mark.parametrize(
    ("runtime", "connector", "name", "mend"),
    [
        (NEW, "kinesis", "scan.stream.initpos", r"Use 'source\.init\.position'"),
        (NEW, "kinesis", "stream", r"Use 'stream\.arn'"),
        (NEW, "kinesis", "scan.shard.adaptivereads", r"no such option in this line"),
        (NEW, "kinesis", "source.shard-assigner", r"read by nothing"),
        (_5_1, "kinesis", "scan.stream.recordpublisher", r"Use 'source\.reader\.type'"),
        (OLD, "kinesis", "source.init.position", r"Use 'scan\.stream\.initpos'"),
        (
            OLD,
            "kinesis",
            "source.shard.get-records.max-record-count",
            r"Use 'scan\.shard\.getrecords\.maxrecordcount'",
        ),
        (OLD, "kinesis", "source.efo.lifecycle", r"Use 'scan\.stream\.efo\.registration'"),
        (OLD, "kinesis", "stream.arn", r"Use 'stream' with the stream's name"),
        (OLD, "dynamodb", "sink.ignore-nulls", r"from 5\.1 on"),
        (OLD, "kafka", "scan.parallelism", r"from 4\.0 on"),
        (OLD, "upsert-kafka", "sink.transaction-naming-strategy", r"from 4\.0 on"),
    ],
)
def test_fails_when_an_option_is_of_the_connectors_other_line(
    runtime: Runtime, connector: str, name: str, mend: str
) -> None:
    with pytest.raises(ValueError, match=mend):
        checked_options(
            "Source", {"connector": connector, name: "1"}, runtime=runtime, kind="source"
        )


def test_options_of_a_format_that_only_the_deploy_knows_pass(text: str) -> None:
    options = {"connector": "kinesis", "format": text, "csv.null-literal": "n"}
    assert checked_options("KinesisSource", options, runtime=OLD, kind="source") == options


def test_an_option_whose_name_only_the_deploy_knows_passes(stack: cdk.Stack, text: Any) -> None:  # noqa: ANN401
    assert checked_options(
        "Source", {"connector": "kinesis", text: "1"}, runtime=OLD, kind="source"
    )


def test_a_connector_of_the_users_own_takes_anything() -> None:
    kafka = Connector("org.apache.flink", "flink-connector-kafka", "5.0.0-2.2")
    runtime = NEW.with_connectors(connectors={"kafka": kafka})
    options = {"connector": "kafka", "new.in.5": "1"}
    assert checked_options("Source", options, runtime=runtime, kind="source") == options
    with pytest.raises(ValueError, match=r"Use 'stream\.arn'"):
        checked_options(
            "Source", {"connector": "kinesis", "stream": "s"}, runtime=runtime, kind="source"
        )


@pytest.mark.parametrize(
    ("kind", "name", "of"),
    [
        ("source", "sink.batch.max-size", "sink"),
        ("sink", "scan.stream.initpos", "source"),
        ("sink", "scan.watermark.idle-timeout", "source"),
    ],
)
def test_fails_when_an_option_is_the_other_sides(kind: str, name: str, of: str) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^Here: table_options is '{name}'; allowed: options of a {kind}\. It is one of a "
        rf"{of}, and has no effect here: leave it out\.$",
    ):
        checked_options("Here", {"connector": "kinesis"}, {name: "1"}, runtime=OLD, kind=kind)


@pytest.mark.parametrize(
    ("make", "name", "instead"),
    [
        (lambda _: KinesisSource(table_options={"stream": "x"}), "stream", r"Use stream= instead"),
        (lambda _: KinesisSink(table_options={"format": "csv"}), "format", r"Use format= instead"),
        (
            lambda _: KinesisSink(table_options={"connector": "x"}),
            "connector",
            "Bind another source or sink",
        ),
        (lambda _: S3Source(table_options={"path": "s3://x/"}), "path", "Use bucket= and prefix="),
        (lambda _: S3Sink(table_options={"path": "s3://x/"}), "path", "Use bucket= and prefix="),
        (
            lambda _: DynamoDbSink(partition_key="id", table_options={"table-name": "x"}),
            "table-name",
            r"Use table= instead",
        ),
        (
            lambda _: IcebergSink(table_options={"catalog-table": "x"}),
            "catalog-table",
            r"Use table_name= instead",
        ),
        (
            lambda _: FirehoseSink.s3(table_options={"delivery-stream": "x"}),
            "delivery-stream",
            "Pass another stream",
        ),
        (
            lambda kafka: MskSource(
                cluster=kafka, topic="t", table_options={"properties.group.id": "x"}
            ),
            "properties.group.id",
            r"Use group_id= instead",
        ),
        (
            lambda kafka: MskSink(
                cluster=kafka, topic="t", table_options={"sink.transactional-id-prefix": "x"}
            ),
            "sink.transactional-id-prefix",
            "resource_id= keeps it",
        ),
    ],
)
def test_fails_when_a_field_decides_what_an_option_says(
    application: FlinkApplication,
    stack: cdk.Stack,
    make: Callable[[KafkaCluster], Bindable[Any]],
    name: str,
    instead: str,
) -> None:
    """Grants, alarms and the package go by the field: the option would leave them behind."""
    login = KafkaAuthentication.none(encrypted=False)
    kafka = SelfManagedKafkaCluster(stack, "Kafka", "b:9092", authentication=login)
    with pytest.raises(
        ValueError, match=rf"table_options is '{name}'; allowed: options that no field.*{instead}"
    ):
        application.bind(stack, "rows", make(kafka))
