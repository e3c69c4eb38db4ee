"""IcebergSink: options, rights, what it makes, and what it refuses."""

from pathlib import Path
from typing import Any

import authorization
import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from configurations import app, of_type, only, template_of
from constructs import Construct
from linting import lint

from cdk_managed_flink import (
    FlinkApplication,
    FlinkCode,
    FlinkPipeline,
    IcebergMaintenance,
    IcebergSink,
    IcebergTable,
    KinesisSource,
    Runtime,
)
from tests.unit.lakes import added_rights, clicks, nag, options, rules_of, unread

ALWAYS = frozenset[str]()
PLACE = "eu-west-1:123456789012"
CATALOG = f"arn:aws:glue:{PLACE}:catalog"
TABLE_BUCKET = f"arn:aws:s3tables:{PLACE}:bucket/theirs"


@pytest.fixture
def application(stack: cdk.Stack) -> FlinkApplication:
    return unread(stack)


@pytest.fixture
def theirs(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")


def test_the_options_of_a_table_in_the_glue_catalog(
    application: FlinkApplication, theirs: s3.IBucket
) -> None:
    sink = IcebergSink(
        bucket=theirs, database="shop", upsert=True, table_options={"write.format.default": "orc"}
    )
    assert options(application, sink) == {
        "connector": "iceberg",
        "catalog-name": "glue",
        "catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        "catalog-database": "shop",
        "catalog-table": "lake",
        "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        "client.region": {"Ref": "AWS::Region"},
        "location": "s3://theirs/lake",
        "format-version": "2",
        "write.metadata.delete-after-commit.enabled": "true",
        "write.upsert.enabled": "true",
        "write.format.default": "orc",
    }


def test_a_table_that_the_job_makes(application: FlinkApplication, theirs: s3.IBucket) -> None:
    sink = IcebergSink(bucket=theirs, database="shop", table_name="clicks", prefix="ice/c/")
    within = {CATALOG, f"arn:aws:glue:{PLACE}:database/shop"}
    table = {*within, f"arn:aws:glue:{PLACE}:table/shop/clicks"}
    assert added_rights(application, sink) == {
        *(("glue:GetDatabase", arn, ALWAYS) for arn in within),
        *(
            (f"glue:{action}", arn, ALWAYS)
            for action in ("CreateTable", "GetTable", "UpdateTable")
            for arn in table
        ),
        *(
            (f"s3:{action}", "arn:aws:s3:::theirs/ice/c/*", ALWAYS)
            for action in ("AbortMultipartUpload", "DeleteObject", "GetObject", "PutObject")
        ),
    }


def test_a_table_that_the_stack_makes_is_not_made_by_the_job(
    application: FlinkApplication, theirs: s3.IBucket
) -> None:
    sink = IcebergSink(bucket=theirs, database="shop", table=clicks())
    actions = {action for action, _, _ in added_rights(application, sink)}
    assert actions & {"glue:CreateTable", "glue:CreateDatabase", "s3:ListBucket"} == set()


def test_columns_partitions_and_key_of_the_stacks_table(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    table = clicks(
        partitions=["page", "day(ts)", "bucket(16, id)", "truncate(4, page)"], key=["id"]
    )
    application.bind(stack, "Clicks", IcebergSink(table=table))
    found = only(template_of(stack), "AWS::Glue::Table")["Properties"]
    assert found["Name"] == "clicks"
    iceberg = found["OpenTableFormatInput"]["IcebergInput"]
    assert (iceberg["MetadataOperation"], iceberg["Version"]) == ("CREATE", "2")
    made = iceberg["IcebergTableInput"]
    assert made["Location"]["Fn::Join"][1][2] == "/Clicks"
    assert made["Schema"]["IdentifierFieldIds"] == [1]
    assert made["Schema"]["Fields"][0] == {
        "Id": 1,
        "Name": "id",
        "Type": "long",
        "Required": True,
    }
    assert [
        (field["FieldId"], field["SourceId"], field["Name"], field["Transform"])
        for field in made["PartitionSpec"]["Fields"]
    ] == [
        (1000, 2, "page", "identity"),
        (1001, 3, "ts_day", "day"),
        (1002, 1, "id_bucket", "bucket[16]"),
        (1003, 2, "page_trunc", "truncate[4]"),
    ]


def test_the_job_waits_for_database_and_table(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    binding = application.bind(stack, "lake", IcebergSink(table=clicks()))
    assert [type(needed).__name__ for needed in binding.prerequisites] == [
        "CfnDatabase",
        "CfnTable",
    ]
    assert set(binding.service_endpoints) == {"glue", "s3"}


@pytest.mark.parametrize("table", [None, clicks()])
def test_a_renamed_table_keeps_its_files_database_and_name(table: IcebergTable | None) -> None:
    found = []
    for name, id_ in (("lake", None), ("Pond", "lake")):
        stack = cdk.Stack(app(), "Stack")
        unread(stack).bind(stack, name, IcebergSink(table=table, resource_id=id_))
        template = template_of(stack)
        found.append([of_type(template, f"AWS::Glue::{one}") for one in ("Database", "Table")])
    assert found[0] == found[1]


def test_a_renamed_table_keeps_its_options(theirs: s3.IBucket, stack: cdk.Stack) -> None:
    sink = IcebergSink(bucket=theirs, resource_id="My-Pond")
    found = options(unread(stack, application_name="shop.eu"), sink)
    assert found["catalog-database"] == "shop_eu_my_pond"
    assert found["catalog-table"] == "my_pond"
    assert found["location"] == "s3://theirs/My-Pond"


def test_a_table_that_exists_is_taken_and_looked_after(
    application: FlinkApplication, stack: cdk.Stack, theirs: s3.IBucket
) -> None:
    sink = IcebergSink(
        bucket=theirs,
        database="shop",
        table=clicks(exists=True),
        maintenance=IcebergMaintenance(),
    )
    binding = application.bind(stack, "lake", sink)
    assert list(binding.prerequisites) == []
    assert binding.columns is not None
    template = template_of(stack)
    assert of_type(template, "AWS::Glue::Table") == {}
    found = of_type(template, "AWS::Glue::TableOptimizer").values()
    assert {
        (one["Properties"]["DatabaseName"], one["Properties"]["TableName"]) for one in found
    } == {("shop", "lake")}


def test_database_and_table_are_kept(application: FlinkApplication, stack: cdk.Stack) -> None:
    application.bind(stack, "lake", IcebergSink(table=clicks()))
    template = template_of(stack)
    for one in ("Database", "Table"):
        assert only(template, f"AWS::Glue::{one}")["DeletionPolicy"] == "RetainExceptOnCreate"


@pytest.mark.parametrize(
    ("table", "key"), [(None, ()), (clicks(key=["id"], partitions=["bucket(4, id)"]), ["id"])]
)
def test_rows_are_replaced_by_the_jobs_key(
    application: FlinkApplication, table: IcebergTable | None, key: list[str]
) -> None:
    rules = rules_of(application, IcebergSink(table=table, upsert=True))
    assert rules is not None
    assert rules.primary_key == key


def test_rows_that_are_added_take_no_key(application: FlinkApplication) -> None:
    assert rules_of(application, IcebergSink()) is None


def test_optimizers_share_a_role_with_rights_on_this_table_alone(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    sink = IcebergSink(table=clicks(), maintenance=IcebergMaintenance(snapshots_kept=3))
    application.bind(stack, "lake", sink)
    template = template_of(stack)
    found = of_type(template, "AWS::Glue::TableOptimizer").values()
    by_type = {one["Properties"]["Type"]: one["Properties"] for one in found}
    assert set(by_type) == {"compaction", "retention", "orphan_file_deletion"}
    retention = by_type["retention"]["TableOptimizerConfiguration"]["RetentionConfiguration"]
    assert retention["IcebergConfiguration"] == {
        "CleanExpiredFiles": True,
        "NumberOfSnapshotsToRetain": 3,
        "SnapshotRetentionPeriodInDays": 5,
    }
    (table,) = of_type(template, "AWS::Glue::Table")
    assert all(table in one["DependsOn"] for one in found)


def test_what_is_off_is_not_made(application: FlinkApplication, stack: cdk.Stack) -> None:
    maintenance = IcebergMaintenance(snapshots_kept_for_days=None, orphans_deleted_after_days=None)
    application.bind(stack, "lake", IcebergSink(table=clicks(), maintenance=maintenance))
    found = only(template_of(stack), "AWS::Glue::TableOptimizer")["Properties"]
    assert found["Type"] == "compaction"


@pytest.mark.parametrize(
    ("runtime", "artifact"),
    [
        (Runtime.FLINK_1_20, "iceberg-flink-runtime-1.20"),
        (Runtime.FLINK_2_2, "iceberg-flink-runtime-2.0"),
    ],
)
def test_the_connector_of_each_line(runtime: Runtime, artifact: str) -> None:
    assert [c.artifact for c in IcebergSink().connectors(runtime)] == [artifact]
    assert [c.artifact for c in IcebergSink.s3_tables(clicks()).connectors(runtime)] == [artifact]


SQL = """
CREATE TABLE clicks (page STRING) WITH (${clicks});
CREATE TABLE lake (id BIGINT, page STRING) WITH (${lake});
CREATE TABLE kept (id BIGINT, page STRING) WITH (${kept});
INSERT INTO lake SELECT 1, page FROM clicks;
INSERT INTO kept SELECT 1, page FROM clicks;
"""


def pipeline(
    tmp_path: Path, columns: dict[str, str], kept: dict[str, Any] | None = None
) -> cdk.Stack:
    (tmp_path / "job.sql").write_text(SQL, encoding="utf-8")
    stack = cdk.Stack(app(), "Stack")
    table = IcebergTable(columns=columns, partitions=["page"])
    FlinkPipeline(
        stack,
        "Clicks",
        code=FlinkCode.from_sql(tmp_path),
        runtime=Runtime.FLINK_2_2,
        sources={"clicks": KinesisSource()},
        sinks={
            "lake": IcebergSink(
                table=table, maintenance=IcebergMaintenance(), server_access_logs=True
            ),
            "kept": IcebergSink.s3_tables(
                IcebergTable(columns=columns, key=["page"]), **kept or {}
            ),
        },
        data_key=kms.Key(stack, "Key", enable_key_rotation=True),
    )
    return stack


@pytest.mark.slow
def test_the_rules_find_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for type_, arn in (("TableBucket", TABLE_BUCKET), ("Table", f"{TABLE_BUCKET}/table/t")):
        monkeypatch.setitem(authorization._SAMPLES, f"AWS::S3Tables::{type_}", arn)
    stack = pipeline(tmp_path, {"id": "long", "page": "string"})
    template = template_of(stack)
    assert authorization.surprises(template) == []
    assert nag(stack) == set()
    assert lint(template) == []


@pytest.mark.slow
def test_fails_when_the_jobs_table_has_no_key(tmp_path: Path) -> None:
    stack = pipeline(tmp_path, {"id": "long", "page": "string"}, kept={"upsert": True})
    with pytest.raises(Exception, match=r"Use PRIMARY KEY \(page\) NOT ENFORCED"):
        template_of(stack)


@pytest.mark.slow
def test_fails_when_the_jobs_table_lacks_a_column(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="lacks paid, which the Iceberg table reads"):
        template_of(pipeline(tmp_path, {"id": "long", "page": "string", "paid": "double"}))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"maintenance": IcebergMaintenance()}, "allowed: nothing without table="),
        ({"upsert": True, "table": clicks()}, "upsert is True; allowed: a table with a key"),
        (
            {"upsert": True, "table": clicks(key=["id"], partitions=["day(ts)"])},
            "partitions by ts, which is not in the key",
        ),
        ({"table": clicks(exists=True), "database": "shop"}, "allowed: bucket= and database="),
        ({"prefix": ""}, "A table has a folder of its own"),
        ({"prefix": "out"}, "prefix is 'out'; allowed: names of letters"),
        ({"database": "My-Lake"}, "database is 'My-Lake'; allowed: lower-case"),
        ({"table_name": "Clicks"}, "table_name is 'Clicks'; allowed: lower-case"),
    ],
)
def test_fails_when_a_sink_cannot_work(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^IcebergSink: .*{said}"):
        IcebergSink(**arguments)


def test_fails_when_two_databases_share_a_name(stack: cdk.Stack) -> None:
    one, two = (Construct(stack, name) for name in ("my.app", "my-app"))
    unread(one, application_name="my.app").bind(one, "lake", IcebergSink())
    with pytest.raises(
        ValueError, match="database is 'my_app_lake'; allowed: a name that Stack/my"
    ):
        unread(two, application_name="my-app").bind(two, "lake", IcebergSink())


def test_fails_when_a_new_buckets_setting_stands_beside_an_existing_one(
    theirs: s3.IBucket,
) -> None:
    with pytest.raises(
        ValueError, match="server_access_logs is True, which cannot be combined with buc"
    ):
        IcebergSink(bucket=theirs, server_access_logs=True)


@pytest.mark.slow
def test_a_folder_in_python_and_two_bindings(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('flights')\n", encoding="utf-8")
    stack = cdk.Stack(app(), "Stack")
    arn = f"arn:{stack.partition}:kinesis:{stack.region}:{stack.account}:stream/flights"
    FlinkPipeline(
        stack,
        "Flights",
        code=FlinkCode.from_python(tmp_path),
        sources={"flights": KinesisSource(stream=kinesis.Stream.from_stream_arn(stack, "S", arn))},
        sinks={
            "lake": IcebergSink(
                table=IcebergTable(columns={"flight": "string", "day": "date"}, partitions=["day"])
            )
        },
    )
    template = template_of(stack)
    assert authorization.surprises(template) == []
    groups = only(template, "AWS::KinesisAnalyticsV2::Application")["Properties"][
        "ApplicationConfiguration"
    ]["EnvironmentProperties"]["PropertyGroups"]
    found = {group["PropertyGroupId"]: group["PropertyMap"] for group in groups}
    assert found["lake"]["connector"] == "iceberg"
    assert found["kinesis.analytics.flink.run.options"]["jarfile"] == "lib/connectors.jar"
