"""Clusters that stay when their stack goes, and those of another account or Region."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import app, of_type, only, template_of

from cdk_managed_flink import (
    KafkaAuthentication,
    KafkaCluster,
    MskCluster,
    MskServerlessCluster,
    MskSink,
    MskSource,
    Runtime,
    Topic,
)
from tests.unit.kafka_clusters import ARN, application_in, vpc_of

ABROAD = ARN.replace("eu-west-1", "us-east-1")
FOREIGN = ARN.replace("123456789012", "210987654321")


@pytest.fixture
def here() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(app(), "Stack", env=env)


def imported(stack: cdk.Stack, arn: str, **more: Any) -> KafkaCluster:  # noqa: ANN401
    return MskCluster.from_cluster_arn(
        stack, "Kafka", arn, **{"vpc": vpc_of(stack), "security_groups": [], **more}
    )


def kept(stack: cdk.Stack, type_: str) -> dict[str, str]:
    return {
        name: resource.get("DeletionPolicy", "Delete")
        for name, resource in of_type(template_of(stack), type_).items()
        if name.startswith("Kafka")
    }


def test_what_a_kept_cluster_cannot_do_without_is_kept(stack: cdk.Stack) -> None:
    vpc = vpc_of(cdk.Stack(cdk.App.of(stack), "Network"))
    MskCluster(stack, "Kafka", vpc=vpc, authentication=KafkaAuthentication.scram())
    MskServerlessCluster(stack, "KafkaLess", vpc=vpc)
    for type_, number in (
        ("AWS::EC2::SecurityGroup", 2),
        ("AWS::MSK::BatchScramSecret", 1),
        ("AWS::MSK::Cluster", 1),
        ("AWS::MSK::Configuration", 1),
        ("AWS::MSK::ServerlessCluster", 1),
    ):
        assert list(kept(stack, type_).values()) == ["RetainExceptOnCreate"] * number, type_


def test_a_clusters_group_does_not_keep_the_vpc_of_its_stack(stack: cdk.Stack) -> None:
    MskServerlessCluster(stack, "Kafka", vpc=vpc_of(stack))
    assert set(kept(stack, "AWS::EC2::SecurityGroup").values()) == {"Delete"}


def test_what_goes_with_its_cluster_goes(stack: cdk.Stack) -> None:
    stack.node.set_context("cdk-managed-flink:allowDataDeletion", True)
    MskCluster(
        stack,
        "Kafka",
        vpc=vpc_of(stack),
        authentication=KafkaAuthentication.scram(),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    for type_ in ("AWS::EC2::SecurityGroup", "AWS::MSK::Configuration", "AWS::MSK::Cluster"):
        assert set(kept(stack, type_).values()) == {"Delete"}, type_


def test_a_secret_that_a_source_brings_is_joined_to_the_cluster(stack: cdk.Stack) -> None:
    scram = KafkaAuthentication.scram()
    cluster = MskCluster(stack, "Kafka", vpc=vpc_of(stack), authentication=scram)
    secret = secretsmanager.Secret(
        stack, "Reader", secret_name="AmazonMSK_reader", encryption_key=kms.Key(stack, "Key")
    )
    login = KafkaAuthentication.scram(secret)
    source = MskSource(cluster=cluster, topic="a", authentication=login)
    sink = MskSink(cluster=cluster, topic="b", authentication=login)
    connectors = [*source.connectors(Runtime.FLINK_1_20), *sink.connectors(Runtime.FLINK_1_20)]
    application = application_in(stack, connectors=connectors)
    binding = application.bind(stack, "a", source)
    application.bind(stack, "b", sink)
    association = only(template_of(stack), "AWS::MSK::BatchScramSecret")["Properties"]
    _, joined = association["SecretArnList"]
    assert joined == stack.resolve(secret.secret_arn)
    assert [
        needed.node.path for needed in binding.prerequisites if "Users" in needed.node.path
    ] == ["Stack/Kafka/Users/Resource"]


def test_fails_when_the_brokers_of_another_region_would_be_looked_up(here: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"cluster_arn is .*us-east-1.*; .*or bootstrap_servers="):
        imported(here, ABROAD)


@pytest.mark.parametrize(
    ("arn", "more"), [(ABROAD, {"bootstrap_servers": "b-1:9098"}), (FOREIGN, {})]
)
def test_a_cluster_elsewhere_is_not_watched_and_gets_no_topics(
    here: cdk.Stack, arn: str, more: dict[str, str]
) -> None:
    cluster = imported(here, arn, broker_count=2, **more)
    application = application_in(here)
    source = application.bind(here, "a", MskSource(cluster=cluster, topic="a"))
    sink = application.bind(here, "b", MskSink(cluster=cluster, topic="b"))
    assert [*source.watches, *sink.watches, *sink.volume_metrics] == []
    (note,) = (entry for entry in cluster.node.metadata if entry.type == "aws:cdk:info")
    assert "where its metrics are" in str(note.data)
    with pytest.raises(ValueError, match="creates topics in its own account and Region only"):
        cluster.add_topic(Topic("a"))


@pytest.mark.parametrize("place", [None, "here"])
def test_a_cluster_that_is_here_or_may_be_is_watched(place: str | None) -> None:
    env = cdk.Environment(account="123456789012", region="eu-west-1") if place else None
    stack = cdk.Stack(app(), "Stack", env=env)
    cluster = imported(stack, ARN)
    binding = application_in(stack).bind(stack, "a", MskSource(cluster=cluster, topic="a"))
    assert [watch.id for watch in binding.watches] == ["TimeLag"]


def test_fails_when_an_existing_cluster_is_asked_for_what_msk_does_not_have(
    stack: cdk.Stack,
) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    for authentication, shown in (
        (KafkaAuthentication.plain(secret), "PLAIN"),
        (KafkaAuthentication.scram(secret, mechanism="SCRAM-SHA-256"), "SCRAM-SHA-256"),
    ):
        with pytest.raises(ValueError, match=rf"authentication is '{shown}'; .*MSK has no other"):
            MskCluster.from_cluster_arn(
                stack,
                shown,
                ARN,
                vpc=vpc_of(stack),
                security_groups=[],
                authentication=authentication,
            )


def test_fails_when_a_topics_setting_is_no_text() -> None:
    with pytest.raises(ValueError, match=r"^Topic: configs\['a'\] is 2; allowed: text\. Use \"2\""):
        Topic("a", configs={"a": 2})  # type: ignore[dict-item]


def test_fails_when_an_authority_is_one_text(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    with pytest.raises(ValueError, match=r"certificate_authorities is 'arn:.*; allowed: a list"):
        KafkaAuthentication.mtls(secret, certificate_authorities="arn:aws:acm-pca:x")
