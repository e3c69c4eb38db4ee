"""Which store each table has, as Prepare gets it."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from configurations import Build, app, only, template_of

from cdk_managed_flink import DynamoDbSink, FlinkPipeline, KinesisSource, S3Sink

pytestmark = pytest.mark.slow


def prepare(pipeline: FlinkPipeline) -> dict[str, object]:
    template = template_of(cdk.Stack.of(pipeline))
    return dict(only(template, "Custom::FlinkPrepare")["Properties"])


def test_stores_that_the_pipeline_makes(build: Build) -> None:
    pipeline = build(
        sources={"clicks": KinesisSource(resource_id="visits")},
        sinks={"lake": S3Sink(), "pages": DynamoDbSink(partition_key="page")},
    )
    stores = prepare(pipeline)["Stores"]
    assert isinstance(stores, dict)
    kinds = {name: kind for name, (kind, _) in stores.items()}
    assert kinds == {
        "clicks": "AWS::Kinesis::Stream",
        "lake": "AWS::S3::Bucket",
        "pages": "AWS::DynamoDB::GlobalTable",
    }
    stack = cdk.Stack.of(pipeline)
    assert stores["clicks"][1] == {
        "Ref": stack.get_logical_id(
            pipeline.node.find_child("Sources").node.find_child("visits").node.default_child  # type: ignore[arg-type]
        )
    }


def test_existing_stores_are_not_among_them(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    theirs = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    pipeline = build(
        scope=stack,
        sinks={"lake": S3Sink(bucket=theirs), "pages": DynamoDbSink(partition_key="page")},
    )
    assert prepare(pipeline)["Stores"].keys() == {"clicks", "pages"}  # type: ignore[attr-defined]


def test_stores_that_may_be_replaced_come_from_the_context(build: Build) -> None:
    flags = {"cdk-managed-flink:replaceStores": "pages, lake"}
    assert prepare(build(flags=flags))["ReplaceStores"] == ["lake", "pages"]
    assert prepare(build())["ReplaceStores"] == []
