"""cdk-nag, cfn-lint and IAM's own data on a pipeline for each way into a warehouse."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from authorization import surprises
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from configurations import app, template_of
from linting import lint
from test_rules import findings

from cdk_managed_flink import (
    FlinkCode,
    FlinkPipeline,
    KinesisSource,
    MskCluster,
    MskSink,
    RedshiftCopySink,
    RedshiftFirehoseSink,
    RedshiftProvisionedWarehouse,
    RedshiftServerlessWarehouse,
    RedshiftStreamingSink,
    Topic,
)
from cdk_managed_flink.redshift.sink import RedshiftSink

pytestmark = pytest.mark.slow


JOB = """
CREATE TABLE clicks (x STRING) WITH (${clicks});
CREATE TABLE readings (sensor STRING) WITH (${readings});
INSERT INTO readings SELECT x FROM clicks;
"""
COLUMNS = {"sensor": "VARCHAR(64)"}
WAYS = ("stream", "topic", "copy", "firehose", "existing")


def made(way: str, job: Path) -> cdk.App:
    (job / "job.sql").write_text(JOB, encoding="utf-8")
    owner = app()
    stack = cdk.Stack(owner, "Stack")
    logs = {"All": ec2.FlowLogOptions()}
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0, flow_logs=logs)
    FlinkPipeline(
        stack,
        "Job",
        code=FlinkCode.from_sql(job),
        sources={"clicks": KinesisSource()},
        sinks={"readings": sink(way, stack, vpc)},
    )
    return owner


def sink(way: str, stack: cdk.Stack, vpc: ec2.Vpc) -> RedshiftSink:
    common: dict[str, Any] = {"table": "readings", "columns": COLUMNS, "readers": ["analysts"]}
    if way == "existing":
        role = iam.Role.from_role_arn(stack, "Theirs", "arn:aws:iam::123456789012:role/theirs")
        arn = (
            "arn:aws:redshift:eu-west-1:123456789012:namespace:6f1d2c3b-0000-4000-8000-00000000000a"
        )
        cluster = RedshiftProvisionedWarehouse.from_cluster_identifier(
            stack,
            "Cluster",
            "theirs",
            database="dev",
            db_user="loader",
            role=role,
            namespace_arn=arn,
        )
        return RedshiftCopySink(warehouse=cluster, **common)
    public = way == "firehose"
    warehouse = RedshiftServerlessWarehouse(stack, "Warehouse", vpc=vpc, publicly_accessible=public)
    if way == "topic":
        through = MskSink(cluster=MskCluster(stack, "Kafka", vpc=vpc), topic=Topic("readings"))
        return RedshiftStreamingSink(warehouse=warehouse, through=through, **common)
    if way == "stream":
        return RedshiftStreamingSink(warehouse=warehouse, **common)
    if way == "copy":
        return RedshiftCopySink(warehouse=warehouse, **common)
    return RedshiftFirehoseSink(warehouse=warehouse, acknowledge_public_access=True, **common)


def only_stack(owner: cdk.App) -> cdk.Stack:
    found = owner.node.find_child("Stack")
    assert isinstance(found, cdk.Stack)
    return found


@pytest.fixture(scope="module", params=WAYS)
def owner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> cdk.App:
    return made(request.param, tmp_path_factory.mktemp("job"))


def test_cdk_nag_finds_nothing(owner: cdk.App) -> None:
    assert findings(owner) == set()


def test_cfn_lint_finds_nothing(owner: cdk.App) -> None:
    assert lint(template_of(only_stack(owner))) == []


def test_each_grant_is_understood_by_iam(owner: cdk.App) -> None:
    found = surprises(template_of(only_stack(owner)))
    # The secret's ARN comes from the lookup, whose type the samples do not know.
    assert found == []
