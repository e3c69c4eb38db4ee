"""MskSource: its options, rights, rules and watches on each kind of cluster."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import Build, app, of_type, only, template_of
from policies import rights

from cdk_managed_flink import (
    FlinkApplication,
    FlinkPipeline,
    KafkaAuthentication,
    KafkaStart,
    MskCluster,
    MskServerlessCluster,
    MskSource,
    Network,
    Runtime,
    SelfManagedKafkaCluster,
    Topic,
    WatchKind,
)
from cdk_managed_flink.application.secret_value import FlinkSecret
from cdk_managed_flink.connectors.connectors import connector_for, format_artifacts, secret_reader
from tests.unit.kafka_clusters import (
    ARN,
    KEY,
    KINDS,
    SECRET,
    Packaged,
    application_in,
    cluster_of,
    elsewhere,
    existing,
    vpc_of,
)

START = "arn:aws:kafka:eu-west-1:123456789012"


@pytest.fixture
def inside(stack: cdk.Stack) -> FlinkApplication:
    return application_in(stack)


def options(application: FlinkApplication, source: MskSource) -> dict[str, Any]:
    stack = cdk.Stack.of(application)
    return dict(stack.resolve(dict(application.bind(stack, "clicks", source).properties)))


def pipeline(build: Build, kind: str, **more: Any) -> tuple[cdk.Stack, FlinkPipeline]:  # noqa: ANN401
    stack = cdk.Stack(app(), "Stack")
    source = MskSource(cluster=cluster_of(kind, stack), topic="clicks")
    changed = {"code": Packaged(), "sources": {"clicks": source}, "sinks": {}, **more}
    return stack, build(scope=stack, **changed)


def test_the_options_under_iam(stack: cdk.Stack, inside: FlinkApplication) -> None:
    found = options(inside, MskSource(cluster=existing(stack), topic=["clicks", "taps"]))
    assert found.pop("properties.bootstrap.servers")["Fn::GetAtt"][1] == "Brokers"
    assert found == {
        "connector": "kafka",
        "topic": "clicks;taps",
        "properties.security.protocol": "SASL_SSL",
        "properties.sasl.mechanism": "AWS_MSK_IAM",
        "properties.sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "properties.sasl.client.callback.handler.class": (
            "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
        ),
        "properties.group.id": f"{inside.application_name}-clicks",
        "properties.isolation.level": "read_committed",
        "scan.startup.mode": "earliest-offset",
        "format": "json",
    }


def test_the_options_of_a_kafka_elsewhere(stack: cdk.Stack) -> None:
    source = MskSource(cluster=elsewhere(stack), topic="clicks", group_id="ours", format="raw")
    connectors = source.connectors(Runtime.FLINK_1_20)
    application = application_in(stack, connectors=connectors)
    assert options(application, source) == {
        "connector": "kafka",
        "topic": "clicks",
        "properties.bootstrap.servers": "kafka-1:19096,kafka-2:19096",
        "properties.security.protocol": "SASL_SSL",
        "properties.sasl.mechanism": "SCRAM-SHA-512",
        "properties.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required "
            f'username="${{secret:{SECRET}:username}}" password="${{secret:{SECRET}:password}}";'
        ),
        "properties.group.id": "ours",
        "properties.isolation.level": "read_committed",
        "scan.startup.mode": "earliest-offset",
        "format": "raw",
    }


def test_keys_are_read_where_columns_are_named(stack: cdk.Stack, inside: FlinkApplication) -> None:
    source = MskSource(
        cluster=existing(stack), topic="clicks", key_fields=["shop", "id"], key_format="csv"
    )
    found = options(inside, source)
    assert (found["key.format"], found["key.fields"], found["format"]) == ("csv", "shop;id", "json")


def test_further_options_win_over_the_defaults(stack: cdk.Stack, inside: FlinkApplication) -> None:
    further = {
        "properties.isolation.level": "read_uncommitted",
        "properties.bootstrap.servers": "here:9092",
    }
    source = MskSource(cluster=existing(stack), topic="clicks", table_options=further)
    assert options(inside, source).items() >= further.items()


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (KafkaStart.latest(), {"scan.startup.mode": "latest-offset"}),
        (KafkaStart.group_offsets(), {"scan.startup.mode": "group-offsets"}),
        (
            KafkaStart.group_offsets(reset="latest"),
            {"scan.startup.mode": "group-offsets", "properties.auto.offset.reset": "latest"},
        ),
        (
            KafkaStart.at(datetime(2026, 5, 1, 2, tzinfo=timezone(timedelta(hours=2)))),
            {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "1777593600000"},
        ),
    ],
)
def test_each_start(
    stack: cdk.Stack, inside: FlinkApplication, start: KafkaStart, expected: dict[str, str]
) -> None:
    found = options(inside, MskSource(cluster=existing(stack), topic="clicks", start=start))
    names = ("scan.startup", "properties.auto")
    assert {key: value for key, value in found.items() if key.startswith(names)} == expected


def test_a_start_to_the_millisecond() -> None:
    start = KafkaStart.at(datetime(2026, 5, 1, 0, 0, 0, 123_000, tzinfo=UTC))
    assert start.options["scan.startup.timestamp-millis"] == "1777593600123"


def test_fails_when_a_start_has_no_time_zone() -> None:
    with pytest.raises(ValueError, match=r"^KafkaStart: timestamp is '2026-05-01T00:00:00'; allow"):
        KafkaStart.at(datetime(2026, 5, 1))


def test_fails_when_a_reset_is_not_known() -> None:
    with pytest.raises(ValueError, match=r"reset is 'oldest'; allowed: earliest or latest\."):
        KafkaStart.group_offsets(reset="oldest")


IAM = {
    "kafka-cluster:Connect": "cluster",
    "kafka-cluster:DescribeTopic": "topic",
    "kafka-cluster:ReadData": "topic",
    "kafka-cluster:DescribeGroup": "group",
    "kafka-cluster:AlterGroup": "group",
}
SECRETS = {"secretsmanager:GetSecretValue", "kms:Decrypt"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_role_has_exactly_what_a_reader_calls(build: Build, kind: str) -> None:
    stack, _ = pipeline(build, kind)
    services = ("kafka", "secretsmanager", "kms")
    found = {
        action: resources
        for action, resources in rights(template_of(stack), "ClicksApplicationRole").items()
        if action.startswith(services)
    }
    if kind in ("iam", "serverless", "existing"):
        assert set(found) == set(IAM)
        assert all(len(resources) == 1 for resources in found.values())
    else:
        # Of a secret that is imported by its ARN the key is not known.
        assert set(found) == (SECRETS if kind == "scram" else SECRETS - {"kms:Decrypt"})


def test_rights_name_exactly_the_topics_and_the_group(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    options(inside, MskSource(cluster=existing(stack), topic=["clicks", "taps"], group_id="ours"))
    found = rights(template_of(stack), "InVpcRole")
    topics = {f"{START}:topic/theirs/1234-5/clicks", f"{START}:topic/theirs/1234-5/taps"}
    group = {f"{START}:group/theirs/1234-5/ours"}
    assert {action: found[action] for action in IAM} == {
        "kafka-cluster:Connect": {ARN},
        "kafka-cluster:DescribeTopic": topics,
        "kafka-cluster:ReadData": topics,
        "kafka-cluster:DescribeGroup": group,
        "kafka-cluster:AlterGroup": group,
    }


def test_a_secret_is_read_with_its_key(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_attributes(
        stack,
        "User",
        secret_complete_arn=SECRET,
        encryption_key=kms.Key.from_key_arn(stack, "Key", KEY),
    )
    cluster = MskCluster.from_cluster_arn(
        stack,
        "Kafka",
        ARN,
        vpc=vpc_of(stack),
        security_groups=[],
        authentication=KafkaAuthentication.scram(secret),
    )
    source = MskSource(cluster=cluster, topic="clicks")
    connectors = source.connectors(Runtime.FLINK_1_20)
    application = application_in(stack, connectors=connectors)
    binding = application.bind(stack, "clicks", source)
    found = rights(template_of(stack), "InVpcRole")
    assert found["secretsmanager:GetSecretValue"] == {SECRET}
    assert found["kms:Decrypt"] == {KEY}
    assert not [action for action in found if action.startswith("kafka")]
    assert binding.service_endpoints == ["secretsmanager"]
    notes = [str(entry.data) for entry in application.node.metadata if "info" in entry.type]
    assert not [note for note in notes if "customer managed key" in note]


def test_notes_that_the_key_of_a_secret_is_not_known(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "User", SECRET)
    cluster = MskCluster.from_cluster_arn(
        stack,
        "Kafka",
        ARN,
        vpc=vpc_of(stack),
        security_groups=[],
        authentication=KafkaAuthentication.scram(secret),
    )
    source = MskSource(cluster=cluster, topic="clicks")
    application = application_in(stack, connectors=source.connectors(Runtime.FLINK_1_20))
    options(application, source)
    notes = [str(entry.data) for entry in application.node.metadata if "info" in entry.type]
    assert [note for note in notes if "encryption_key=" in note]
    assert [note for note in notes if "without its security groups" in note and "9096" in note]


def test_an_authority_of_ones_own_is_trusted(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Authority", SECRET)
    cluster = SelfManagedKafkaCluster(
        stack,
        "Kafka",
        "kafka:9094",
        authentication=KafkaAuthentication.none(),
        certificate_authority=FlinkSecret.of(secret),
    )
    source = MskSource(cluster=cluster, topic="clicks")
    connectors = source.connectors(Runtime.FLINK_1_20)
    application = FlinkApplication(stack, "Out", code=Packaged(), connectors=connectors)
    found = options(application, source)
    assert found["properties.ssl.truststore.type"] == "PEM"
    assert found["properties.ssl.truststore.certificates"] == f"secret:{SECRET}"
    assert rights(template_of(stack), "OutRole")["secretsmanager:GetSecretValue"] == {SECRET}


def test_the_login_by_iam_goes_with_the_plain_connector(stack: cdk.Stack) -> None:
    for runtime in (Runtime.FLINK_1_20, Runtime.FLINK_2_2):
        kafka = connector_for("kafka", runtime)
        assert "sql" not in kafka.artifact
        by_iam = MskSource(cluster=existing(stack, runtime.name), topic="clicks", format="avro")
        found = by_iam.connectors(runtime)
        assert found == [
            kafka,
            connector_for("msk-iam", runtime),
            *format_artifacts("avro", runtime),
        ]
    by_secret = MskSource(cluster=elsewhere(stack), topic="clicks")
    assert by_secret.connectors(Runtime.FLINK_1_20) == [
        connector_for("kafka", Runtime.FLINK_1_20),
        *secret_reader(Runtime.FLINK_1_20),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "ports"),
    [
        ("iam", [9098]),
        ("scram", [9096]),
        ("serverless", [9098]),
        ("existing", [9098]),
        ("elsewhere", [19096]),
    ],
)
def test_one_rule_at_the_right_port_and_no_warning(
    build: Build, kind: str, ports: list[int]
) -> None:
    stack, made = pipeline(build, kind)
    template = template_of(stack)
    rules = [
        rule["Properties"] for rule in of_type(template, "AWS::EC2::SecurityGroupIngress").values()
    ]
    assert [(rule["FromPort"], rule["ToPort"]) for rule in rules] == [(p, p) for p in ports]
    (group,) = made.application.connections.security_groups
    assert rules[0]["SourceSecurityGroupId"] == stack.resolve(group.security_group_id)
    if kind in ("existing", "elsewhere"):
        assert rules[0]["GroupId"] == "sg-0123456789abcdef0"
    assert not of_type(template, "AWS::EC2::SecurityGroupEgress")
    noted = [entry for child in stack.node.find_all() for entry in child.node.metadata]
    warnings = [str(entry.data) for entry in noted if entry.type == "aws:cdk:warning"]
    if kind == "serverless":  # of its topics, which nothing makes
        (warning,) = warnings
        assert "desired_state=DesiredState.STOPPED" in warning
    else:
        assert not warnings


@pytest.mark.slow
def test_a_serverless_cluster_of_another_stack_may_have_its_topics(build: Build) -> None:
    owner = app()
    made = cdk.Stack(owner, "Made")
    cluster = cluster_of("serverless", made)
    stack = cdk.Stack(owner, "Stack")
    build(scope=stack, sources={"clicks": MskSource(cluster=cluster, topic="clicks")})
    noted = [entry for child in stack.node.find_all() for entry in child.node.metadata]
    assert not [entry for entry in noted if entry.type == "aws:cdk:warning"]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"key_fields": "id"}, r"key_fields is 'id'; allowed: a list\. Use key_fields=\[\"id\"\]"),
        ({"topic": ["a", "b", "a"]}, r"topic is .*; allowed: each topic once\. List 'a' once"),
        ({"topic": [Topic("a"), "a"]}, "List 'a' once"),
        ({"start": KafkaStart.latest}, r"start is .*; allowed: a KafkaStart\. Call it: start="),
    ],
)
def test_fails_when_a_value_is_of_the_wrong_kind(
    stack: cdk.Stack,
    settings: Any,  # noqa: ANN401
    shown: str,
) -> None:
    with pytest.raises(ValueError, match=rf"^MskSource: .*{shown}"):
        MskSource(**{"cluster": existing(stack), "topic": "a", **settings})


def test_fails_when_the_format_is_none(stack: cdk.Stack) -> None:
    cluster = existing(stack)
    with pytest.raises(ValueError, match="format is None; allowed: a name or a Format"):
        MskSource(cluster=cluster, topic="a", format=None)  # type: ignore[arg-type]


def test_a_group_that_is_not_ours_to_change_gets_no_rule(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    options(inside, MskSource(cluster=existing(stack, mutable=False), topic="clicks"))
    assert not of_type(template_of(stack), "AWS::EC2::SecurityGroupIngress")


def test_a_group_that_lets_nothing_out_gets_its_own_rule(stack: cdk.Stack) -> None:
    vpc = vpc_of(stack)
    closed = ec2.SecurityGroup(stack, "Closed", vpc=vpc, allow_all_outbound=False)
    application = application_in(stack, network=Network(vpc=vpc, security_groups=[closed]))
    options(application, MskSource(cluster=existing(stack), topic="clicks"))
    rule = only(template_of(stack), "AWS::EC2::SecurityGroupEgress")["Properties"]
    assert rule["FromPort"] == 9098
    assert rule["GroupId"] == stack.resolve(closed.security_group_id)


@pytest.mark.slow
def test_the_rule_is_in_the_applications_stack(build: Build) -> None:
    owner = app()
    theirs, ours = cdk.Stack(owner, "Theirs"), cdk.Stack(owner, "Ours")
    source = MskSource(cluster=cluster_of("scram", theirs), topic=Topic("clicks"))
    build(scope=ours, code=Packaged(), sources={"clicks": source}, sinks={})
    assert (
        only(template_of(ours), "AWS::EC2::SecurityGroupIngress")["Properties"]["FromPort"] == 9096
    )
    assert not of_type(template_of(theirs), "AWS::EC2::SecurityGroupIngress")
    assert of_type(template_of(ours), "AWS::MSK::Topic")
    assert of_type(template_of(theirs), "Custom::FlinkBootstrapBrokers")


def test_a_source_and_a_sink_share_one_rule_and_one_lookup(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    cluster = existing(stack)
    for name in ("clicks", "taps"):
        inside.bind(stack, name, MskSource(cluster=cluster, topic=name))
    template = template_of(stack)
    assert len(of_type(template, "AWS::EC2::SecurityGroupIngress")) == 1
    assert len(of_type(template, "Custom::FlinkBootstrapBrokers")) == 1


@pytest.mark.slow
def test_the_applications_network_is_the_clusters(build: Build) -> None:
    stack, made = pipeline(build, "iam")
    network = made.application.network
    assert network is not None
    assert network.vpc.vpc_id == vpc_of(stack).vpc_id


def test_fails_when_the_application_is_in_no_vpc(
    stack: cdk.Stack, application: FlinkApplication
) -> None:
    with pytest.raises(ValueError, match=r"^Stack/App: network is None; allowed: Network\(vpc="):
        options(application, MskSource(cluster=existing(stack), topic="clicks"))


def test_fails_when_the_application_is_in_another_vpc(stack: cdk.Stack) -> None:
    other = Network(vpc=ec2.Vpc(stack, "Other", max_azs=2))
    application = FlinkApplication(stack, "App", code=Packaged(), network=other)
    with pytest.raises(
        ValueError, match=r"network is 'Stack/Other, while Stack/Kafka is in Stack/V"
    ):
        options(application, MskSource(cluster=existing(stack), topic="clicks"))


@pytest.mark.slow
def test_the_job_starts_after_rule_topic_and_user(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    cluster = MskCluster(
        stack, "Kafka", vpc=vpc_of(stack), authentication=KafkaAuthentication.scram()
    )
    source = MskSource(cluster=cluster, topic=Topic("clicks"))
    build(scope=stack, code=Packaged(), sources={"clicks": source}, sinks={})
    template = template_of(stack)
    prepare = next(
        resource
        for id_, resource in template["Resources"].items()
        if id_.startswith("ClicksLifecyclePrepare") and resource["Type"].startswith("Custom::")
    )
    for type_ in (
        "AWS::EC2::SecurityGroupIngress",
        "AWS::MSK::Topic",
        "AWS::MSK::BatchScramSecret",
    ):
        assert set(of_type(template, type_)) <= set(prepare["DependsOn"]), type_


@pytest.mark.slow
def test_a_topic_is_made_where_a_store_is_looked_for(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    cluster = MskCluster(stack, "Kafka", vpc=vpc_of(stack))
    source = MskSource(cluster=cluster, topic=Topic("a"))
    made = build(scope=stack, code=Packaged(), sources={"clicks": source}, sinks={})
    type_, name = made.application.stores["clicks"]
    assert type_ == "AWS::MSK::Topic"
    (topic,) = of_type(template_of(stack), "AWS::MSK::Topic")
    assert stack.resolve(name) == {"Ref": topic}


def test_of_several_topics_those_are_made_that_are_described(
    stack: cdk.Stack,
) -> None:
    cluster = MskCluster(stack, "Kafka", vpc=vpc_of(stack))
    source = MskSource(cluster=cluster, topic=[Topic("new"), "theirs"], resource_id="Input")
    application = application_in(stack)
    found = options(application, source)
    assert found["topic"] == "new;theirs"
    assert found["properties.group.id"] == f"{application.application_name}-Input"
    assert only(template_of(stack), "AWS::MSK::Topic")["Properties"]["TopicName"] == "new"
    assert stack.node.find_child("Input").node.find_child("new")


@pytest.mark.parametrize("kind", ["iam", "serverless", "existing"])
def test_the_lag_of_each_topic_is_watched(stack: cdk.Stack, kind: str) -> None:
    cluster = cluster_of(kind, stack)
    source = MskSource(cluster=cluster, topic=["clicks", "taps"], group_id="ours")
    watches = application_in(stack).bind(stack, "clicks", source).watches
    assert [watch.id for watch in watches] == ["TimeLag-clicks", "TimeLag-taps"]
    for watch, topic in zip(watches, ("clicks", "taps"), strict=True):
        assert (watch.namespace, watch.metric_name) == ("AWS/Kafka", "EstimatedMaxTimeLag")
        assert watch.kind is WatchKind.LAG
        assert watch.in_seconds
        assert watch.dimensions == {
            "Cluster Name": cluster.cluster_name,
            "Consumer Group": "ours",
            "Topic": topic,
        }


@pytest.mark.slow
def test_the_alarm_on_lag_is_in_seconds(build: Build) -> None:
    stack, _ = pipeline(build, "existing")
    (alarm,) = [
        alarm["Properties"]
        for alarm in of_type(template_of(stack), "AWS::CloudWatch::Alarm").values()
        if "EstimatedMaxTimeLag" in str(alarm)
    ]
    assert alarm["Threshold"] == 60


@pytest.mark.slow
def test_a_kafka_elsewhere_has_no_metrics(build: Build) -> None:
    stack, _ = pipeline(build, "elsewhere")
    assert "AWS/Kafka" not in str(of_type(template_of(stack), "AWS::CloudWatch::Alarm"))


def two(stack: cdk.Stack, first: MskSource, second: MskSource) -> None:
    application_in(stack, "One").bind(stack, "clicks", first)
    application_in(stack, "Two").bind(stack, "taps", second)


def test_fails_when_two_applications_share_a_consumer_group(stack: cdk.Stack) -> None:
    cluster = existing(stack)
    with pytest.raises(
        ValueError,
        match=r"^Stack/Two: group_id of 'taps' is 'ours'; allowed: a consumer group of its own; "
        r"Stack/One reads 'clicks' with this one\. Remove group_id= .* shared_group=True",
    ):
        two(
            stack,
            MskSource(cluster=cluster, topic="clicks", group_id="ours"),
            MskSource(cluster=cluster, topic="taps", group_id="ours"),
        )


def test_fails_when_they_share_it_through_two_imports_in_two_stacks() -> None:
    owner = app()
    stacks = [cdk.Stack(owner, name) for name in ("First", "Second")]
    sources = [MskSource(cluster=existing(s), topic="clicks", group_id="ours") for s in stacks]
    application_in(stacks[0]).bind(stacks[0], "clicks", sources[0])
    with pytest.raises(ValueError, match="First/InVpc reads 'clicks' with this one"):
        application_in(stacks[1]).bind(stacks[1], "clicks", sources[1])


def test_fails_when_only_one_says_that_it_is_shared(stack: cdk.Stack) -> None:
    cluster = existing(stack)
    with pytest.raises(ValueError, match="shared_group=True in both"):
        two(
            stack,
            MskSource(cluster=cluster, topic="clicks", group_id="ours", shared_group=True),
            MskSource(cluster=cluster, topic="taps", group_id="ours"),
        )


@pytest.mark.slow
def test_a_group_may_be_shared_on_purpose_or_on_two_clusters(stack: cdk.Stack) -> None:
    cluster = existing(stack)
    shared: dict[str, Any] = {"topic": "clicks", "group_id": "ours", "shared_group": True}
    two(stack, MskSource(cluster=cluster, **shared), MskSource(cluster=cluster, **shared))
    other = cdk.Stack(app(), "Other")
    for id_, kind in (("One", "existing"), ("Two", "serverless")):
        source = MskSource(
            cluster=cluster_of(kind, other)
            if kind == "existing"
            else MskServerlessCluster(other, "Second", vpc=vpc_of(other)),
            topic="clicks",
            group_id="ours",
        )
        application_in(other, id_).bind(other, f"t{id_}", source)


def test_two_tables_of_one_application_may_use_one_group(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    cluster = existing(stack)
    for name in ("clicks", "taps"):
        inside.bind(stack, name, MskSource(cluster=cluster, topic=name, group_id="ours"))


def test_the_default_groups_of_two_applications_differ(stack: cdk.Stack) -> None:
    cluster = existing(stack)
    two(
        stack,
        MskSource(cluster=cluster, topic="clicks"),
        MskSource(cluster=cluster, topic="clicks"),
    )


@pytest.mark.parametrize("group", ["", "a:b", "gruppe-ä", "x" * 250])
def test_fails_when_cloudwatch_would_show_no_lag(stack: cdk.Stack, group: str) -> None:
    with pytest.raises(ValueError, match=r"group_id is .*; allowed: 1 to 249 ASCII characters"):
        MskSource(cluster=existing(stack), topic="clicks", group_id=group)


@pytest.mark.parametrize("topic", ["", ".", "a b", ["clicks", "a/b"]])
def test_fails_when_kafka_refuses_the_topics_name(stack: cdk.Stack, topic: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=r"^MskSource: topic is .*; allowed: 1 to 249 of the char"):
        MskSource(cluster=existing(stack), topic=topic)


def test_fails_when_there_is_no_topic(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"topic is 'none'; allowed: one or several\. Use topic="):
        MskSource(cluster=existing(stack), topic=[])


def test_fails_when_a_new_topics_setting_stands_beside_an_existing_one(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"removal_policy is .*An existing topic is never changed"):
        MskSource(cluster=existing(stack), topic="clicks", removal_policy=cdk.RemovalPolicy.RETAIN)


def test_fails_when_a_topic_is_to_be_made_in_msk_serverless(
    stack: cdk.Stack, inside: FlinkApplication
) -> None:
    cluster = MskServerlessCluster(stack, "Kafka", vpc=vpc_of(stack))
    with pytest.raises(
        ValueError, match=r"topic is \"Topic\('clicks'\)\"; allowed: the name of an"
    ):
        options(inside, MskSource(cluster=cluster, topic=Topic("clicks")))


def test_tokens_pass(stack: cdk.Stack, inside: FlinkApplication, text: str) -> None:
    source = MskSource(
        cluster=existing(stack), topic=text, group_id=text, format=text, key_fields=[text]
    )
    found = options(inside, source)
    assert (found["topic"], found["properties.group.id"]) == ({"Ref": "Text"}, {"Ref": "Text"})


@pytest.mark.slow
def test_several_topics_whose_names_are_not_known_pass(build: Build) -> None:
    stack = cdk.Stack(app(), "Stack")
    text = cdk.CfnParameter(stack, "Text").value_as_string
    cluster = MskCluster(stack, "Kafka", vpc=vpc_of(stack))
    source = MskSource(cluster=cluster, topic=[Topic(text), "theirs"])
    build(scope=stack, code=Packaged(), sources={"clicks": source}, sinks={})
    template = template_of(stack)
    assert only(template, "AWS::MSK::Topic")["Properties"]["TopicName"] == {"Ref": "Text"}
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    assert len([alarm for alarm in alarms if "EstimatedMaxTimeLag" in str(alarm)]) == 2
