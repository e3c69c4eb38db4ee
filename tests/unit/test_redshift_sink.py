"""RedshiftSink: its three ways, what each grants, the SQL of each, and what is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from configurations import app, of_type, only, template_of
from constructs import Construct
from policies import granted, listed, statements, text, to_services

from cdk_managed_flink import (
    ApplicationBase,
    Binding,
    Connector,
    DeliveryBucket,
    FlinkApplication,
    FlinkCode,
    FlinkPipeline,
    KafkaAuthentication,
    KinesisSource,
    MskCluster,
    MskSink,
    RedshiftCopySink,
    RedshiftFirehoseSink,
    RedshiftProvisionedWarehouse,
    RedshiftServerlessWarehouse,
    RedshiftStreamingSink,
    RedshiftWarehouse,
    Runtime,
    S3Sink,
    Sink,
    Topic,
    WatchKind,
)
from cdk_managed_flink.redshift.sink import RedshiftSink

pytestmark = pytest.mark.slow


COLUMNS = {"sensor": "VARCHAR(64)", "value": "DOUBLE PRECISION"}
JOB = """
CREATE TABLE clicks (x STRING) WITH (${clicks});
CREATE TABLE readings (sensor STRING, `value` DOUBLE) WITH (${readings});
INSERT INTO readings SELECT x, 1.0 FROM clicks;
"""
INTEGRATIONS = "ArnLike aws:SourceArn=arn:aws:redshift:eu-west-1:123456789012:integration:*"
ACCOUNT = "StringEquals aws:SourceAccount=123456789012"


@dataclass(frozen=True, kw_only=True, eq=False)
class Stream(Sink[kinesis.IStream]):
    """A sink of the user's own that writes a Kinesis stream."""

    stream: kinesis.IStream | None = None
    encryption_key: kms.IKey | None = None
    format: str = "json"
    table_options: Mapping[str, str] = field(default_factory=dict)
    resource_id: str | None = None

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return []

    def bind(
        self, scope: Construct, application: ApplicationBase, name: str
    ) -> Binding[kinesis.IStream]:
        stream = self.stream or kinesis.Stream(
            scope,
            self.resource_id or name,
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=application.data_key,
        )
        return Binding(properties={"connector": "kinesis"}, resource=stream)


@pytest.fixture
def placed() -> cdk.Stack:
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(app(), "Stack", env=place)


@pytest.fixture
def vpc(placed: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(placed, "Vpc", nat_gateways=1)


@pytest.fixture
def warehouse(placed: cdk.Stack, vpc: ec2.Vpc) -> RedshiftServerlessWarehouse:
    return RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc)


@pytest.fixture
def public(placed: cdk.Stack, vpc: ec2.Vpc) -> RedshiftServerlessWarehouse:
    return RedshiftServerlessWarehouse(placed, "Public", vpc=vpc, publicly_accessible=True)


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    (tmp_path / "job.sql").write_text(JOB, encoding="utf-8")
    return tmp_path


def pipeline(
    stack: cdk.Stack,
    job: Path,
    sink: RedshiftSink,
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    FlinkPipeline(
        stack,
        "Job",
        code=FlinkCode.from_sql(job),
        sources={"clicks": KinesisSource()},
        sinks={"readings": sink},
        **more,
    )
    return template_of(stack)


def objects(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = only(template, "Custom::FlinkRedshiftSql")["Properties"]["Objects"]
    return {one["Id"]: one for one in found}


def data_key(template: dict[str, Any]) -> str:
    (key,) = [id_ for id_ in of_type(template, "AWS::KMS::Key") if id_.startswith("JobDataKey")]
    return f"<{key}>"


def to_load(template: dict[str, Any]) -> set[Any]:
    return granted(statements(template, "JobSinksreadingsRedshiftRole"))


def streaming(warehouse: RedshiftWarehouse, **more: Any) -> RedshiftSink:  # noqa: ANN401
    return RedshiftStreamingSink(
        **{
            "warehouse": warehouse,
            "table": "facts.readings",
            "columns": COLUMNS,
            **more,
        }
    )


def test_a_stream_is_read_by_a_role_with_exactly_these_rights(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    template = pipeline(placed, readings, streaming(warehouse))
    stream = next(id_ for id_ in of_type(template, "AWS::Kinesis::Stream") if "Sinks" in id_)
    arn = f"<{stream}>"
    assert to_load(template) == {
        *(
            (f"kinesis:{action}", arn, frozenset())
            for action in (
                "DescribeStream",
                "DescribeStreamSummary",
                "GetRecords",
                "GetShardIterator",
                "ListShards",
            )
        ),
        ("kinesis:ListStreams", "*", frozenset()),
        (
            "kms:Decrypt",
            data_key(template),
            frozenset(
                {
                    "StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
                    f"StringEquals kms:EncryptionContext:aws:kinesis:arn={arn}",
                }
            ),
        ),
    }


def test_the_sql_of_a_stream(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    template = pipeline(placed, readings, streaming(warehouse, readers=["analysts"]))
    found = objects(template)
    assert list(found) == ["Schema", "Stream", "Rows", "View"]
    role = next(id_ for id_ in of_type(template, "AWS::IAM::Role") if "RedshiftRole" in id_)
    stream = next(id_ for id_ in of_type(template, "AWS::Kinesis::Stream") if "Sinks" in id_)
    assert found["Schema"] == {"Id": "Schema", "Create": ['CREATE SCHEMA IF NOT EXISTS "facts"']}
    assert text(found["Stream"]["Create"][0]) == (
        'CREATE EXTERNAL SCHEMA IF NOT EXISTS "flink_facts_readings_$(Stream)" '
        f"FROM KINESIS IAM_ROLE '<{role}>'"
    )
    assert text(found["Rows"]["Create"][0]) == (
        'CREATE MATERIALIZED VIEW "facts"."readings_rows_$(Rows)" AUTO REFRESH YES AS '
        "SELECT approximate_arrival_timestamp AS arrived_at, shard_id, sequence_number, "
        "refresh_time, CASE WHEN CAN_JSON_PARSE(kinesis_data) THEN JSON_PARSE(kinesis_data) END "
        "AS payload, CASE WHEN NOT CAN_JSON_PARSE(kinesis_data) THEN kinesis_data END AS unparsed "
        f'FROM "flink_facts_readings_$(Stream)"."<{stream}>"'
    )
    assert found["View"]["Create"] == [
        'DROP VIEW IF EXISTS "facts"."readings"',
        'CREATE VIEW "facts"."readings" AS SELECT r.payload."sensor"::VARCHAR(64) AS "sensor", '
        'r.payload."value"::DOUBLE PRECISION AS "value", r.arrived_at AS "_arrived_at" '
        'FROM "facts"."readings_rows_$(Rows)" AS r WHERE r.payload IS NOT NULL '
        "WITH NO SCHEMA BINDING",
        'GRANT USAGE ON SCHEMA "facts" TO ROLE "analysts"',
        'GRANT SELECT ON "facts"."readings" TO ROLE "analysts"',
    ]
    assert {id_ for id_, one in found.items() if one.get("Keep") == "true"} == {
        "Stream",
        "Rows",
        "View",
    }


def test_a_new_stream_has_a_name_that_redshift_finds_and_its_delay_is_watched(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    sink = streaming(warehouse)
    template = pipeline(placed, readings, sink)
    stream = next(
        one for id_, one in of_type(template, "AWS::Kinesis::Stream").items() if "Sinks" in id_
    )
    assert stream["Properties"]["Name"] == stream["Properties"]["Name"].lower()
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    assert [id_ for id_ in alarms if "WarehouseDelay" in id_]


def test_an_existing_stream_keeps_its_name_and_has_other_readers(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/theirs"
    key = kms.Key(placed, "Key")
    through = Stream(
        stream=kinesis.Stream.from_stream_arn(placed, "Theirs", arn), encryption_key=key
    )
    template = pipeline(placed, readings, streaming(warehouse, through=through))
    rights = to_load(template)
    assert ("kinesis:GetRecords", arn, frozenset()) in rights
    assert [one for one in rights if one[0] == "kms:Decrypt"]
    assert text(objects(template)["Rows"]["Create"][0]).endswith('"."theirs"')
    assert "WarehouseDelay" not in str(list(of_type(template, "AWS::CloudWatch::Alarm")))


def test_the_binding_of_a_stream(application: FlinkApplication, stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    warehouse = RedshiftServerlessWarehouse(stack, "Warehouse", vpc=vpc)
    sink = streaming(warehouse, table_options={"sink.batch.max-size": "100"}, resource_id="kept")
    binding = application.bind(stack, "readings", sink)
    assert binding.properties["connector"] == "kinesis"
    assert binding.properties["sink.batch.max-size"] == "100"
    assert binding.resource is warehouse
    assert stack.node.try_find_child("kept") is not None
    assert binding.columns is not None
    assert list(binding.columns.names) == ["sensor", "value"]
    assert [watch.id for watch in binding.watches if watch.kind is WatchKind.DELAY] == [
        "WarehouseDelay"
    ]
    assert "kinesis-streams" in binding.service_endpoints
    assert application.stores["readings"][0] == "AWS::Kinesis::Stream"


@pytest.mark.parametrize("name", ["Theirs", "THEIRS"])
def test_fails_when_redshift_would_not_find_the_stream(
    application: FlinkApplication, stack: cdk.Stack, name: str
) -> None:
    arn = f"arn:aws:kinesis:eu-west-1:123456789012:stream/{name}"
    through = Stream(stream=kinesis.Stream.from_stream_arn(stack, "Imported", arn))
    warehouse = RedshiftServerlessWarehouse(
        stack, "Warehouse", vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0)
    )
    with pytest.raises(ValueError, match=rf"through is '{name}'; allowed: a stream or topic with"):
        application.bind(stack, "readings", streaming(warehouse, through=through))


def test_fails_when_cloudformation_names_an_existing_stream(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    through = Stream(stream=kinesis.Stream(stack, "Mine"))
    warehouse = RedshiftServerlessWarehouse(
        stack, "Warehouse", vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0)
    )
    with pytest.raises(ValueError, match=r"Stack/Mine, whose name CloudFormation makes'; allowed"):
        application.bind(stack, "readings", streaming(warehouse, through=through))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"columns": {}}, r"columns is \{\}; allowed: the columns of the view"),
        ({"columns": {"_arrived_at": "INT"}}, r"columns is '_arrived_at'; allowed: any other na"),
        ({"through": Stream(format="avro")}, r"through is 'Stream in avro'; allowed: rows in JSON"),
    ],
)
def test_fails_when_a_stream_cannot_be_read_as_columns(
    application: FlinkApplication,
    stack: cdk.Stack,
    changed: dict[str, Any],
    message: str,
) -> None:
    warehouse = RedshiftServerlessWarehouse(
        stack, "Warehouse", vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0)
    )
    with pytest.raises(ValueError, match=message):
        application.bind(stack, "readings", streaming(warehouse, **changed))


def test_a_topic_is_read_by_a_role_with_exactly_these_rights(
    placed: cdk.Stack, readings: Path, vpc: ec2.Vpc, warehouse: RedshiftServerlessWarehouse
) -> None:
    cluster = MskCluster(placed, "Kafka", vpc=vpc)
    through = MskSink(cluster=cluster, topic=Topic("readings"))
    template = pipeline(placed, readings, streaming(warehouse, through=through))
    resources: dict[str, str] = {action: arn for action, arn, _ in to_load(template)}
    assert set(resources) == {
        "kafka-cluster:AlterGroup",
        "kafka-cluster:Connect",
        "kafka-cluster:DescribeGroup",
        "kafka-cluster:DescribeTopic",
        "kafka-cluster:ReadData",
    }
    assert resources["kafka-cluster:ReadData"].endswith("/readings")
    assert ":topic/" in resources["kafka-cluster:ReadData"]
    assert resources["kafka-cluster:AlterGroup"].endswith("/*")
    found = objects(template)
    role = next(id_ for id_ in of_type(template, "AWS::IAM::Role") if "RedshiftRole" in id_)
    (brokers,) = of_type(template, "Custom::FlinkBootstrapBrokers")
    assert text(found["Stream"]["Create"][0]) == (
        'CREATE EXTERNAL SCHEMA IF NOT EXISTS "flink_facts_readings_$(Stream)" '
        f"FROM KAFKA IAM_ROLE '<{role}>' AUTHENTICATION IAM URI '<{brokers}>'"
    )
    assert text(found["Rows"]["Create"][0]).endswith('"."readings"')
    assert "kafka_timestamp AS arrived_at, kafka_partition, kafka_offset" in text(
        found["Rows"]["Create"][0]
    )
    rules = of_type(template, "AWS::EC2::SecurityGroupIngress").values()
    assert [
        rule["Properties"]["FromPort"]
        for rule in rules
        if "Warehouse" in text(rule["Properties"]["SourceSecurityGroupId"])
    ] == [9098]


def test_a_topic_without_authentication_takes_no_role(
    placed: cdk.Stack, readings: Path, vpc: ec2.Vpc, warehouse: RedshiftServerlessWarehouse
) -> None:
    cluster = MskCluster(placed, "Kafka", vpc=vpc, authentication=KafkaAuthentication.none())
    through = MskSink(cluster=cluster, topic=Topic("readings"))
    template = pipeline(placed, readings, streaming(warehouse, through=through))
    assert " FROM KAFKA AUTHENTICATION NONE URI '" in text(objects(template)["Stream"]["Create"][0])
    assert to_load(template) == set()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"topic": Topic("Readings")}, r"through is 'Readings'; allowed: a stream or topic with a"),
        ({"topic": Topic("r"), "upsert": True}, r"through is 'MskSink with upsert'; allowed: rows"),
        (
            {"topic": Topic("r"), "authentication": KafkaAuthentication.scram()},
            r"through is 'a cluster with SCRAM'; allowed: IAM, or no authentication",
        ),
    ],
)
def test_fails_when_redshift_cannot_read_a_topic(
    placed: cdk.Stack,
    vpc: ec2.Vpc,
    warehouse: RedshiftServerlessWarehouse,
    changed: dict[str, Any],
    message: str,
) -> None:
    both = [KafkaAuthentication.iam(), KafkaAuthentication.scram()]
    cluster = MskCluster(placed, "Kafka", vpc=vpc, authentication=both)
    with pytest.raises(ValueError, match=message):
        streaming(warehouse, through=MskSink(cluster=cluster, **changed))


def test_fails_when_a_topics_warehouse_does_not_route_through_its_vpc(
    placed: cdk.Stack, readings: Path, vpc: ec2.Vpc, public: RedshiftServerlessWarehouse
) -> None:
    through = MskSink(cluster=MskCluster(placed, "Kafka", vpc=vpc), topic=Topic("readings"))
    with pytest.raises(ValueError, match=r"Stack/Public, which has no enhanced VPC routing'; allo"):
        pipeline(placed, readings, streaming(public, through=through))


def copy(warehouse: RedshiftWarehouse, **more: Any) -> RedshiftSink:  # noqa: ANN401
    return RedshiftCopySink(
        **{"warehouse": warehouse, "table": "readings", "columns": COLUMNS, **more}
    )


def test_files_are_announced_and_read_by_exactly_these_rights(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    template = pipeline(placed, readings, copy(warehouse))
    (bucket,) = of_type(template, "AWS::S3::Bucket")
    assert to_load(template) == {
        ("s3:GetObject", f"<{bucket}>/*", frozenset()),
        ("s3:ListBucket", f"<{bucket}>", frozenset()),
        (
            "kms:Decrypt",
            data_key(template),
            frozenset({"StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com"}),
        ),
    }
    policy = only(template, "AWS::S3::BucketPolicy")["Properties"]["PolicyDocument"]
    assert to_services(policy) == {
        "redshift.amazonaws.com": {
            (f"s3:{action}", f"<{bucket}>", frozenset({ACCOUNT, INTEGRATIONS}))
            for action in ("GetBucketLocation", "GetBucketNotification", "PutBucketNotification")
        }
    }
    namespace = only(template, "AWS::RedshiftServerless::Namespace")["Properties"]
    inbound = namespace["NamespaceResourcePolicy"]["Statement"]
    assert [one["Action"] for one in inbound] == [
        "redshift:AuthorizeInboundIntegration",
        "redshift:CreateInboundIntegration",
    ]
    assert inbound[0]["Principal"] == {"Service": "redshift.amazonaws.com"}
    assert inbound[1]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    for one in inbound:
        equals = one["Condition"]["StringEquals"]
        assert [text(arn) for arn in equals["aws:SourceArn"]] == [f"<{bucket}>"]
        assert equals["aws:SourceAccount"] == "123456789012"
    made = only(template, "AWS::Redshift::Integration")
    assert {name: text(value) for name, value in made["Properties"].items()} == {
        "SourceArn": f"<{bucket}>",
        "TargetArn": "<WarehouseNamespace78ED5B58>",
    }
    assert [one for one in made["DependsOn"] if "Policy" in one]


def test_the_sql_of_files_and_its_order(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    template = pipeline(placed, readings, copy(warehouse, sort_key=["sensor"]))
    found = objects(template)
    assert list(found) == ["Table", "Job"]
    assert found["Table"]["Attributes"] == ' SORTKEY ("sensor")'
    assert "Keep" not in found["Job"]
    role = next(id_ for id_ in of_type(template, "AWS::IAM::Role") if "RedshiftRole" in id_)
    (bucket,) = of_type(template, "AWS::S3::Bucket")
    assert text(found["Job"]["Create"][0]) == (
        f"COPY \"public\".\"readings\" FROM 's3://<{bucket}>/' IAM_ROLE '<{role}>' "
        "FORMAT AS JSON 'auto' TIMEFORMAT 'auto' JOB CREATE flink_public_readings_$(Job) AUTO ON"
    )
    (integration,) = of_type(template, "AWS::Redshift::Integration")
    (sql,) = of_type(template, "Custom::FlinkRedshiftSql")
    assert integration in template["Resources"][sql]["DependsOn"]
    # The job's files count from the copy job on.
    starts = [
        one["DependsOn"]
        for one in template["Resources"].values()
        if one["Type"] == "Custom::FlinkPrepare"
    ]
    assert [depends for depends in starts if sql in depends]


def test_parquet_in_an_existing_bucket(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    theirs = s3.Bucket.from_bucket_name(placed, "Theirs", "theirs")
    through = S3Sink(bucket=theirs, prefix="out/", format="parquet")
    template = pipeline(placed, readings, copy(warehouse, through=through))
    job = text(objects(template)["Job"]["Create"][0])
    assert "FROM 's3://theirs/out/' " in job
    assert " FORMAT AS PARQUET JOB CREATE " in job
    assert ("s3:GetObject", "arn:aws:s3:::theirs/out/*", frozenset()) in to_load(template)
    warned = [
        str(note.data)
        for child in placed.node.find_all()
        for note in child.node.metadata
        if note.type == "aws:cdk:warning"
    ]
    assert [one for one in warned if "allow redshift.amazonaws.com s3:GetBucketLocation" in one]


def test_two_tables_of_one_bucket_share_its_integration(
    placed: cdk.Stack, tmp_path: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    (tmp_path / "job.sql").write_text(
        JOB + "CREATE TABLE b (sensor STRING, `value` DOUBLE) WITH (${b});"
        "INSERT INTO b SELECT x, 1.0 FROM clicks;"
    )
    bucket = s3.Bucket(placed, "Bucket")
    FlinkPipeline(
        placed,
        "Job",
        code=FlinkCode.from_sql(tmp_path),
        sources={"clicks": KinesisSource()},
        sinks={
            "readings": copy(warehouse, through=S3Sink(bucket=bucket, prefix="a/")),
            "b": copy(warehouse, table="b", through=S3Sink(bucket=bucket, prefix="b/")),
        },
    )
    template = template_of(placed)
    assert len(of_type(template, "AWS::Redshift::Integration")) == 1
    namespace = only(template, "AWS::RedshiftServerless::Namespace")["Properties"]
    assert len(namespace["IamRoles"]) == 2
    (authorize, _) = namespace["NamespaceResourcePolicy"]["Statement"]
    assert len(authorize["Condition"]["StringEquals"]["aws:SourceArn"]) == 1


def test_an_existing_table_is_not_made(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    template = pipeline(placed, readings, copy(warehouse, columns={}))
    assert list(objects(template)) == ["Job"]


def test_an_existing_warehouse_is_told_what_it_needs(placed: cdk.Stack, readings: Path) -> None:
    role = iam.Role.from_role_arn(placed, "Theirs", "arn:aws:iam::123456789012:role/theirs")
    warehouse = RedshiftProvisionedWarehouse.from_cluster_identifier(
        placed,
        "Cluster",
        "theirs",
        database="dev",
        db_user="loader",
        role=role,
        namespace_arn="arn:aws:redshift:eu-west-1:123456789012:namespace:1-2",
    )
    template = pipeline(placed, readings, copy(warehouse))
    made = only(template, "AWS::Redshift::Integration")["Properties"]
    assert made["TargetArn"] == "arn:aws:redshift:eu-west-1:123456789012:namespace:1-2"
    assert "IAM_ROLE 'arn:aws:iam::123456789012:role/theirs'" in text(
        objects(template)["Job"]["Create"][0]
    )
    policies = of_type(template, "AWS::IAM::Policy").values()
    theirs = [one for one in policies if listed(one["Properties"]["Roles"]) == ["theirs"]]
    assert [one for one in theirs if "s3:ListBucket" in str(one)]
    warned = [str(note.data) for note in warehouse.node.metadata if note.type == "aws:cdk:warning"]
    assert [one for one in warned if '"redshift:AuthorizeInboundIntegration"' in one]


@pytest.mark.parametrize(
    ("through", "message"),
    [
        (S3Sink(format="avro"), r"S3Sink\(format='avro'\)\"?'?; allowed: json-lines or parquet"),
    ],
)
def test_fails_when_copy_does_not_read_the_format(
    warehouse: RedshiftServerlessWarehouse, through: S3Sink, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        copy(warehouse, through=through)


def test_fails_when_the_bucket_has_a_dot(
    placed: cdk.Stack, warehouse: RedshiftServerlessWarehouse
) -> None:
    dotted = s3.Bucket.from_bucket_name(placed, "Dotted", "their.bucket")
    with pytest.raises(
        ValueError,
        match=r"^RedshiftCopySink: bucket is 'their\.bucket'; allowed: a bucket without a dot",
    ):
        copy(warehouse, through=S3Sink(bucket=dotted))


def test_fails_when_the_bucket_is_in_another_region(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    far = s3.Bucket.from_bucket_attributes(placed, "Far", bucket_name="far", region="us-east-1")
    with pytest.raises(ValueError, match=r"a bucket in us-east-1'; allowed: a bucket in eu-west-1"):
        pipeline(placed, readings, copy(warehouse, through=S3Sink(bucket=far)))


def test_fails_when_the_bucket_has_notifications_though_they_come_later(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    bucket = s3.Bucket(placed, "Bucket")
    FlinkPipeline(
        placed,
        "Job",
        code=FlinkCode.from_sql(readings),
        sources={"clicks": KinesisSource()},
        sinks={"readings": copy(warehouse, through=S3Sink(bucket=bucket))},
    )
    topic = notifications.SnsDestination(sns.Topic(placed, "Topic"))
    bucket.add_event_notification(s3.EventType.OBJECT_CREATED, topic)
    with pytest.raises(RuntimeError, match="Stack/Bucket has event notifications of its own, and"):
        template_of(placed)


def test_fails_when_the_namespace_of_an_existing_warehouse_is_not_known(
    placed: cdk.Stack, readings: Path
) -> None:
    role = iam.Role.from_role_arn(placed, "Theirs", "arn:aws:iam::123456789012:role/theirs")
    cluster = RedshiftProvisionedWarehouse.from_cluster_identifier(
        placed, "Cluster", "theirs", database="dev", db_user="loader", role=role
    )
    with pytest.raises(ValueError, match=r"Cluster: namespace_arn is None; allowed: the ARN of th"):
        pipeline(placed, readings, copy(cluster))


def firehose(warehouse: RedshiftWarehouse, **more: Any) -> RedshiftSink:  # noqa: ANN401
    return RedshiftFirehoseSink(
        **{
            "warehouse": warehouse,
            "table": "readings",
            "columns": COLUMNS,
            "acknowledge_public_access": True,
            **more,
        }
    )


def test_firehose_loads_under_a_secret_through_a_bucket(
    placed: cdk.Stack, readings: Path, public: RedshiftServerlessWarehouse
) -> None:
    template = pipeline(placed, readings, firehose(public))
    found = only(template, "AWS::KinesisFirehose::DeliveryStream")["Properties"]
    target = found["RedshiftDestinationConfiguration"]
    assert text(target["ClusterJDBCURL"]).startswith("jdbc:redshift://<Public")
    assert text(target["ClusterJDBCURL"]).endswith(":5439/dev")
    assert target["CopyCommand"] == {
        "DataTableName": "public.readings",
        "DataTableColumns": "sensor,value",
        "CopyOptions": "FORMAT AS JSON 'auto' TIMEFORMAT 'auto' GZIP",
    }
    assert target["S3Configuration"]["CompressionFormat"] == "GZIP"
    assert target["SecretsManagerConfiguration"]["Enabled"] is True
    assert "Password" not in target
    assert target["CloudWatchLoggingOptions"]["Enabled"] is True
    (bucket,) = of_type(template, "AWS::S3::Bucket")
    rules = template["Resources"][bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rules[0]["ExpirationInDays"] == 30
    actions = {one[0]: one[1] for one in granted(statements(template, "JobSinksreadingsRole"))}
    assert set(actions) == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:PutLogEvents",
        "s3:AbortMultipartUpload",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
    }
    assert list(objects(template)) == ["Table"]


def test_the_warehouse_is_opened_to_firehose_alone(
    placed: cdk.Stack, readings: Path, public: RedshiftServerlessWarehouse
) -> None:
    template = pipeline(placed, readings, firehose(public))
    groups = of_type(template, "AWS::EC2::SecurityGroup").values()
    (group,) = [one for one in groups if "SecurityGroupIngress" in one["Properties"]]
    (rule,) = group["Properties"]["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("52.19.239.192/27", 5439, 5439)


def test_a_users_own_secret_and_bucket_and_an_existing_table(
    placed: cdk.Stack, readings: Path, public: RedshiftServerlessWarehouse
) -> None:
    secret = secretsmanager.Secret(placed, "Loader")
    theirs = s3.Bucket.from_bucket_name(placed, "Theirs", "theirs")
    sink = firehose(public, secret=secret, columns={}, staging=DeliveryBucket(bucket=theirs))
    template = pipeline(placed, readings, sink)
    found = only(template, "AWS::KinesisFirehose::DeliveryStream")["Properties"]
    target = found["RedshiftDestinationConfiguration"]
    assert text(target["SecretsManagerConfiguration"]["SecretARN"]).startswith("<Loader")
    assert "DataTableColumns" not in target["CopyCommand"]
    assert target["S3Configuration"]["BucketARN"] == "arn:aws:s3:::theirs"
    assert of_type(template, "Custom::FlinkRedshiftSql") == {}


def test_the_binding_of_a_delivery_stream(application: FlinkApplication, stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    warehouse = RedshiftServerlessWarehouse(stack, "Warehouse", vpc=vpc, publicly_accessible=True)
    sink = firehose(warehouse, table_options={"sink.batch.max-size": "100"})
    binding = application.bind(stack, "readings", sink)
    assert binding.properties["connector"] == "firehose"
    assert binding.properties["sink.batch.max-size"] == "100"
    assert binding.resource is warehouse
    assert {watch.metric_name for watch in binding.watches} >= {"DeliveryToS3.DataFreshness"}
    assert binding.service_endpoints == ["kinesis-firehose"]
    assert len(binding.prerequisites) == 1


def test_fails_when_the_warehouse_is_private(warehouse: RedshiftServerlessWarehouse) -> None:
    with pytest.raises(
        ValueError,
        match=r"^RedshiftFirehoseSink: warehouse is 'Stack/Warehouse, which is private'; allowed:"
        r" a publicly accessible warehouse\. Firehose reaches no other one\. RedshiftStream",
    ):
        firehose(warehouse)


def test_fails_when_public_access_is_not_acknowledged(public: RedshiftServerlessWarehouse) -> None:
    with pytest.raises(
        ValueError, match=r"acknowledge_public_access is False; allowed: True\. The warehouse has"
    ):
        RedshiftFirehoseSink(warehouse=public, table="readings", columns=COLUMNS)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (
            {"publicly_accessible": True, "enhanced_vpc_routing": True, "endpoint": "host"},
            r"which has enhanced VPC routing'; allowed: a warehouse without it",
        ),
        ({"publicly_accessible": True}, r"whose endpoint is not known'; allowed: a warehouse tha"),
        (
            {"publicly_accessible": True, "endpoint": "host"},
            r"secret is None; allowed: a secret with user and password",
        ),
    ],
)
def test_fails_when_firehose_cannot_load_into_an_existing_warehouse(
    placed: cdk.Stack, known: dict[str, Any], message: str
) -> None:
    cluster = RedshiftProvisionedWarehouse.from_cluster_identifier(
        placed, "Cluster", "theirs", database="dev", db_user="loader", **known
    )
    with pytest.raises(ValueError, match=message):
        firehose(cluster)


def test_fails_when_firehose_gathers_for_less_than_a_minute(
    public: RedshiftServerlessWarehouse,
) -> None:
    from cdk_managed_flink import Buffering

    with pytest.raises(ValueError, match=r"interval is '30 seconds'; allowed: 60 to 900 seconds"):
        firehose(public, buffering=Buffering(interval=cdk.Duration.seconds(30)))


@pytest.mark.parametrize("way", [streaming, copy])
def test_rows_may_go_where_two_keys_say_so(way: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "job.sql").write_text(JOB)
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    owner = app({"cdk-managed-flink:allowDataDeletion": "true"})
    stack = cdk.Stack(owner, "Stack", env=place)
    warehouse = RedshiftServerlessWarehouse(
        stack, "Warehouse", vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0)
    )
    sink = way(warehouse, removal_policy=cdk.RemovalPolicy.DESTROY)
    assert not [one for one in objects(pipeline(stack, tmp_path, sink)).values() if "Keep" in one]


def test_rows_are_kept_where_one_key_says_that_they_may_go(
    placed: cdk.Stack, readings: Path, warehouse: RedshiftServerlessWarehouse
) -> None:
    sink = copy(warehouse, removal_policy=cdk.RemovalPolicy.DESTROY)
    assert objects(pipeline(placed, readings, sink))["Table"]["Keep"] == "true"


@pytest.mark.parametrize("way", [streaming, copy, firehose])
def test_fails_when_the_job_lacks_a_column(
    way: Any,  # noqa: ANN401
    placed: cdk.Stack,
    readings: Path,
    warehouse: RedshiftServerlessWarehouse,
    public: RedshiftServerlessWarehouse,
) -> None:
    columns = {**COLUMNS, "humidity": "REAL", "at": "TIMESTAMP"}
    sink = way(public if way is firehose else warehouse, columns=columns)
    with pytest.raises(
        RuntimeError,
        match=r"job\.sql:3: table 'readings' lacks humidity, at, which the Redshift table "
        r"(facts\.)?readings reads; its rows have: sensor, value\.",
    ):
        pipeline(placed, readings, sink)
