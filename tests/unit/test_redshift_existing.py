"""Existing warehouses: what is opened and granted, or said where nothing of them can be changed."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import app, of_type, only, template_of

from cdk_managed_flink import (
    FlinkApplication,
    FlinkCode,
    MskCluster,
    RedshiftCopySink,
    RedshiftFirehoseSink,
    RedshiftProvisionedWarehouse,
    RedshiftStreamingSink,
    RedshiftWarehouse,
)
from cdk_managed_flink.kafka.authentication import KafkaMode
from cdk_managed_flink.redshift.reading import open_brokers
from cdk_managed_flink.redshift.sink import RedshiftSink

COLUMNS = {"sensor": "VARCHAR(64)"}
ROLE = "arn:aws:iam::123456789012:role/theirs"
JOB = """
CREATE TABLE clicks (sensor STRING) WITH ('connector' = 'datagen');
CREATE TABLE readings (sensor STRING) WITH (${readings});
INSERT INTO readings SELECT sensor FROM clicks;
"""
NAMESPACE = "arn:aws:redshift:eu-west-1:123456789012:namespace:1-2"


@pytest.fixture
def placed() -> cdk.Stack:
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(app(), "Placed", env=place)


def cluster(stack: cdk.Stack, **known: Any) -> RedshiftWarehouse:  # noqa: ANN401
    return RedshiftProvisionedWarehouse.from_cluster_identifier(
        stack, "Cluster", "theirs", **{"database": "dev", "db_user": "loader", **known}
    )


def bind(stack: cdk.Stack, folder: Path, sink: RedshiftSink) -> None:
    (folder / "job.sql").write_text(JOB, encoding="utf-8")
    application = FlinkApplication(stack, "Application", code=FlinkCode.from_sql(folder))
    application.bind(stack, "readings", sink)


def warned(stack: cdk.Stack, warehouse: RedshiftWarehouse, about: str) -> list[str]:
    template_of(stack)
    notes = [str(note.data) for note in warehouse.node.metadata if note.type == "aws:cdk:warning"]
    return [note for note in notes if about in note]


@pytest.mark.parametrize(
    ("arn", "mutable", "lacks"),
    [
        (ROLE, True, 0),
        (ROLE, False, 1),
        ("arn:aws:iam::210987654321:role/theirs", True, 1),
    ],
)
@pytest.mark.parametrize("way", ["streaming", "copy"])
def test_a_role_that_cannot_be_changed_is_told_what_it_lacks(
    placed: cdk.Stack, tmp_path: Path, way: str, arn: str, mutable: bool, lacks: int
) -> None:
    role = iam.Role.from_role_arn(placed, "Theirs", arn, mutable=mutable)
    warehouse = cluster(placed, role=role, namespace_arn=NAMESPACE)
    make: Any = {"streaming": RedshiftStreamingSink, "copy": RedshiftCopySink}[way]
    sink = make(warehouse=warehouse, table="readings", columns=COLUMNS)
    bind(placed, tmp_path, sink)
    found = warned(placed, warehouse, "cannot be changed here, so nothing was granted to it")
    assert len(found) == lacks
    for note in found:
        (statement, *_) = json.loads(note.partition("It has to allow: ")[2].partition(" [ack")[0])
        assert statement["Effect"] == "Allow"
        needed = "kinesis:GetRecords" if way == "streaming" else "s3:GetObject"
        assert needed in statement["Action"]


def firehose(stack: cdk.Stack, folder: Path, **known: Any) -> RedshiftWarehouse:  # noqa: ANN401
    secret = secretsmanager.Secret(stack, "Secret")
    warehouse = cluster(
        stack,
        secret=secret,
        db_user=None,
        publicly_accessible=True,
        endpoint="host.example",
        **known,
    )
    sink = RedshiftFirehoseSink(
        warehouse=warehouse, table="readings", acknowledge_public_access=True
    )
    bind(stack, folder, sink)
    return warehouse


def test_the_port_of_an_existing_warehouse(placed: cdk.Stack, tmp_path: Path) -> None:
    group = ec2.SecurityGroup.from_security_group_id(placed, "Group", "sg-0123456789abcdef0")
    warehouse = firehose(placed, tmp_path, port=5440, security_groups=[group])
    assert warned(placed, warehouse, "without security_groups") == []
    template = template_of(placed)
    stream = only(template, "AWS::KinesisFirehose::DeliveryStream")["Properties"]
    url = stream["RedshiftDestinationConfiguration"]["ClusterJDBCURL"]
    assert url == "jdbc:redshift://host.example:5440/dev"
    rule = only(template, "AWS::EC2::SecurityGroupIngress")["Properties"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("52.19.239.192/27", 5440, 5440)


def test_each_group_of_an_existing_warehouse_is_opened(placed: cdk.Stack, tmp_path: Path) -> None:
    groups = [
        ec2.SecurityGroup.from_security_group_id(placed, f"Group{n}", f"sg-{n:017}") for n in (1, 2)
    ]
    firehose(placed, tmp_path, security_groups=groups)
    assert len(of_type(template_of(placed), "AWS::EC2::SecurityGroupIngress")) == 2


def test_what_is_not_opened_is_said(placed: cdk.Stack, tmp_path: Path) -> None:
    warehouse = firehose(placed, tmp_path)
    (note,) = warned(placed, warehouse, "is imported without security_groups, so nothing is opened")
    assert "has to let 52.19.239.192/27 in on port 5439." in note


@pytest.mark.parametrize("endpoint", ["host:5439", "https://host", "host/dev"])
def test_fails_when_the_endpoint_is_more_than_a_host(placed: cdk.Stack, endpoint: str) -> None:
    with pytest.raises(ValueError, match=rf"endpoint is '{endpoint}'; allowed: the host alone"):
        cluster(placed, endpoint=endpoint)


def test_brokers_that_are_not_opened_are_said(placed: cdk.Stack) -> None:
    warehouse = cluster(placed, enhanced_vpc_routing=True)
    kafka = MskCluster(placed, "Kafka", vpc=ec2.Vpc(placed, "Vpc", nat_gateways=0))
    open_brokers(kafka, warehouse, KafkaMode.IAM)
    assert len(warned(placed, warehouse, "so the brokers are not opened for it")) == 1
