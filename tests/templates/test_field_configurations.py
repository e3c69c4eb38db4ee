"""Configurations that others run, rebuilt as the shortest code that a user would write.

Each says what is better than where it came from. R10, with Iceberg, is among the sink's own tests.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from authorization import surprises
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import app, of_type, only, template_of

from cdk_managed_flink import (
    Checkpointing,
    Code,
    FlinkCode,
    FlinkPipeline,
    FlinkSecret,
    KafkaAuthentication,
    KinesisSource,
    MetricsLevel,
    Monitoring,
    MskServerlessCluster,
    MskSink,
    MskSource,
    Network,
    Parallelism,
    RestoreFrom,
    Runtime,
    S3Sink,
    SelfManagedKafkaCluster,
)
from tests.unit.jars import write_jar

pytestmark = pytest.mark.slow


MINUTE = cdk.Duration.minutes(1)


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(app(), "Stack")


@pytest.fixture
def jar(tmp_path: Path) -> Code:
    """A job in Java, built elsewhere."""
    return FlinkCode.from_jar(write_jar(tmp_path / "job.jar"), check_connectors=False)


def python(folder: Path, entry: str = "main.py") -> Path:
    path = folder / entry
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("from managed_flink_job import sql\n", encoding="utf-8")
    return folder


def application(template: dict[str, Any]) -> dict[str, Any]:
    return dict(only(template, "AWS::KinesisAnalyticsV2::Application")["Properties"])


def settings(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = application(template)["ApplicationConfiguration"]
    return {**found, **found["FlinkApplicationConfiguration"]}


def groups(template: dict[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = settings(template)["EnvironmentProperties"]["PropertyGroups"]
    return {group["PropertyGroupId"]: group["PropertyMap"] for group in found}


def test_streaming_etl_from_kinesis_into_parquet(stack: cdk.Stack, jar: Code) -> None:
    """Better: a runtime that lives, a key by content, snapshots on, encrypted, alarmed."""
    FlinkPipeline(
        stack,
        "Etl",
        code=jar,
        sources={"trips": KinesisSource(shards=16)},
        sinks={"lake": S3Sink(format="parquet")},
        parallelism=Parallelism(parallelism=2),
        checkpointing=Checkpointing(interval=MINUTE, min_pause=MINUTE),
        monitoring=Monitoring(metrics_level=MetricsLevel.TASK),
        property_groups={"FlinkApplicationProperties": {"region": "eu-west-1", "trips": 3}},
    )
    template = template_of(stack)
    found = settings(template)
    assert found["CheckpointConfiguration"]["MinPauseBetweenCheckpoints"] == 60_000
    assert found["MonitoringConfiguration"]["MetricsLevel"] == "TASK"
    assert found["ApplicationSnapshotConfiguration"] == {"SnapshotsEnabled": True}
    assert "kinesis.analytics.flink.run.options" not in groups(template)
    assert groups(template)["FlinkApplicationProperties"]["trips"] == "3"
    (rule,) = only(template, "AWS::S3::Bucket")["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 30
    assert surprises(template) == []


def test_python_with_the_groups_of_the_sample(stack: cdk.Stack, tmp_path: Path) -> None:
    """Better: no hash that is smuggled into a group, no jar to put into the zip by hand."""
    FlinkPipeline(
        stack,
        "Sample",
        code=FlinkCode.from_python(python(tmp_path)),
        sources={"input": KinesisSource(shards=3)},
        sinks={"output": S3Sink()},
        property_groups={
            "consumer.config.0": {"flink.stream.initpos": "LATEST"},
            "sink.config.0": {"output.interval": 5},
        },
    )
    found = groups(template_of(stack))
    assert found["kinesis.analytics.flink.run.options"]["python"] == "job/main.py"
    assert found["kinesis.analytics.flink.run.options"]["jarfile"].endswith(".jar")
    assert "meta" not in found


def test_hosted_kafka_with_an_api_key_into_a_raw_zone(stack: cdk.Stack, tmp_path: Path) -> None:
    """Better: the secret is read when the job starts, and nobody can describe it."""
    key = secretsmanager.Secret.from_secret_complete_arn(
        stack, "Key", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-abcdef"
    )
    kafka = SelfManagedKafkaCluster(
        stack,
        "Kafka",
        "pkc-1.eu-west-1.aws.example.com:9092",
        authentication=KafkaAuthentication.plain(
            key, username_field="key", password_field="secret"
        ),
    )
    zone = s3.Bucket.from_bucket_name(stack, "Zone", "raw-zone")
    FlinkPipeline(
        stack,
        "Energy",
        code=FlinkCode.from_python(python(tmp_path, "jobs/energy.py"), entry="jobs/energy.py"),
        runtime=Runtime.FLINK_1_19,
        sources={"meters": MskSource(cluster=kafka, topic="meters")},
        sinks={"raw": S3Sink(bucket=zone, prefix="raw/energy/", format="parquet")},
        checkpointing=Checkpointing(interval=MINUTE, min_pause=cdk.Duration.seconds(30)),
    )
    template = template_of(stack)
    found = groups(template)
    assert found["kinesis.analytics.flink.run.options"]["python"] == "job/jobs/energy.py"
    assert "${secret:" in str(found["meters"]["properties.sasl.jaas.config"])
    objects = [
        str(statement["Resource"])
        for policy in of_type(template, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "s3:PutObject" in statement["Action"]
    ]
    assert objects
    assert all("raw/energy/*" in resource for resource in objects)


def test_a_zip_in_a_bucket_scram_and_three_secrets(stack: cdk.Stack) -> None:
    """Better: the object's version is asked for; each secret is granted by itself."""
    vpc = ec2.Vpc(stack, "Vpc")
    secrets = {
        name: secretsmanager.Secret(stack, name) for name in ("Kafka", "SqlServer", "Postgres")
    }
    kafka = SelfManagedKafkaCluster(
        stack,
        "Cluster",
        "kafka.internal:9096",
        authentication=KafkaAuthentication.scram(secrets["Kafka"]),
        network=Network(vpc=vpc),
    )
    FlinkPipeline(
        stack,
        "Agriculture",
        code=FlinkCode.from_bucket(
            s3.Bucket.from_bucket_name(stack, "Code", "code"),
            "app.zip",
            "3sL4kqtJlcpXroDTDmJ",
            run_options={"python": "main.py", "jarfile": "lib/job.jar"},
        ),
        sources={"fields": MskSource(cluster=kafka, topic="fields")},
        sinks={"alerts": MskSink(cluster=kafka, topic="alerts")},
        property_groups={
            "sqlserver": {"host": "db", "password": FlinkSecret(secret=secrets["SqlServer"])},
            "postgres": {"host": "pg", "password": FlinkSecret(secret=secrets["Postgres"])},
        },
    )
    template = template_of(stack)
    content = settings(template)["ApplicationCodeConfiguration"]["CodeContent"]
    assert content["S3ContentLocation"]["ObjectVersion"] == "3sL4kqtJlcpXroDTDmJ"
    read = {
        str(resource)
        for policy in of_type(template, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
        for resource in (
            statement["Resource"]
            if isinstance(statement["Resource"], list)
            else [statement["Resource"]]
        )
    }
    assert len(read) == 3
    assert settings(template)["VpcConfigurations"]
    assert surprises(template) == []


def test_an_existing_stream_a_key_for_the_log_and_a_restore_that_is_chosen(
    stack: cdk.Stack, jar: Code
) -> None:
    """Better: the choice counts for one deploy, and never in its rollback."""
    arn = stack.format_arn(service="kinesis", resource="stream", resource_name="theirs")
    key = kms.Key(stack, "Key")
    FlinkPipeline(
        stack,
        "Lifecycle",
        code=jar,
        sources={"input": KinesisSource(stream=kinesis.Stream.from_stream_arn(stack, "In", arn))},
        sinks={"output": S3Sink()},
        state_key=key,
        restore_from=RestoreFrom.snapshot("before-the-migration"),
        property_groups={"OutputStream0": {"stream.name": "output"}},
    )
    template = template_of(stack)
    prove = only(template, "Custom::FlinkProve")["Properties"]
    assert prove["Restore"] == {"Type": "SNAPSHOT", "Snapshot": "before-the-migration"}
    of_the_job = [
        group
        for id_, group in of_type(template, "AWS::Logs::LogGroup").items()
        if "Application" in id_
    ]
    assert [str(group["Properties"]["KmsKeyId"]) for group in of_the_job] == [
        str({"Fn::GetAtt": [stack.get_logical_id(key.node.default_child), "Arn"]})  # type: ignore[arg-type]
    ]


def test_serverless_msk_in_two_private_subnets(stack: cdk.Stack, jar: Code) -> None:
    """Better: the one bootstrap string is looked up, and one port of the cluster is open."""
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    cluster = MskServerlessCluster(stack, "Cluster", vpc=vpc)
    FlinkPipeline(
        stack,
        "Iot",
        code=jar,
        sources={"devices": MskSource(cluster=cluster, topic="devices")},
        sinks={"alerts": MskSink(cluster=cluster, topic="alerts")},
        parallelism=Parallelism(parallelism=4, autoscaling=True),
    )
    template = template_of(stack)
    assert len(settings(template)["VpcConfigurations"][0]["SubnetIds"]) == 2
    ports = [
        rule["Properties"]["FromPort"]
        for rule in of_type(template, "AWS::EC2::SecurityGroupIngress").values()
    ]
    assert set(ports) == {9098}
    assert only(template, "Custom::FlinkBootstrapBrokers")["Properties"]["Authentication"] == "IAM"
    assert surprises(template) == []


def test_a_role_of_the_course_that_must_not_be_changed(stack: cdk.Stack, tmp_path: Path) -> None:
    """Better: what the role lacks is said at synth, not by the job's first AccessDenied."""
    lab = iam.Role.from_role_arn(
        stack, "Lab", "arn:aws:iam::123456789012:role/LabRole", mutable=False
    )
    FlinkPipeline(
        stack,
        "Lab2",
        code=FlinkCode.from_python(python(tmp_path, "top/main.py"), entry="top/main.py"),
        role=lab,
        sources={"input": KinesisSource(shards=1)},
        sinks={"output": S3Sink()},
        property_groups={"consumer.config.0": {"input.stream.name": "ExampleInputStream"}},
    )
    told = cdk.assertions.Annotations.from_stack(stack).find_warning(
        "*", cdk.assertions.Match.string_like_regexp("It has to allow: .*kinesis:GetRecords")
    )
    assert len(told) == 1
