"""DynamoDbSink: its options, its table, and what it refuses."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from configurations import app, builder, template_of

from cdk_managed_flink import (
    ConnectorLine,
    DynamoDbSink,
    FlinkApplication,
    FlinkCode,
    KinesisSource,
    Runtime,
)

INDEX = dynamodb.GlobalSecondaryIndexPropsV2(
    index_name="byDay",
    partition_key=dynamodb.Attribute(name="day", type=dynamodb.AttributeType.STRING),
)
KEY = "arn:aws:kms:eu-central-1:123456789012:key/abc"


@pytest.fixture
def theirs(stack: cdk.Stack) -> dynamodb.ITableV2:
    return dynamodb.TableV2.from_table_name(stack, "Theirs", "theirs")


def test_the_options_of_the_connector(
    application: FlinkApplication, theirs: dynamodb.ITableV2
) -> None:
    """The last rows of a batch wait for the time-out, a second and not the default 5."""
    stack = cdk.Stack.of(application)
    further = {"sink.batch.max-size": "10", "sink.fail-on-error": "true"}
    binding = application.bind(stack, "pages", DynamoDbSink(table=theirs, table_options=further))
    assert stack.resolve(dict(binding.properties)) == {
        "connector": "dynamodb",
        "table-name": "theirs",
        "aws.region": {"Ref": "AWS::Region"},
        "sink.requests.max-inflight": "1",
        "sink.flush-buffer.timeout": "1000",
        **further,
    }


def test_fails_when_there_is_neither_key_nor_table() -> None:
    with pytest.raises(
        ValueError,
        match=r"^DynamoDbSink: partition_key is None; allowed: the name of the key attribute, or "
        r"table= for an existing table\. Use DynamoDbSink\(partition_key=",
    ):
        DynamoDbSink()


@pytest.mark.parametrize(
    "setting",
    [
        {"partition_key": "page"},
        {"sort_key": "day"},
        {"billing": dynamodb.Billing.on_demand()},
        {"time_to_live_attribute": "expires"},
        {"point_in_time_recovery": False},
        {"replicas": [dynamodb.ReplicaTableProps(region="eu-central-1")]},
        {"replica_keys": {"eu-central-1": KEY}},
        {"removal_policy": cdk.RemovalPolicy.RETAIN},
    ],
)
def test_fails_when_a_setting_of_a_new_table_comes_with_an_existing_one(
    theirs: dynamodb.ITableV2,
    setting: Any,  # noqa: ANN401
) -> None:
    (name,) = setting
    with pytest.raises(
        ValueError,
        match=rf"{name} is .*, which cannot be combined with table=",
    ):
        DynamoDbSink(table=theirs, **setting)


def test_fails_when_a_new_table_is_given_a_key(stack: cdk.Stack) -> None:
    with pytest.raises(
        ValueError,
        match=r"encryption_key is Stack/Key; allowed: the key of an existing table\. A new table",
    ):
        DynamoDbSink(partition_key="page", encryption_key=kms.Key(stack, "Key"))


def test_keys_of_other_types_and_tokens_pass(application: FlinkApplication, text: str) -> None:
    stack = cdk.Stack.of(application)
    sink = DynamoDbSink(
        partition_key=dynamodb.Attribute(name="day", type=dynamodb.AttributeType.NUMBER),
        sort_key=text,
        time_to_live_attribute=text,
    )
    table = application.bind(stack, "pages", sink).resource.node.default_child
    assert isinstance(table, dynamodb.CfnGlobalTable)
    assert stack.resolve(table.attribute_definitions) == [
        {"attributeName": "day", "attributeType": "N"},
        {"attributeName": {"Ref": "Text"}, "attributeType": "S"},
    ]
    ttl = stack.resolve(table.time_to_live_specification)
    assert ttl == {"attributeName": {"Ref": "Text"}, "enabled": True}


def validated(folder: Path, columns: str, sink: DynamoDbSink, **changed: Any) -> list[str]:  # noqa: ANN401
    """What a job with one table has against the sink behind it."""
    (folder / "job.sql").write_text(
        "CREATE TABLE clicks (page STRING) WITH (${clicks});\n"
        f"CREATE TABLE pages {columns} WITH (${{pages}});\n"
        "INSERT INTO pages SELECT page FROM clicks;\n",
        encoding="utf-8",
    )
    pipeline = builder(folder)(
        sources={"clicks": KinesisSource()}, sinks={"pages": sink}, **changed
    )
    return pipeline.application.validate()


@pytest.mark.parametrize(
    ("sort_key", "columns"),
    [
        (None, "(page STRING) PARTITIONED BY (page)"),
        ("day", "(page STRING, `day` STRING) PARTITIONED BY (page, `day`)"),
        ("day", "(page STRING, `day` STRING) PARTITIONED BY (`day`, page)"),
    ],
)
def test_the_key_is_what_partitioned_by_names(
    tmp_path: Path, sort_key: str | None, columns: str
) -> None:
    """The connector drops all but the last row of these columns in a batch."""
    assert validated(tmp_path, columns, DynamoDbSink(partition_key="page", sort_key=sort_key)) == []


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ("(page STRING, `day` STRING)", "nothing"),
        ("(page STRING, `day` STRING) PARTITIONED BY (page)", "page"),
        ("(page STRING, `day` STRING, x INT) PARTITIONED BY (page, `day`, x)", "page, day, x"),
        ("(Page STRING, `day` STRING) PARTITIONED BY (Page, `day`)", "Page, day"),
    ],
)
@pytest.mark.parametrize(
    "runtime",
    [Runtime.FLINK_1_20, Runtime.FLINK_1_20.with_connectors(ConnectorLine.AWS_5_1)],
)
def test_fails_when_partitioned_by_is_not_the_key(
    tmp_path: Path, columns: str, shown: str, runtime: Runtime
) -> None:
    """Two rows with one key in one batch are refused by the service, over and over."""
    sink = DynamoDbSink(partition_key="page", sort_key="day")
    (problem,) = validated(tmp_path, columns, sink, runtime=runtime)
    assert f"job.sql:2: table 'pages' is PARTITIONED BY {shown}, and the key" in problem
    assert problem.endswith("Use PARTITIONED BY (page, day).")


@pytest.mark.parametrize("kind", ["ROW<a INT>", "ARRAY<ROW<a INT>>", "MAP<STRING, ROW<a INT>>"])
def test_fails_when_a_column_is_a_row(tmp_path: Path, kind: str) -> None:
    """No line of the connector writes them."""
    columns = f"(page STRING, `row` STRING, address {kind}) PARTITIONED BY (page)"
    (problem,) = validated(tmp_path, columns, DynamoDbSink(partition_key="page"))
    assert "job.sql:2: table 'pages' has the ROW column address: the DynamoDB" in problem


def test_the_key_of_a_table_in_the_app_is_known(tmp_path: Path) -> None:
    stack = cdk.Stack(app(), "Stack")
    day = dynamodb.Attribute(name="day", type=dynamodb.AttributeType.STRING)
    table = dynamodb.TableV2(stack, "Theirs", partition_key=day)
    columns = "(page STRING) PARTITIONED BY (page)"
    (problem,) = validated(tmp_path, columns, DynamoDbSink(table=table), scope=stack)
    assert "the key of the items behind it is day" in problem


def test_the_key_is_said_where_the_job_is_not_read(stack: cdk.Stack) -> None:
    """A jar cannot be read at synth: the rule is noted instead."""
    bucket = s3.Bucket(stack, "Code", versioned=True)
    code = FlinkCode.from_bucket(bucket, "job.jar", "v1")
    application = FlinkApplication(stack, "App", code=code)
    application.bind(stack, "pages", DynamoDbSink(partition_key="page", sort_key="day"))
    notes = [str(entry.data) for entry in application.node.metadata if "info" in entry.type]
    assert [note for note in notes if "PARTITIONED BY (page, day)" in note]


def test_a_table_that_does_not_tell_its_key_is_noted(
    application: FlinkApplication, theirs: dynamodb.ITableV2
) -> None:
    binding = application.bind(cdk.Stack.of(application), "pages", DynamoDbSink(table=theirs))
    assert binding.rules is not None
    assert binding.rules.keys == []
    notes = [str(entry.data) for entry in application.node.metadata if "info" in entry.type]
    assert [note for note in notes if "does not expose its key" in note]


def test_fails_when_an_option_is_misspelt(application: FlinkApplication) -> None:
    """This connector checks no option name at all."""
    sink = DynamoDbSink(partition_key="page", table_options={"sink.batch-max-size": "1"})
    with pytest.raises(ValueError, match=r"^DynamoDbSink: .*Use 'sink\.batch\.max-size'"):
        application.bind(application, "pages", sink)


def test_an_index_of_a_table_of_the_app_has_an_alarm(tmp_path: Path) -> None:
    (tmp_path / "job.sql").write_text(
        "CREATE TABLE clicks (page STRING) WITH (${clicks});\n"
        "CREATE TABLE pages (page STRING) PARTITIONED BY (page) WITH (${pages});\n"
        "INSERT INTO pages SELECT page FROM clicks;\n",
        encoding="utf-8",
    )
    stack = cdk.Stack(app(), "Stack")
    table = dynamodb.TableV2(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="page", type=dynamodb.AttributeType.STRING),
        global_secondary_indexes=[INDEX],
    )
    sinks = {"pages": DynamoDbSink(table=table)}
    builder(tmp_path)(scope=stack, sources={"clicks": KinesisSource()}, sinks=sinks)
    template = template_of(stack)
    dimensions = [
        alarm["Properties"].get("Dimensions", [])
        for alarm in template["Resources"].values()
        if alarm["Type"] == "AWS::CloudWatch::Alarm"
    ]
    index = {"Name": "GlobalSecondaryIndexName", "Value": "byDay"}
    assert sum(index in found for found in dimensions) == 1


def in_region(job: Path, key: bool = False) -> FlinkApplication:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    stack = cdk.Stack(app(), "Stack", env=env)
    data_key = kms.Key(stack, "Key") if key else None
    return FlinkApplication(stack, "App", code=FlinkCode.from_sql(job), data_key=data_key)


REPLICA = dynamodb.ReplicaTableProps(region="eu-central-1")


@pytest.mark.parametrize("key", [False, True])
def test_a_table_is_replicated_and_written_in_its_own_region(job: Path, key: bool) -> None:
    application = in_region(job, key)
    sink = DynamoDbSink(
        partition_key="page",
        replicas=[REPLICA],
        replica_keys={"eu-central-1": KEY} if key else {},
    )
    binding = application.bind(application, "pages", sink)
    assert binding.properties["aws.region"] == "eu-west-1"
    resource = binding.resource.node.default_child
    assert isinstance(resource, dynamodb.CfnGlobalTable)
    replicas = {
        replica["region"]: replica.get("sseSpecification")
        for replica in cdk.Stack.of(application).resolve(resource.replicas)
    }
    assert replicas.keys() == {"eu-central-1", "eu-west-1"}
    if key:
        assert replicas["eu-central-1"] == {"kmsMasterKeyId": KEY}


def test_fails_when_replicas_are_in_a_stack_without_a_region(
    application: FlinkApplication,
) -> None:
    sink = DynamoDbSink(partition_key="page", replicas=[REPLICA])
    with pytest.raises(ValueError, match="replicas in a stack that names its Region"):
        application.bind(application, "pages", sink)


def test_fails_when_a_replica_lacks_a_key(job: Path) -> None:
    sink = DynamoDbSink(partition_key="page", replicas=[REPLICA])
    application = in_region(job, key=True)
    with pytest.raises(ValueError, match="add the ARN of one in eu-central-1"):
        application.bind(application, "pages", sink)


def test_fails_when_a_replica_has_a_key_and_the_pipeline_none(job: Path) -> None:
    sink = DynamoDbSink(
        partition_key="page", replicas=[REPLICA], replica_keys={"eu-central-1": KEY}
    )
    application = in_region(job)
    with pytest.raises(ValueError, match="nothing without a data key of the pipeline"):
        application.bind(application, "pages", sink)


def test_fails_when_a_key_is_for_no_replica() -> None:
    with pytest.raises(ValueError, match="replica_keys is 'us-east-1'; allowed: Regions of re"):
        DynamoDbSink(partition_key="page", replicas=[REPLICA], replica_keys={"us-east-1": KEY})


def test_fails_when_the_table_is_another_accounts(job: Path) -> None:
    application = in_region(job)
    arn = "arn:aws:dynamodb:eu-west-1:210987654321:table/theirs"
    table = dynamodb.TableV2.from_table_arn(application, "Theirs", arn)
    with pytest.raises(ValueError, match="allowed: a table of the application's own account"):
        application.bind(application, "pages", DynamoDbSink(table=table))


@pytest.mark.parametrize(
    "sort_key",
    ["page", dynamodb.Attribute(name="page", type=dynamodb.AttributeType.NUMBER)],
)
def test_fails_when_one_attribute_is_both_keys(sort_key: Any) -> None:  # noqa: ANN401
    with pytest.raises(
        ValueError, match=r"sort_key is 'page'; allowed: another attribute than partition_key"
    ):
        DynamoDbSink(partition_key="page", sort_key=sort_key)
