"""Clusters: what is made of each kind, and what is refused."""

import base64
import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_msk as msk
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import of_type, only, template_of

from cdk_managed_flink import (
    BrokerStorage,
    KafkaAuthentication,
    KafkaMode,
    KafkaMonitoring,
    MskCluster,
    MskServerlessCluster,
    SelfManagedKafkaCluster,
    Topic,
)

ARN = "arn:aws:kafka:eu-west-1:123456789012:cluster/theirs/1234-5"


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)


@pytest.fixture
def secret(stack: cdk.Stack) -> secretsmanager.ISecret:
    return secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "SecretKey"))


def cluster(stack: cdk.Stack) -> dict[str, Any]:
    return dict(only(template_of(stack), "AWS::MSK::Cluster")["Properties"])


def warnings(construct: cdk.Stack | MskCluster) -> list[str]:
    return [
        str(entry.data)
        for child in construct.node.find_all()
        for entry in child.node.metadata
        if entry.type == "aws:cdk:warning"
    ]


def test_a_new_cluster_is_closed_encrypted_and_logged(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = MskCluster(stack, "Kafka", vpc=vpc)
    found = cluster(stack)
    assert found["KafkaVersion"] == "3.9.x.kraft"
    assert found["NumberOfBrokerNodes"] == 2 == made.broker_count
    assert found["EncryptionInfo"]["EncryptionInTransit"] == {
        "ClientBroker": "TLS",
        "InCluster": True,
    }
    key = found["EncryptionInfo"]["EncryptionAtRest"]["DataVolumeKMSKeyId"]["Fn::GetAtt"][0]
    template = template_of(stack)
    assert template["Resources"][key]["Properties"]["EnableKeyRotation"] is True
    assert found["ClientAuthentication"] == {
        "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": False}},
        "Tls": {"Enabled": False},
        "Unauthenticated": {"Enabled": False},
    }
    logs = found["LoggingInfo"]["BrokerLogs"]["CloudWatchLogs"]
    assert logs["Enabled"] is True
    assert template["Resources"][logs["LogGroup"]["Ref"]]["Properties"]["KmsKeyId"]
    assert found["EnhancedMonitoring"] == "DEFAULT"
    assert only(template, "AWS::MSK::Cluster")["DeletionPolicy"] == "RetainExceptOnCreate"
    group = only(template, "AWS::EC2::SecurityGroup")["Properties"]
    assert "SecurityGroupIngress" not in group


def test_topics_are_not_made_by_a_misspelt_name_and_no_record_is_given_up(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    MskCluster(stack, "Kafka", vpc=vpc, configuration={"num.partitions": "3"})
    configuration = only(template_of(stack), "AWS::MSK::Configuration")["Properties"]
    assert configuration["ServerProperties"].split("\n") == [
        "auto.create.topics.enable=false",
        "default.replication.factor=2",
        "min.insync.replicas=1",
        "num.partitions=3",
        "unclean.leader.election.enable=false",
    ]
    assert configuration["Name"] == cluster(stack)["ClusterName"]


def test_the_name_is_a_literal_that_differs_by_path(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    first = MskCluster(stack, "Kafka", vpc=vpc)
    second = MskCluster(stack, "K" * 80, vpc=vpc)
    for made in (first, second):
        assert made.cluster_name is not None
        assert not cdk.Token.is_unresolved(made.cluster_name)
        assert len(made.cluster_name) <= 64
    assert first.cluster_name != second.cluster_name


def test_everything_of_a_cluster_can_be_chosen(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Brokers", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            ec2.SubnetConfiguration(name="Other", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        ],
    )
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    MskCluster(
        stack,
        "Kafka",
        vpc=vpc,
        subnets=ec2.SubnetSelection(subnet_group_name="Other"),
        kafka_version="3.8.x",
        instance_type="kafka.m5.large",
        brokers_per_zone=2,
        storage=BrokerStorage(gib=500, max_gib=None),
        encryption_key=kms.Key(stack, "Mine"),
        monitoring=KafkaMonitoring.PER_BROKER,
        security_group=group,
        cluster_name="payments",
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    found = cluster(stack)
    nodes = found["BrokerNodeGroupInfo"]
    assert found["NumberOfBrokerNodes"] == 4
    assert [subnet["Ref"].startswith("VpcOther") for subnet in nodes["ClientSubnets"]] == [True] * 2
    assert nodes["InstanceType"] == "kafka.m5.large"
    assert nodes["StorageInfo"] == {"EBSStorageInfo": {"VolumeSize": 500}}
    assert nodes["SecurityGroups"] == [stack.resolve(group.security_group_id)]
    assert found["ClusterName"] == "payments"
    assert found["EnhancedMonitoring"] == "PER_BROKER"
    template = template_of(stack)
    assert not of_type(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert len(of_type(template, "AWS::KMS::Key")) == 1


def test_storage_grows_and_never_shrinks(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    MskCluster(stack, "Kafka", vpc=vpc, storage=BrokerStorage(gib=50, max_gib=200, target=70))
    template = template_of(stack)
    target = only(template, "AWS::ApplicationAutoScaling::ScalableTarget")["Properties"]
    assert target["MaxCapacity"] == 200
    assert target["ScalableDimension"] == "kafka:broker-storage:VolumeSize"
    assert "RoleARN" not in target  # the service's own role
    policy = only(template, "AWS::ApplicationAutoScaling::ScalingPolicy")["Properties"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "DisableScaleIn": True,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "KafkaBrokerStorageUtilization"},
        "TargetValue": 70,
    }


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"gib": 0}, "gib is 0; allowed: 1 to 16,384"),
        ({"gib": 100, "max_gib": 50}, "max_gib is 50; allowed: 100 to 16,384"),
        ({"target": 90}, "target is 90; allowed: 10 to 80"),
    ],
)
def test_fails_when_storage_is_out_of_range(settings: Any, shown: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=shown):
        BrokerStorage(**settings)


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"kafka_version": "2.8.1"}, "kafka_version is '2.8.1'; allowed: 3.6.0 or later"),
        ({"kafka_version": "newest"}, "kafka_version is 'newest'"),
        ({"instance_type": "m5.large"}, "instance_type is 'm5.large'; allowed: a standard"),
        ({"instance_type": "express.m7g.large"}, "Express brokers elsewhere"),
        ({"brokers_per_zone": 0}, "brokers_per_zone is 0; allowed: a literal of 1 or more"),
        ({"cluster_name": "my cluster"}, "cluster_name is 'my cluster'; allowed: a literal of 1"),
        ({"cluster_name": "-x"}, "cluster_name is '-x'"),
        (
            {"configuration": {"num.partitions": 3}},
            r"configuration\['num\.partitions'\] is 3; allowed: text\. Use \"3\"",
        ),
        ({"authentication": []}, r"authentication is \[\]; allowed: one or several"),
        (
            {"authentication": [KafkaAuthentication.iam(), KafkaAuthentication.iam()]},
            r"authentication is \['IAM', 'IAM'\]",
        ),
    ],
)
def test_fails_when_msk_would_refuse_it(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    settings: Any,  # noqa: ANN401
    shown: str,
) -> None:
    with pytest.raises(ValueError, match=rf"^Stack/Kafka: .*{shown}"):
        MskCluster(stack, "Kafka", vpc=vpc, **settings)


def test_fails_when_the_vpc_has_one_zone(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
    with pytest.raises(ValueError, match=r"subnets is 'subnets of 1 zone'; allowed: subnets in 2"):
        MskCluster(stack, "Kafka", vpc=vpc)


def test_scram_makes_a_user_with_a_name_and_a_key_that_msk_takes(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    made = MskCluster(
        stack,
        "Kafka",
        vpc=vpc,
        authentication=[KafkaAuthentication.iam(), KafkaAuthentication.scram()],
    )
    reporting = made.add_user("reporting")
    assert made.add_user("reporting") is reporting
    template = template_of(stack)
    secrets = of_type(template, "AWS::SecretsManager::Secret")
    assert len(secrets) == 2
    for found in secrets.values():
        assert found["Properties"]["Name"].startswith("AmazonMSK_")
        assert found["Properties"]["KmsKeyId"] == stack.resolve(made.encryption_key.key_arn)
        assert found["DeletionPolicy"] == "RetainExceptOnCreate"
    association = only(template, "AWS::MSK::BatchScramSecret")["Properties"]
    assert association["SecretArnList"] == [{"Ref": name} for name in secrets]
    assert cluster(stack)["ClientAuthentication"]["Sasl"]["Scram"] == {"Enabled": True}


def test_scram_joins_a_secret_that_exists(
    stack: cdk.Stack, vpc: ec2.Vpc, secret: secretsmanager.ISecret
) -> None:
    MskCluster(stack, "Kafka", vpc=vpc, authentication=KafkaAuthentication.scram(secret))
    template = template_of(stack)
    association = only(template, "AWS::MSK::BatchScramSecret")["Properties"]
    assert association["SecretArnList"] == [stack.resolve(secret.secret_arn)]
    assert len(of_type(template, "AWS::SecretsManager::Secret")) == 1


def test_fails_when_a_user_is_added_without_scram(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = MskCluster(stack, "Kafka", vpc=vpc)
    with pytest.raises(ValueError, match=r"authentication is 'IAM'; allowed: SCRAM among them"):
        made.add_user("reporting")


def test_fails_when_a_users_name_is_not_legal(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    scram = KafkaAuthentication.scram()
    made = MskCluster(stack, "Kafka", vpc=vpc, authentication=scram)
    with pytest.raises(ValueError, match=r"user is 'a b'; allowed: 1 to 64 of the characters"):
        made.add_user("a b")


def test_mtls_names_whom_the_brokers_trust(
    stack: cdk.Stack, vpc: ec2.Vpc, secret: secretsmanager.ISecret
) -> None:
    authority = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/1"
    MskCluster(
        stack,
        "Kafka",
        vpc=vpc,
        authentication=KafkaAuthentication.mtls(secret, certificate_authorities=[authority]),
    )
    assert cluster(stack)["ClientAuthentication"]["Tls"] == {
        "Enabled": True,
        "CertificateAuthorityArnList": [authority],
    }


def test_fails_when_nobody_signs_client_certificates(
    stack: cdk.Stack, vpc: ec2.Vpc, secret: secretsmanager.ISecret
) -> None:
    with pytest.raises(ValueError, match=r"'MTLS without an authority'.*certificate_authorities="):
        MskCluster(stack, "Kafka", vpc=vpc, authentication=KafkaAuthentication.mtls(secret))


def test_fails_when_msk_is_asked_for_sasl_plain(
    stack: cdk.Stack, vpc: ec2.Vpc, secret: secretsmanager.ISecret
) -> None:
    with pytest.raises(ValueError, match=r"'PLAIN'; allowed: IAM, SCRAM-SHA-512, MTLS or none"):
        MskCluster(stack, "Kafka", vpc=vpc, authentication=KafkaAuthentication.plain(secret))


def test_plain_text_has_to_be_said_and_is_warned_of(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = MskCluster(
        stack,
        "Kafka",
        vpc=vpc,
        authentication=[KafkaAuthentication.iam(), KafkaAuthentication.none(encrypted=False)],
    )
    found = cluster(stack)
    assert found["EncryptionInfo"]["EncryptionInTransit"]["ClientBroker"] == "TLS_PLAINTEXT"
    assert found["ClientAuthentication"]["Unauthenticated"] == {"Enabled": True}
    (warning,) = warnings(made)
    assert "plain text" in warning


def test_none_is_still_encrypted(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    MskCluster(stack, "Kafka", vpc=vpc, authentication=KafkaAuthentication.none())
    found = cluster(stack)
    assert found["EncryptionInfo"]["EncryptionInTransit"]["ClientBroker"] == "TLS"
    assert found["ClientAuthentication"]["Unauthenticated"] == {"Enabled": True}


def test_deleting_a_cluster_takes_two_keys(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    MskCluster(stack, "Kafka", vpc=vpc, removal_policy=cdk.RemovalPolicy.DESTROY)
    made = only(template_of(stack), "AWS::MSK::Cluster")
    assert made["DeletionPolicy"] == "RetainExceptOnCreate"


def test_a_serverless_cluster(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = MskServerlessCluster(stack, "Kafka", vpc=vpc)
    found = only(template_of(stack), "AWS::MSK::ServerlessCluster")
    assert found["Properties"]["ClientAuthentication"] == {"Sasl": {"Iam": {"Enabled": True}}}
    (where,) = found["Properties"]["VpcConfigs"]
    assert len(where["SubnetIds"]) == 2
    assert found["DeletionPolicy"] == "RetainExceptOnCreate"
    assert made.cluster_name == found["Properties"]["ClusterName"]


def test_fails_when_serverless_is_asked_for_scram(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    with pytest.raises(
        ValueError,
        match=r"^Stack/Kafka: authentication is 'SCRAM'; allowed: IAM, the only way to authenticate"
        r" to MSK Serverless\. Use KafkaAuthentication\.iam\(\), or a provisioned MskCluster",
    ):
        MskServerlessCluster(stack, "Kafka", vpc=vpc, authentication=KafkaAuthentication.scram())


@pytest.mark.parametrize("arn", [ARN, f"{ARN[:-2]}-s1"])
def test_fails_when_an_existing_serverless_cluster_is_asked_for_scram(
    stack: cdk.Stack, vpc: ec2.Vpc, secret: secretsmanager.ISecret, arn: str
) -> None:
    with pytest.raises(ValueError, match="IAM, the only way"):
        MskCluster.from_cluster_arn(
            stack,
            "Kafka",
            arn,
            vpc=vpc,
            security_groups=[],
            authentication=KafkaAuthentication.scram(secret),
            serverless=arn == ARN,
        )


def test_arns_of_an_existing_cluster(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    found = MskCluster.from_cluster_arn(stack, "Kafka", ARN, vpc=vpc, security_groups=[])
    assert found.cluster_name == "theirs"
    start = "arn:aws:kafka:eu-west-1:123456789012"
    assert found.resource_arn("topic", "a") == f"{start}:topic/theirs/1234-5/a"
    assert found.resource_arn("group", "g") == f"{start}:group/theirs/1234-5/g"
    unknown = MskCluster.from_cluster_arn(
        stack,
        "Unknown",
        cdk.CfnParameter(stack, "Arn").value_as_string,
        vpc=vpc,
        security_groups=[],
    )
    assert stack.resolve(unknown.cluster_name) == {
        "Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Arn"}]}]
    }
    _, parts = stack.resolve(unknown.resource_arn("topic", "a"))["Fn::Join"]
    assert parts[-3:] == ["/", {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "Arn"}]}]}, "/a"]


@pytest.mark.parametrize(
    ("arn", "settings", "shown"),
    [
        ("arn:aws:kafka:eu-west-1:1:topic/a/b/c", {}, "cluster_arn is 'arn:aws:kafka:.*topic"),
        (ARN, {"vpc": None}, "vpc is None; allowed: the VPC of the cluster. MSK is reached inside"),
        (ARN, {"bootstrap_servers": "b-1"}, "bootstrap_servers is 'b-1'; allowed: host:port"),
        (
            ARN,
            {
                "bootstrap_servers": "b-1:9098",
                "authentication": [KafkaAuthentication.iam(), KafkaAuthentication.none()],
            },
            "given for 2 authentications",
        ),
    ],
)
def test_fails_when_an_existing_cluster_is_not_described(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    arn: str,
    settings: Any,  # noqa: ANN401
    shown: str,
) -> None:
    with pytest.raises(ValueError, match=shown):
        MskCluster.from_cluster_arn(
            stack, "Kafka", arn, **{"vpc": vpc, "security_groups": [], **settings}
        )


def test_brokers_are_looked_up_once_for_each_mode(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = MskCluster(
        stack,
        "Kafka",
        vpc=vpc,
        authentication=[KafkaAuthentication.iam(), KafkaAuthentication.scram()],
    )
    first = made.bootstrap_servers(KafkaMode.IAM)
    assert made.bootstrap_servers(KafkaMode.IAM) == first
    assert made.bootstrap_servers(KafkaMode.SCRAM) != first
    lookups = of_type(template_of(stack), "Custom::FlinkBootstrapBrokers")
    assert [lookup["Properties"]["Authentication"] for lookup in lookups.values()] == [
        "IAM",
        "SCRAM",
    ]
    assert {json.dumps(lookup["Properties"]["ClusterArn"]) for lookup in lookups.values()} == {
        json.dumps(stack.resolve(made.cluster_arn))
    }


def test_brokers_that_are_given_are_not_looked_up(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    found = MskCluster.from_cluster_arn(
        stack, "Kafka", ARN, vpc=vpc, security_groups=[], bootstrap_servers="b-1:9098,b-2:9098"
    )
    assert found.bootstrap_servers(KafkaMode.IAM) == "b-1:9098,b-2:9098"
    assert not of_type(template_of(stack), "Custom::FlinkBootstrapBrokers")


def test_fails_when_a_self_managed_cluster_is_asked_for_iam(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"'IAM'; allowed: SCRAM.*from_cluster_arn\(\.\.\., boot"):
        SelfManagedKafkaCluster(
            stack, "Kafka", "b-1:9098", authentication=KafkaAuthentication.iam()
        )


@pytest.mark.parametrize("servers", ["", "b-1", "b-1:9092, b-2:9092", "kafka://b-1:9092"])
def test_fails_when_brokers_are_malformed(stack: cdk.Stack, servers: str) -> None:
    with pytest.raises(ValueError, match=r"bootstrap_servers is .*; allowed: host:port, with com"):
        SelfManagedKafkaCluster(stack, "Kafka", servers, authentication=KafkaAuthentication.none())


def test_fails_when_a_secret_is_missing(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    found = MskCluster.from_cluster_arn(
        stack,
        "Kafka",
        ARN,
        vpc=vpc,
        security_groups=[],
        authentication=KafkaAuthentication.scram(),
    )
    with pytest.raises(ValueError, match=r"'SCRAM without a secret'.*KafkaAuthentication\.scram\("):
        found.authentication(None)


def test_fails_when_the_cluster_does_not_have_the_authentication(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    made = MskCluster(stack, "Kafka", vpc=vpc)
    with pytest.raises(ValueError, match=r"authentication is 'TLS'; allowed: IAM\. Use one that"):
        made.authentication(KafkaAuthentication.none())


def test_fails_when_a_mechanism_is_not_scram() -> None:
    with pytest.raises(ValueError, match=r"mechanism is 'PLAIN'; allowed: SCRAM-SHA-512 or SCRAM-"):
        KafkaAuthentication.scram(mechanism="PLAIN")


def options(authentication: KafkaAuthentication, stack: cdk.Stack) -> dict[str, Any]:
    return dict(stack.resolve(authentication.options()))


def test_options_of_each_authentication(
    stack: cdk.Stack,
) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_x-abcdef"
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Theirs", arn)
    start = "properties.security.protocol"
    assert options(KafkaAuthentication.iam(), stack) == {
        start: "SASL_SSL",
        "properties.sasl.mechanism": "AWS_MSK_IAM",
        "properties.sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "properties.sasl.client.callback.handler.class": (
            "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
        ),
    }
    assert options(KafkaAuthentication.scram(secret), stack) == {
        start: "SASL_SSL",
        "properties.sasl.mechanism": "SCRAM-SHA-512",
        "properties.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required "
            f'username="${{secret:{arn}:username}}" password="${{secret:{arn}:password}}";'
        ),
    }
    plain = options(KafkaAuthentication.plain(secret, username_field="key"), stack)
    assert plain["properties.sasl.mechanism"] == "PLAIN"
    assert plain["properties.sasl.jaas.config"].startswith(
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="${{secret:{arn}:key}}"'
    )
    assert options(KafkaAuthentication.mtls(secret, password_field="pass"), stack) == {
        start: "SSL",
        "properties.ssl.keystore.type": "PEM",
        "properties.ssl.keystore.certificate.chain": f"secret:{arn}:certificate",
        "properties.ssl.keystore.key": f"secret:{arn}:private_key",
        "properties.ssl.key.password": f"secret:{arn}:pass",
    }
    assert options(KafkaAuthentication.none(), stack) == {start: "SSL"}
    assert options(KafkaAuthentication.none(encrypted=False), stack) == {start: "PLAINTEXT"}


@pytest.mark.parametrize(
    ("mode", "port"),
    [("IAM", 9098), ("SCRAM", 9096), ("MTLS", 9094), ("TLS", 9094), ("PLAINTEXT", 9092)],
)
def test_each_mode_has_its_port(mode: str, port: int) -> None:
    assert KafkaMode(mode).port == port


def test_a_topic_is_made_with_its_settings_and_kept(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = MskCluster(stack, "Kafka", vpc=vpc)
    topic = Topic(
        "alerts",
        partitions=12,
        retention=cdk.Duration.days(3),
        compacted=True,
        configs={"max.message.bytes": "2097152"},
    )
    found = made.add_topic(topic)
    assert made.add_topic(topic) is found
    resource = only(template_of(stack), "AWS::MSK::Topic")
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    configs = json.loads(base64.b64decode(resource["Properties"].pop("Configs")))
    assert configs == {
        "cleanup.policy": "compact",
        "max.message.bytes": "2097152",
        "retention.ms": "259200000",
    }
    assert resource["Properties"] == {
        "ClusterArn": stack.resolve(made.cluster_arn),
        "TopicName": "alerts",
        "PartitionCount": 12,
        "ReplicationFactor": 2,
    }


def test_a_topic_without_settings_has_the_clusters(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    MskCluster(stack, "Kafka", vpc=vpc).add_topic(Topic("a", replication_factor=1))
    properties = only(template_of(stack), "AWS::MSK::Topic")["Properties"]
    assert "Configs" not in properties
    assert (properties["PartitionCount"], properties["ReplicationFactor"]) == (6, 1)


def test_settings_that_are_not_known_yet_are_encoded_in_the_deploy(
    stack: cdk.Stack, vpc: ec2.Vpc, text: str, number: float
) -> None:
    topic = Topic(
        text,
        retention=cdk.Duration.millis(number),
        partitions=number,  # type: ignore[arg-type]
        configs={"max.message.bytes": text},
    )
    MskCluster(stack, "Kafka", vpc=vpc).add_topic(topic, id="Alerts")
    properties = only(template_of(stack), "AWS::MSK::Topic")["Properties"]
    assert properties["PartitionCount"] == {"Ref": "Number"}
    assert "Fn::Base64" in properties["Configs"]
    shown = json.dumps(properties["Configs"])
    assert '{"Ref": "Text"}' in shown
    assert '{"Ref": "Number"}' in shown


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "é", "x" * 250])
def test_fails_when_kafka_refuses_a_topics_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"^Topic: topic is .*; allowed: 1 to 249 of the charact"):
        Topic(name)


@pytest.mark.parametrize("setting", [{"partitions": 0}, {"replication_factor": 0}])
def test_fails_when_a_topic_has_none(setting: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match="is 0; allowed: 1 or more"):
        Topic("a", **setting)


def test_fails_when_two_topics_have_one_name(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = MskCluster(stack, "Kafka", vpc=vpc)
    made.add_topic(Topic("alerts"))
    with pytest.raises(ValueError, match=r"Stack/Kafka/Topics/alerts makes it\. Use the same"):
        made.add_topic(Topic("alerts"), id="Again")


def test_names_that_kafkas_metrics_cannot_tell_apart_are_warned_of(
    stack: cdk.Stack, vpc: ec2.Vpc
) -> None:
    made = MskCluster(stack, "Kafka", vpc=vpc)
    for name in ("a.b", "a-b", "a_b"):
        made.add_topic(Topic(name))
    (warning,) = warnings(made)
    assert "'a.b' and 'a_b'" in warning


def test_fails_when_a_topic_is_to_be_made_where_nobody_can(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    serverless = MskServerlessCluster(stack, "Serverless", vpc=vpc)
    with pytest.raises(
        ValueError, match=r"provisioned MSK clusters only\. Create it with.*use topic='alerts'"
    ):
        serverless.add_topic(Topic("alerts"))
    elsewhere = SelfManagedKafkaCluster(
        stack, "Elsewhere", "b:9092", authentication=KafkaAuthentication.none(encrypted=False)
    )
    with pytest.raises(ValueError, match=r"reaches the brokers of MSK only\. Create it with"):
        elsewhere.add_topic(Topic("alerts"))


def test_fails_when_rights_on_another_kafka_are_asked_for(stack: cdk.Stack) -> None:
    elsewhere = SelfManagedKafkaCluster(
        stack, "Kafka", "b:9094", authentication=KafkaAuthentication.none()
    )
    with pytest.raises(ValueError, match="ARN of a topic is 'a'; allowed: an MSK cluster"):
        elsewhere.resource_arn("topic", "a")


def test_the_escape_hatches(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = MskCluster(stack, "Kafka", vpc=vpc)
    assert isinstance(made.node.default_child, msk.CfnCluster)
    assert made.resource is made.node.default_child
    assert made.add_topic(Topic("a")).node.default_child is not None
