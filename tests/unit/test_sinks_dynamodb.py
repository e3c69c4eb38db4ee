"""DynamoDbSink: its options, its table, and what it refuses."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms

from cdk_managed_flink import DynamoDbSink, FlinkApplication


@pytest.fixture
def theirs(stack: cdk.Stack) -> dynamodb.ITableV2:
    return dynamodb.TableV2.from_table_name(stack, "Theirs", "theirs")


def test_the_options_of_the_connector(
    application: FlinkApplication, theirs: dynamodb.ITableV2
) -> None:
    stack = cdk.Stack.of(application)
    further = {"sink.batch.max-size": "10", "sink.ignore-nulls": "true"}
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
        r"table= for an existing table\. Say DynamoDbSink\(partition_key=",
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
        {"removal_policy": cdk.RemovalPolicy.RETAIN},
    ],
)
def test_fails_when_a_new_tables_setting_stands_beside_an_existing_one(
    theirs: dynamodb.ITableV2,
    setting: Any,  # noqa: ANN401
) -> None:
    (name,) = setting
    with pytest.raises(ValueError, match=rf"{name} is .*; allowed: nothing beside table=\. An"):
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
