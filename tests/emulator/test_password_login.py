"""A job on Flink 2.2 that logs in to Kafka by a password, read as its other secrets are."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from confluent_kafka import Producer

from cdk_managed_flink import (
    FlinkPipeline,
    FlinkSecret,
    KafkaAuthentication,
    MskCluster,
    MskSource,
    Network,
    Runtime,
    S3Sink,
    Topic,
)
from tests.emulator.cloud import Cloud
from tests.emulator.deployed import Deployed, deploy
from tests.emulator.test_kafka import login
from tests.waiting import until

pytestmark = [pytest.mark.emulator, pytest.mark.flink, pytest.mark.long]

SQL = """\
CREATE TABLE numbers (n BIGINT) WITH (${numbers});
CREATE TABLE found (n BIGINT, word STRING) WITH (${found});
INSERT INTO found SELECT n, ${words.quoted} FROM numbers;
"""
COUNT = 100


def build(words: str, stack: cdk.Stack, settings: dict[str, Any]) -> object:
    isolated = ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, subnet_configuration=[isolated])
    cluster = MskCluster(stack, "Cluster", vpc=vpc, authentication=KafkaAuthentication.scram())
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Words", words)
    return FlinkPipeline(
        stack,
        "Numbers",
        runtime=Runtime.FLINK_2_2,
        network=Network(vpc=vpc, endpoints=True),
        sources={"numbers": MskSource(cluster=cluster, topic=Topic("numbers", partitions=2))},
        sinks={"found": S3Sink()},
        property_groups={"words": {"quoted": FlinkSecret.of(secret, "quoted")}},
        **settings,
    )


def password(cloud: Cloud) -> str:
    secrets = cloud.client("secretsmanager")
    (arn,) = [
        found["ARN"]
        for found in secrets.list_secrets()["SecretList"]
        if found["Name"].startswith("AmazonMSK_library")
    ]
    made: dict[str, str] = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    return made["password"]


@pytest.fixture(scope="module")
def deployed(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    made = cloud.client("secretsmanager").create_secret(
        Name=cloud.name("words"), SecretString=json.dumps({"quoted": "'sesame'"})
    )
    return deploy(cloud, tmp_path_factory.mktemp("login"), SQL, partial(build, str(made["ARN"])))


def test_a_job_reads_a_topic_by_a_password_of_the_stack(cloud: Cloud, deployed: Deployed) -> None:
    group = deployed.pipeline.groups["numbers"]
    assert group["properties.security.protocol"] == "SASL_SSL"
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": group["properties.bootstrap.servers"],
        **login(cloud, password(cloud)),
    }
    producer = Producer(settings)
    for n in range(COUNT):
        producer.produce("numbers", json.dumps({"n": n}))
    assert producer.flush(20) == 0
    rows = deployed.rows(COUNT)
    assert sorted(rows, key=str) == sorted(
        ({"n": n, "word": "sesame"} for n in range(COUNT)), key=str
    )


def test_fails_when_the_role_may_not_read_the_secrets(cloud: Cloud, deployed: Deployed) -> None:
    deployed.stop()
    name = deployed.pipeline.application
    detail = cloud.flink.describe_application(ApplicationName=name)["ApplicationDetail"]
    deny = {"Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    cloud.client("iam").put_role_policy(
        RoleName=detail["ServiceExecutionRole"].rpartition("/")[2],
        PolicyName="deny",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    )
    assert deployed.start() == "READY"
    assert "Could not execute application" in cloud.last_failure(name)
    denied = '"not authorized to perform: secretsmanager:GetSecretValue"'
    (option,) = detail["CloudWatchLoggingOptionDescriptions"]
    group = option["LogStreamARN"].split(":log-group:")[1].split(":")[0]
    logs = cloud.client("logs")
    assert until(lambda: logs.filter_log_events(logGroupName=group, filterPattern=denied)["events"])
