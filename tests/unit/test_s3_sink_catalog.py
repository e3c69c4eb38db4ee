"""S3Sink with a catalog, other formats, access logs and what counts its files."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import aws_cdk.assertions
import pytest
from authorization import surprises
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from configurations import app, of_type, only, template_of
from linting import lint

from cdk_managed_flink import (
    AthenaWorkgroup,
    BucketLifecycle,
    DateProjection,
    EnumProjection,
    FlinkApplication,
    FlinkCode,
    FlinkPipeline,
    InjectedProjection,
    IntegerProjection,
    KinesisSource,
    LakeTable,
    Parallelism,
    Runtime,
    S3Sink,
)
from cdk_managed_flink.dead_letters.dead_letter import DeadLetterSink
from tests.unit.lakes import added_rights, nag, unread


@pytest.fixture
def application(stack: cdk.Stack) -> FlinkApplication:
    return unread(stack)


COLUMNS = {"page": "string", "visits": "bigint"}


def lake(**changed: Any) -> S3Sink:  # noqa: ANN401
    return S3Sink(format="parquet", catalog=LakeTable(columns=COLUMNS, **changed))


def test_the_table_is_found_by_projection(application: FlinkApplication, stack: cdk.Stack) -> None:
    partitions = {
        "day": DateProjection(first="2026-01-01"),
        "hour": IntegerProjection(first=0, last=23, digits=2),
        "region": EnumProjection(["eu", "us"]),
        "shop": InjectedProjection(),
    }
    application.bind(stack, "Visits", lake(partitions=partitions))
    table = only(template_of(stack), "AWS::Glue::Table")["Properties"]
    found = table["TableInput"]
    location = found["StorageDescriptor"]["Location"]["Fn::Join"][1]
    assert location[0::2] == ["s3://", "/"]
    assert found["Name"] == "visits"
    assert found["StorageDescriptor"]["Columns"] == [
        {"Name": "page", "Type": "string"},
        {"Name": "visits", "Type": "bigint"},
    ]
    assert found["PartitionKeys"] == [
        {"Name": "day", "Type": "string"},
        {"Name": "hour", "Type": "bigint"},
        {"Name": "region", "Type": "string"},
        {"Name": "shop", "Type": "string"},
    ]
    template = found["Parameters"].pop("storage.location.template")["Fn::Join"][1]
    assert template[0] + template[2] == (
        "s3:///day=${day}/hour=${hour}/region=${region}/shop=${shop}/"
    )
    assert found["Parameters"] == {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "projection.enabled": "true",
        "projection.day.type": "date",
        "projection.day.range": "2026-01-01,NOW",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        "projection.hour.type": "integer",
        "projection.hour.range": "0,23",
        "projection.hour.digits": "2",
        "projection.region.type": "enum",
        "projection.region.values": "eu,us",
        "projection.shop.type": "injected",
    }


@pytest.mark.parametrize(
    ("format_", "serde"),
    [
        ("json-lines", "org.openx.data.jsonserde.JsonSerDe"),
        ("parquet", "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"),
        ("orc", "org.apache.hadoop.hive.ql.io.orc.OrcSerde"),
    ],
)
def test_the_files_are_read_as_they_are_written(
    application: FlinkApplication, stack: cdk.Stack, format_: str, serde: str
) -> None:
    application.bind(stack, "lake", S3Sink(format=format_, catalog=LakeTable(columns=COLUMNS)))
    found = only(template_of(stack), "AWS::Glue::Table")["Properties"]["TableInput"]
    assert found["StorageDescriptor"]["SerdeInfo"] == {"SerializationLibrary": serde}
    assert "projection.enabled" not in found["Parameters"]


def test_an_existing_database_and_bucket_are_taken(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    theirs = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    catalog = LakeTable(columns=COLUMNS, database="shop", name="visits", workgroup=None)
    application.bind(stack, "lake", S3Sink(bucket=theirs, format="orc", catalog=catalog))
    template = template_of(stack)
    table = only(template, "AWS::Glue::Table")["Properties"]
    assert table["DatabaseName"] == "shop"
    assert table["TableInput"]["StorageDescriptor"]["Location"] == "s3://theirs/lake/"
    for type_ in ("AWS::Glue::Database", "AWS::Athena::WorkGroup", "AWS::S3::Bucket"):
        assert of_type(template, type_) == {}


def test_the_workgroup_limits_its_clients(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    application = unread(stack, data_key=key)
    workgroup = AthenaWorkgroup(scanned_at_most=cdk.Size.mebibytes(100))
    application.bind(stack, "lake", lake(workgroup=workgroup))
    template = template_of(stack)
    found = only(template, "AWS::Athena::WorkGroup")["Properties"]
    configuration = found["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 100 * 1024**2
    encryption = configuration["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption["EncryptionOption"] == "SSE_KMS"
    assert encryption["KmsKey"] == stack.resolve(key.key_arn)
    rules = [
        rule
        for bucket in of_type(template, "AWS::S3::Bucket").values()
        for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    ]
    assert [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule] == [7]


def test_the_job_gets_no_right_on_the_catalog(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    assert not [action for action, _, _ in added_rights(application, lake()) if "glue" in action]


def test_objects_are_reached_below_the_prefix_alone(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    theirs = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    found = added_rights(application, S3Sink(bucket=theirs, prefix="out/"))
    assert {(action, resource) for action, resource, _ in found} == {
        ("s3:AbortMultipartUpload", "arn:aws:s3:::theirs/out/*"),
        ("s3:DeleteObject", "arn:aws:s3:::theirs/out/*"),
        ("s3:GetObject", "arn:aws:s3:::theirs/out/*"),
        ("s3:ListMultipartUploadParts", "arn:aws:s3:::theirs/out/*"),
        ("s3:PutObject", "arn:aws:s3:::theirs/out/*"),
        ("s3:GetBucketLocation", "arn:aws:s3:::theirs"),
        ("s3:ListBucket", "arn:aws:s3:::theirs"),
    }


def test_s3_is_called(application: FlinkApplication, stack: cdk.Stack) -> None:
    assert application.bind(stack, "lake", S3Sink()).service_endpoints == ["s3"]


@pytest.mark.parametrize(
    ("format_", "first"), [("parquet", "flink-parquet"), ("json-lines", "json-lines")]
)
def test_the_package_has_what_the_format_needs(format_: str, first: str) -> None:
    assert S3Sink(format=format_).connectors(Runtime.FLINK_2_2)[0].artifact == first


def test_files_are_counted_for_dead_letters(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    plain = S3Sink(prefix="bad/")
    sink = DeadLetterSink(plain.counted())
    binding = application.bind(stack, "lake", sink)
    (watch,) = binding.watches
    assert watch.metric_name == "BytesUploaded"
    assert watch.dimensions["FilterId"] == "Written"
    bucket = only(template_of(stack), "AWS::S3::Bucket")["Properties"]
    assert bucket["MetricsConfigurations"] == [{"Id": "Written", "Prefix": "bad/"}]


def test_nothing_is_counted_unasked(application: FlinkApplication, stack: cdk.Stack) -> None:
    assert list(application.bind(stack, "lake", S3Sink()).volume_metrics) == []
    bucket = only(template_of(stack), "AWS::S3::Bucket")["Properties"]
    assert "MetricsConfigurations" not in bucket


def test_the_access_log_has_a_bucket_that_forgets(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    application.bind(stack, "lake", S3Sink(server_access_logs=True))
    buckets = of_type(template_of(stack), "AWS::S3::Bucket")
    (logging,) = (b for b in buckets.values() if "LoggingConfiguration" in b["Properties"])
    target = logging["Properties"]["LoggingConfiguration"]["DestinationBucketName"]["Ref"]
    (rule,) = buckets[target]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 90


def test_merging_files_is_warned_of(application: FlinkApplication, stack: cdk.Stack) -> None:
    options = {"auto-compaction": "true"}
    application.bind(stack, "lake", S3Sink(format="parquet", table_options=options))
    found = cdk.assertions.Annotations.from_stack(stack).find_warning(
        "*", cdk.assertions.Match.string_like_regexp("an older snapshot may still name them")
    )
    assert len(found) == 1


SQL = """
CREATE TABLE clicks (page STRING) WITH (${clicks});
CREATE TABLE lake (page STRING, seen BIGINT) WITH (${lake});
INSERT INTO lake SELECT page, 1 FROM clicks;
"""


def pipeline(tmp_path: Path, catalog: LakeTable, **further: Any) -> cdk.Stack:  # noqa: ANN401
    (tmp_path / "job.sql").write_text(SQL, encoding="utf-8")
    stack = cdk.Stack(app(), "Stack")
    FlinkPipeline(
        stack,
        "Clicks",
        code=FlinkCode.from_sql(tmp_path),
        sources={"clicks": KinesisSource()},
        sinks={"lake": S3Sink(format="parquet", catalog=catalog, **further)},
        data_key=kms.Key(stack, "Key", enable_key_rotation=True),
    )
    return stack


@pytest.mark.slow
def test_the_rules_find_nothing_in_a_lake_with_everything(tmp_path: Path) -> None:
    catalog = LakeTable(columns={"page": "string", "seen": "bigint"})
    stack = pipeline(tmp_path, catalog, server_access_logs=True, request_metrics=True)
    template = template_of(stack)
    assert surprises(template) == []
    assert nag(stack) == set()
    assert lint(template) == []


@pytest.mark.slow
def test_fails_when_the_jobs_table_lacks_a_column(tmp_path: Path) -> None:
    stack = pipeline(tmp_path, LakeTable(columns=COLUMNS))
    with pytest.raises(Exception, match="lacks visits, which the Glue table reads"):
        template_of(stack)


@pytest.mark.slow
def test_fails_when_the_jobs_table_is_partitioned_otherwise(tmp_path: Path) -> None:
    catalog = LakeTable(columns={"page": "string"}, partitions={"seen": InjectedProjection()})
    with pytest.raises(Exception, match=r"PARTITIONED BY nothing.* Use PARTITIONED BY \(seen\)"):
        template_of(pipeline(tmp_path, catalog))


def test_database_and_table_go_with_the_stack_and_the_files_stay(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    application.bind(stack, "lake", lake())
    template = template_of(stack)
    for one in ("Database", "Table"):
        assert only(template, f"AWS::Glue::{one}")["DeletionPolicy"] == "Delete"
    buckets = of_type(template, "AWS::S3::Bucket").values()
    assert {one["DeletionPolicy"] for one in buckets} == {"RetainExceptOnCreate"}


def test_a_renamed_table_is_found_where_it_was(stack: cdk.Stack) -> None:
    theirs = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    sink = S3Sink(
        bucket=theirs, format="orc", catalog=LakeTable(columns=COLUMNS), resource_id="lake"
    )
    unread(stack, application_name="shop").bind(stack, "Pond", sink)
    table = only(template_of(stack), "AWS::Glue::Table")["Properties"]
    database = only(template_of(stack), "AWS::Glue::Database")["Properties"]
    assert database["DatabaseInput"]["Name"] == "shop_lake"
    assert table["TableInput"]["Name"] == "lake"
    assert table["TableInput"]["StorageDescriptor"]["Location"] == "s3://theirs/lake/"


def test_fails_when_athena_does_not_read_the_format(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    sink = S3Sink(format="avro", catalog=LakeTable(columns=COLUMNS))
    with pytest.raises(
        ValueError, match=r"format is 'avro'; allowed: json-lines, parquet, orc beside catalog="
    ):
        application.bind(stack, "lake", sink)


def test_fails_when_access_logs_go_two_ways(stack: cdk.Stack) -> None:
    logs = s3.Bucket.from_bucket_name(stack, "Logs", "logs")
    with pytest.raises(
        ValueError, match="server_access_logs is True, which cannot be combined with"
    ):
        S3Sink(server_access_logs=True, server_access_logs_bucket=logs)


def test_fails_when_an_option_is_misspelt(application: FlinkApplication, stack: cdk.Stack) -> None:
    sink = S3Sink(table_options={"sink.rolling-policy.filesize": "1"})
    with pytest.raises(ValueError, match=r"Use 'sink.rolling-policy.file-size'"):
        application.bind(stack, "lake", sink)


@pytest.mark.slow
def test_sixteen_shards_into_parquet(tmp_path: Path) -> None:
    (tmp_path / "job.sql").write_text(SQL, encoding="utf-8")
    stack = cdk.Stack(app(), "Stack")
    FlinkPipeline(
        stack,
        "Etl",
        code=FlinkCode.from_sql(tmp_path),
        sources={"clicks": KinesisSource(shards=16)},
        sinks={
            "lake": S3Sink(
                format="parquet",
                lifecycle=BucketLifecycle(abort_uploads_after=cdk.Duration.days(7)),
            )
        },
        parallelism=Parallelism(parallelism=2),
    )
    template = template_of(stack)
    bucket = only(template, "AWS::S3::Bucket")["Properties"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert only(template, "AWS::Kinesis::Stream")["Properties"]["ShardCount"] == 16
