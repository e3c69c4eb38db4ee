"""S3TablesSink: options, rights, what it makes, and what it refuses."""

from typing import Any

import aws_cdk as cdk
import pytest
from authorization import surprises
from aws_cdk import aws_kms as kms
from configurations import app, of_type, only, template_of

from cdk_managed_flink import FlinkApplication, IcebergSink
from tests.unit.lakes import added_rights, clicks, nag, options, rules_of, unread

ALWAYS = frozenset[str]()
TABLE_BUCKET = "arn:aws:s3tables:eu-west-1:123456789012:bucket/theirs"
OF_TABLE = (
    "GetTable",
    "GetTableData",
    "GetTableMetadataLocation",
    "PutTableData",
    "UpdateTableMetadataLocation",
)


@pytest.fixture
def application(stack: cdk.Stack) -> FlinkApplication:
    return unread(stack)


def test_the_options_of_a_table_in_a_table_bucket(application: FlinkApplication) -> None:
    sink = IcebergSink.s3_tables(clicks(), table_bucket_arn=TABLE_BUCKET, namespace="shop")
    found = options(application, sink)
    assert (
        "".join(
            part if isinstance(part, str) else part["Ref"]
            for part in found.pop("uri")["Fn::Join"][1]
        )
        == "https://s3tables.AWS::Region.AWS::URLSuffix/iceberg"
    )
    assert found == {
        "connector": "iceberg",
        "catalog-name": "s3tables",
        "catalog-type": "rest",
        "warehouse": TABLE_BUCKET,
        "rest.sigv4-enabled": "true",
        "rest.signing-name": "s3tables",
        "rest.signing-region": {"Ref": "AWS::Region"},
        "catalog-database": "shop",
        "catalog-table": "lake",
        "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        "client.region": {"Ref": "AWS::Region"},
        "format-version": "2",
        "write.metadata.delete-after-commit.enabled": "true",
    }


def test_rights_on_exactly_the_table_of_a_table_bucket(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    sink = IcebergSink.s3_tables(clicks(), table_bucket_arn=TABLE_BUCKET, namespace="shop")
    found = added_rights(application, sink)
    (table,) = {resource for _, resource, _ in found if resource.startswith("<")}
    assert found == {
        *((f"s3tables:{a}", TABLE_BUCKET, ALWAYS) for a in ("GetNamespace", "GetTableBucket")),
        *((f"s3tables:{a}", table, ALWAYS) for a in OF_TABLE),
    }


def test_a_table_that_exists_is_taken(application: FlinkApplication, stack: cdk.Stack) -> None:
    sink = IcebergSink.s3_tables(
        clicks(exists=True), table_bucket_arn=TABLE_BUCKET, namespace="shop"
    )
    found = added_rights(application, sink)
    assert {(action, resource) for action, resource, conditions in found if conditions} == {
        (f"s3tables:{action}", f"{TABLE_BUCKET}/table/*") for action in OF_TABLE
    }
    template = template_of(stack)
    assert of_type(template, "AWS::S3Tables::Table") == {}
    (statement,) = (
        statement
        for policy in of_type(template, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Resource"] == f"{TABLE_BUCKET}/table/*"
    )
    assert statement["Condition"] == {
        "StringEquals": {"s3tables:namespace": "shop", "s3tables:tableName": "lake"}
    }
    assert surprises(template) == []
    assert not [rule for rule in nag(stack) if "IAM5" in rule and TABLE_BUCKET in rule]


def test_the_key_of_a_table_bucket(application: FlinkApplication, stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/k")
    sink = IcebergSink.s3_tables(
        clicks(), table_bucket_arn=TABLE_BUCKET, namespace="shop", encryption_key=key
    )
    found = added_rights(application, sink)
    assert {action for action, resource, _ in found if resource == key.key_arn} == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }


def test_a_renamed_table_keeps_bucket_and_table() -> None:
    found = []
    for name, id_ in (("lake", None), ("Pond", "lake")):
        stack = cdk.Stack(app(), "Stack")
        unread(stack).bind(stack, name, IcebergSink.s3_tables(clicks(), resource_id=id_))
        template = template_of(stack)
        found.append(
            [of_type(template, f"AWS::S3Tables::{one}") for one in ("TableBucket", "Table")]
        )
    assert found[0] == found[1]
    assert only(template, "AWS::S3Tables::Table")["Properties"]["TableName"] == "lake"


def test_rows_are_replaced_by_the_tables_key(application: FlinkApplication) -> None:
    rules = rules_of(application, IcebergSink.s3_tables(clicks(key=["id"]), upsert=True))
    assert rules is not None
    assert rules.primary_key == ["id"]


@pytest.mark.parametrize(
    ("region", "account"), [("us-east-1", "123456789012"), ("eu-west-1", "210987654321")]
)
def test_fails_when_a_table_bucket_is_elsewhere(region: str, account: str) -> None:
    env = cdk.Environment(region="eu-west-1", account="123456789012")
    stack = cdk.Stack(app(), "Stack", env=env)
    arn = f"arn:aws:s3tables:{region}:{account}:bucket/theirs"
    sink = IcebergSink.s3_tables(clicks(), table_bucket_arn=arn, namespace="shop")
    with pytest.raises(ValueError, match="allowed: a table bucket of eu-west-1 in the account 1"):
        unread(stack).bind(stack, "lake", sink)


def test_fails_when_a_new_table_bucket_has_a_key(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="table_bucket_arn is None; allowed: the ARN of the table"):
        IcebergSink.s3_tables(clicks(), encryption_key=kms.Key(stack, "Key"))


def test_fails_when_a_table_exists_nowhere() -> None:
    with pytest.raises(ValueError, match="table_bucket_arn is None; allowed: the ARN of the table"):
        IcebergSink.s3_tables(clicks(exists=True))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"table_bucket_arn": "arn:aws:s3:::theirs", "namespace": "a"}, "table_bucket_arn is 'arn"),
        ({"table_bucket_arn": TABLE_BUCKET}, "namespace is None; allowed: a namespace of the exis"),
        ({"namespace": "My"}, "namespace is 'My'; allowed: lower-case"),
        ({"upsert": True}, "upsert is True; allowed: a table with a key"),
    ],
)
def test_fails_when_a_table_bucket_is_not_one(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^S3TablesSink: {said}"):
        IcebergSink.s3_tables(clicks(), **arguments)
