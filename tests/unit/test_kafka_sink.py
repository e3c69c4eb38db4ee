"""MskSink: its options, its transactions and their rights, on each kind of cluster."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from configurations import Build, app, of_type, only, template_of
from policies import rights

from cdk_managed_flink import (
    Checkpointing,
    FlinkApplication,
    KafkaAuthentication,
    MskCluster,
    MskSink,
    MskSource,
    Runtime,
    SelfManagedKafkaCluster,
    Topic,
    WatchKind,
)
from cdk_managed_flink.dead_letters.dead_letter import DeadLetterSink
from tests.unit.kafka_clusters import (
    ARN,
    KINDS,
    Packaged,
    application_in,
    cluster_of,
    existing,
    vpc_of,
)

START = "arn:aws:kafka:eu-west-1:123456789012"
WRITE = {
    "kafka-cluster:Connect",
    "kafka-cluster:WriteDataIdempotently",
    "kafka-cluster:DescribeTopic",
    "kafka-cluster:WriteData",
}
TRANSACT = {"kafka-cluster:DescribeTransactionalId", "kafka-cluster:AlterTransactionalId"}
DELIVERY = ("sink.", "properties.transaction")


@pytest.fixture
def inside(stack: cdk.Stack) -> FlinkApplication:
    return application_in(stack)


def options(application: FlinkApplication, sink: MskSink) -> dict[str, Any]:
    stack = cdk.Stack.of(application)
    return dict(stack.resolve(dict(application.bind(stack, "alerts", sink).properties)))


def delivery(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key.startswith(DELIVERY)}


def test_the_options_under_iam(stack: cdk.Stack, inside: FlinkApplication) -> None:
    found = options(inside, MskSink(cluster=existing(stack), topic="alerts"))
    assert found.pop("properties.bootstrap.servers")["Fn::GetAtt"][1] == "Brokers"
    assert found == {
        "connector": "kafka",
        "topic": "alerts",
        "properties.security.protocol": "SASL_SSL",
        "properties.sasl.mechanism": "AWS_MSK_IAM",
        "properties.sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "properties.sasl.client.callback.handler.class": (
            "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
        ),
        "sink.delivery-guarantee": "exactly-once",
        "sink.transactional-id-prefix": f"{inside.application_name}-alerts",
        "properties.transaction.timeout.ms": "900000",
        "format": "json",
    }


def test_at_least_once_has_no_transactions(stack: cdk.Stack, inside: FlinkApplication) -> None:
    found = options(inside, MskSink(cluster=existing(stack), topic="a", exactly_once=False))
    assert delivery(found) == {"sink.delivery-guarantee": "at-least-once"}


def test_transactions_keep_their_names_when_the_table_is_renamed(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    found = options(inside, MskSink(cluster=existing(stack), topic="a", resource_id="before"))
    assert found["sink.transactional-id-prefix"] == f"{inside.application_name}-before"


def test_keys_are_written_where_columns_are_named(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    found = options(
        inside,
        MskSink(cluster=existing(stack), topic="a", format="avro", key_fields=["shop", "id"]),
    )
    assert (found["key.format"], found["key.fields"]) == ("avro", "shop;id")
    assert found["format"] == "avro"
    assert "value.format" not in found


def test_an_upsert_takes_its_key_from_the_ddl(stack: cdk.Stack, inside: FlinkApplication) -> None:
    sink = MskSink(cluster=existing(stack), topic="a", upsert=True, key_format="csv")
    found = options(inside, sink)
    assert found["connector"] == "upsert-kafka"
    assert (found["key.format"], found["value.format"]) == ("csv", "json")
    assert not {"format", "key.fields"} & set(found)
    assert found["sink.delivery-guarantee"] == "exactly-once"


def test_further_options_win_over_the_defaults(stack: cdk.Stack, inside: FlinkApplication) -> None:
    further = {"sink.partitioner": "fixed", "properties.linger.ms": "5"}
    sink = MskSink(cluster=existing(stack), topic="a", table_options=further)
    assert options(inside, sink).items() >= further.items()


@pytest.mark.parametrize("exactly_once", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_role_has_exactly_what_a_writer_calls(
    stack: cdk.Stack, kind: str, exactly_once: bool
) -> None:
    sink = MskSink(cluster=cluster_of(kind, stack), topic="alerts", exactly_once=exactly_once)
    options(application_in(stack), sink)
    services = ("kafka", "secretsmanager", "kms")
    found = {
        action for action in rights(template_of(stack), "InVpcRole") if action.startswith(services)
    }
    if kind in ("iam", "serverless", "existing"):
        assert found == (WRITE | TRANSACT if exactly_once else WRITE)
    elif kind == "scram":
        assert found == {"secretsmanager:GetSecretValue", "kms:Decrypt"}
    else:
        assert found == {"secretsmanager:GetSecretValue"}


def test_rights_name_exactly_the_topic_and_its_own_transactions(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    options(inside, MskSink(cluster=existing(stack), topic="alerts"))
    found = rights(template_of(stack), "InVpcRole")
    transactions = f"{START}:transactional-id/theirs/1234-5/{inside.application_name}-alerts-*"
    assert {action: found[action] for action in sorted(WRITE | TRANSACT)} == {
        "kafka-cluster:AlterTransactionalId": {transactions},
        "kafka-cluster:Connect": {ARN},
        "kafka-cluster:DescribeTopic": {f"{START}:topic/theirs/1234-5/alerts"},
        "kafka-cluster:DescribeTransactionalId": {transactions},
        "kafka-cluster:WriteData": {f"{START}:topic/theirs/1234-5/alerts"},
        "kafka-cluster:WriteDataIdempotently": {ARN},
    }


def test_the_topic_is_made_once_for_writer_and_reader(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    cluster = MskCluster(stack, "Kafka", vpc=vpc_of(stack))
    topic = Topic("alerts", partitions=3)
    writer = inside.bind(stack, "alerts", MskSink(cluster=cluster, topic=topic))
    second = application_in(stack, "Second")
    reader = second.bind(stack, "again", MskSource(cluster=cluster, topic=topic))
    (made,) = of_type(template_of(stack), "AWS::MSK::Topic").values()
    assert made["Properties"]["PartitionCount"] == 3
    assert writer.prerequisites[-1] is reader.prerequisites[-1]


def test_one_of_several_ways_to_authenticate_is_chosen(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    scram = KafkaAuthentication.scram()
    cluster = MskCluster(
        stack, "Kafka", vpc=vpc_of(stack), authentication=[KafkaAuthentication.iam(), scram]
    )
    sink = MskSink(cluster=cluster, topic="a", authentication=scram)
    found = options(inside, sink)
    assert found["properties.sasl.mechanism"] == "SCRAM-SHA-512"
    assert "AmazonMSK" not in json.dumps(found)  # a reference, neither name nor password
    (lookup,) = of_type(template_of(stack), "Custom::FlinkBootstrapBrokers").values()
    assert lookup["Properties"]["Authentication"] == "SCRAM"
    artifacts = [connector.artifact for connector in sink.connectors(Runtime.FLINK_2_2)]
    assert "aws-msk-iam-auth" not in artifacts
    assert "secret-reader" in artifacts


def test_partitions_without_a_leader_are_watched(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    (watch,) = inside.bind(stack, "a", MskSink(cluster=existing(stack), topic="a")).watches
    assert (watch.metric_name, watch.kind) == ("OfflinePartitionsCount", WatchKind.ERRORS)
    assert watch.dimensions == {"Cluster Name": "theirs"}


@pytest.mark.parametrize("kind", ["serverless", "elsewhere"])
def test_what_has_no_broker_metrics_is_not_watched(stack: cdk.Stack, kind: str) -> None:
    sink = MskSink(cluster=cluster_of(kind, stack), topic="a")
    assert application_in(stack).bind(stack, "a", sink).watches == []


@pytest.mark.parametrize(
    ("kind", "brokers"), [("iam", ["1", "2"]), ("serverless", [None]), ("elsewhere", [])]
)
def test_what_reaches_the_topic_is_counted(
    stack: cdk.Stack, kind: str, brokers: list[str | None]
) -> None:
    cluster = cluster_of(kind, stack)
    volume_metrics = (
        application_in(stack).bind(stack, "a", MskSink(cluster=cluster, topic="a")).volume_metrics
    )
    assert [watch.dimensions.get("Broker ID") for watch in volume_metrics] == brokers
    assert len({watch.id for watch in volume_metrics}) == len(volume_metrics)
    for watch in volume_metrics:
        assert watch.metric_name == "BytesInPerSec"
        assert watch.dimensions["Topic"] == "a"
        assert watch.dimensions["Cluster Name"] == cluster.cluster_name


def test_dead_letters_in_a_topic_have_their_alarms(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    sink = DeadLetterSink(MskSink(cluster=cluster_of("iam", stack), topic="rejected"))
    build(scope=stack, code=Packaged(), sources={}, sinks={"rejected": sink})
    alarms = of_type(template_of(stack), "AWS::CloudWatch::Alarm").values()
    found = [alarm["Properties"] for alarm in alarms if "BytesInPerSec" in json.dumps(alarm)]
    assert len(found) == 2
    assert all(alarm["EvaluationPeriods"] == 1 and alarm["Threshold"] == 0 for alarm in found)


def test_fails_when_nothing_counts_dead_letters(stack: cdk.Stack, inside: FlinkApplication) -> None:
    sink = DeadLetterSink(MskSink(cluster=existing(stack), topic="rejected"))
    with pytest.raises(ValueError, match="a sink whose service counts what is written"):
        inside.bind(stack, "rejected", sink)


def test_a_longer_transaction_where_the_brokers_allow_it(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    settings = {"transaction.max.timeout.ms": "3600000"}
    cluster = MskCluster(stack, "Kafka", vpc=vpc_of(stack), configuration=settings)
    sink = MskSink(cluster=cluster, topic="a", transaction_timeout=cdk.Duration.hours(1))
    assert options(inside, sink)["properties.transaction.timeout.ms"] == "3600000"


def test_fails_when_the_brokers_refuse_so_long_a_transaction(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    hour = cdk.Duration.hours(1)
    sink = MskSink(cluster=existing(stack), topic="a", transaction_timeout=hour)
    with pytest.raises(
        ValueError,
        match=r"transaction_timeout is '1 hour'; allowed: at most 900,000 ms, as the brokers are "
        r"set\. If the brokers' .* import the cluster with longest_transaction=",
    ):
        options(inside, sink)
    new = MskCluster(stack, "New", vpc=vpc_of(stack))
    with pytest.raises(ValueError, match=r"Raise it in MskCluster\(configuration="):
        options(inside, MskSink(cluster=new, topic="b", transaction_timeout=hour))


def test_an_existing_cluster_may_allow_a_longer_transaction(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    hour = cdk.Duration.hours(1)
    ours = MskCluster.from_cluster_arn(
        stack,
        "Ours",
        ARN,
        vpc=vpc_of(stack),
        security_groups=[],
        longest_transaction=hour,
    )
    elsewhere = SelfManagedKafkaCluster(
        stack,
        "Elsewhere",
        "b:9094",
        authentication=KafkaAuthentication.none(),
        longest_transaction=hour,
    )
    for name, cluster in (("a", ours), ("b", elsewhere)):
        sink = MskSink(cluster=cluster, topic="a", transaction_timeout=hour)
        found = inside.bind(stack, name, sink).properties
        assert found["properties.transaction.timeout.ms"] == "3600000"


def test_fails_when_the_key_is_one_text(stack: cdk.Stack) -> None:
    with pytest.raises(
        ValueError, match=r"key_fields is 'id'; allowed: a list\. Use key_fields=\["
    ):
        MskSink(cluster=existing(stack), topic="a", key_fields="id")


def test_fails_when_no_transaction_outlives_a_checkpoint(stack: cdk.Stack) -> None:
    checkpoints = Checkpointing(interval=cdk.Duration.minutes(5))
    application = application_in(stack, checkpointing=checkpoints)
    five = cdk.Duration.minutes(5)
    sink = MskSink(cluster=existing(stack), topic="a", transaction_timeout=five)
    with pytest.raises(ValueError, match="longer than the checkpoints' interval of 300,000 ms"):
        options(application, sink)


def test_fails_when_nothing_commits_the_transactions(stack: cdk.Stack) -> None:
    application = application_in(stack, checkpointing=Checkpointing(enabled=False))
    with pytest.raises(ValueError, match=r"'transactions without checkpoints'.*exactly_once=False"):
        options(application, MskSink(cluster=existing(stack), topic="a"))
    cluster = existing(stack, "Another")
    options(application, MskSink(cluster=cluster, topic="a", exactly_once=False))


def test_fails_when_there_are_no_transactions_to_time_out(stack: cdk.Stack) -> None:
    with pytest.raises(
        ValueError, match=r"transaction_timeout is '1 minute', which cannot be comb"
    ):
        MskSink(
            cluster=existing(stack),
            topic="a",
            exactly_once=False,
            transaction_timeout=cdk.Duration.minutes(1),
        )


def test_fails_when_an_upsert_is_given_key_fields(stack: cdk.Stack) -> None:
    with pytest.raises(
        ValueError, match=r"key_fields is \['id'\], which cannot be combined with upsert"
    ):
        MskSink(cluster=existing(stack), topic="a", upsert=True, key_fields=["id"])


@pytest.mark.parametrize("topic", ["", "..", "a b", "x" * 250])
def test_fails_when_kafka_refuses_the_topics_name(stack: cdk.Stack, topic: str) -> None:
    with pytest.raises(ValueError, match=r"^MskSink: topic is .*; allowed: 1 to 249 of the charac"):
        MskSink(cluster=existing(stack), topic=topic)


def test_fails_when_a_new_topics_setting_stands_beside_an_existing_one(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"removal_policy is .*An existing topic is never changed"):
        MskSink(cluster=existing(stack), topic="a", removal_policy=cdk.RemovalPolicy.RETAIN)


def test_fails_when_the_application_is_in_no_vpc(
    stack: cdk.Stack, application: FlinkApplication
) -> None:
    with pytest.raises(ValueError, match=r"network is None; allowed: Network\(vpc=\.\.\.\)"):
        options(application, MskSink(cluster=existing(stack), topic="a"))


def test_a_topic_is_kept_unless_two_keys_say_otherwise(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    sink = MskSink(
        cluster=existing(stack), topic=Topic("a"), removal_policy=cdk.RemovalPolicy.DESTROY
    )
    options(inside, sink)
    assert only(template_of(stack), "AWS::MSK::Topic")["DeletionPolicy"] == "RetainExceptOnCreate"


def test_tokens_pass(stack: cdk.Stack, inside: FlinkApplication, text: str, number: float) -> None:
    sink = MskSink(
        cluster=existing(stack),
        topic=text,
        format=text,
        transaction_timeout=cdk.Duration.millis(number),
    )
    found = options(inside, sink)
    assert found["topic"] == {"Ref": "Text"}
    assert found["properties.transaction.timeout.ms"] == {"Ref": "Number"}
