"""RedshiftSink: whose a table is, who may read it, and through what rows get there."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_s3 as s3
from configurations import app, of_type, template_of

from cdk_managed_flink import (
    DeadLetterSink,
    DynamoDbSink,
    FirehoseSink,
    FlinkApplication,
    FlinkCode,
    KinesisSink,
    RedshiftCopySink,
    RedshiftProvisionedWarehouse,
    RedshiftStreamingSink,
    RedshiftWarehouse,
    S3Sink,
)
from cdk_managed_flink.redshift.sink import RedshiftSink
from cdk_managed_flink.redshift.table import RedshiftTable

COLUMNS = {"sensor": "VARCHAR(64)"}
NAMESPACE = "arn:aws:redshift:eu-west-1:123456789012:namespace:1-2"


@pytest.fixture
def placed() -> cdk.Stack:
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(app(), "Placed", env=place)


def application(stack: cdk.Stack, folder: Path, *tables: str) -> FlinkApplication:
    """An application whose job writes the tables."""
    made = "".join(
        f"CREATE TABLE {name} (sensor STRING) WITH (${{{name}}});\n"
        f"INSERT INTO {name} SELECT sensor FROM clicks;\n"
        for name in tables
    )
    source = "CREATE TABLE clicks (sensor STRING) WITH ('connector' = 'datagen');\n"
    (folder / "job.sql").write_text(source + made, encoding="utf-8")
    return FlinkApplication(stack, "Application", code=FlinkCode.from_sql(folder))


def cluster(stack: cdk.Stack, id: str = "Cluster", **known: Any) -> RedshiftWarehouse:  # noqa: ANN401
    role = iam.Role.from_role_arn(stack, f"{id}Role", "arn:aws:iam::123456789012:role/theirs")
    known = {"database": "dev", "db_user": "loader", "namespace_arn": NAMESPACE, **known}
    return RedshiftProvisionedWarehouse.from_cluster_identifier(
        stack, id, "theirs", role=role, **known
    )


def sink(way: str, warehouse: RedshiftWarehouse, **more: Any) -> RedshiftSink:  # noqa: ANN401
    make: Any = {"streaming": RedshiftStreamingSink, "copy": RedshiftCopySink}[way]
    found = make(**{"warehouse": warehouse, "table": "readings", "columns": COLUMNS, **more})
    assert isinstance(found, RedshiftSink)
    return found


@pytest.mark.parametrize(
    "ways", [("streaming", "streaming"), ("copy", "copy"), ("copy", "streaming")]
)
def test_fails_when_two_sinks_make_one_table(
    placed: cdk.Stack, tmp_path: Path, ways: tuple[str, str]
) -> None:
    job = application(placed, tmp_path, "a", "b")
    job.bind(placed, "a", sink(ways[0], cluster(placed)))
    again = sink(ways[1], cluster(placed, "Again"), table="public.readings")
    with pytest.raises(
        ValueError,
        match=r"^Placed/bRedshift: table is 'public\.readings'; allowed: a table of its own; "
        r"Placed/aRedshift makes public\.readings there\.",
    ):
        job.bind(placed, "b", again)


def test_fails_when_names_that_are_made_of_two_tables_are_the_same(
    placed: cdk.Stack, tmp_path: Path
) -> None:
    job = application(placed, tmp_path, "a", "b")
    warehouse = cluster(placed)
    job.bind(placed, "a", sink("streaming", warehouse, table="a_b.c"))
    with pytest.raises(ValueError, match=r"table is 'a\.b_c'; .* makes a_b\.c there"):
        job.bind(placed, "b", sink("streaming", warehouse, table="a.b_c"))


def test_tables_of_two_databases_or_one_that_is_there_are_no_others(
    placed: cdk.Stack, tmp_path: Path
) -> None:
    job = application(placed, tmp_path, "a", "b", "c")
    warehouse = cluster(placed)
    job.bind(placed, "a", sink("streaming", warehouse))
    job.bind(placed, "b", sink("streaming", cluster(placed, "Other", database="other")))
    job.bind(placed, "c", sink("copy", warehouse, columns={}))
    assert len(of_type(template_of(placed), "Custom::FlinkRedshiftSql")) == 3


def test_stages_have_tables_of_their_own(tmp_path: Path) -> None:
    owner = app()
    for name in ("Dev", "Prod"):
        stack = cdk.Stack(cdk.Stage(owner, name), "Stack")
        application(stack, tmp_path, "a").bind(stack, "a", sink("streaming", cluster(stack)))


def test_a_name_that_redshift_would_cut() -> None:
    RedshiftTable(where="Test", name=f"{'s' * 60}.{'t' * 51}")
    with pytest.raises(
        ValueError, match=r"allowed: schema and table of up to 111 characters together"
    ):
        RedshiftTable(where="Test", name=f"{'s' * 60}.{'t' * 52}")


def test_readers_of_a_table_that_exists_are_granted(placed: cdk.Stack, tmp_path: Path) -> None:
    job = application(placed, tmp_path, "a")
    readers = ["analysts", "auditors"]
    job.bind(placed, "a", sink("copy", cluster(placed), columns={}, readers=readers))
    (sql,) = of_type(template_of(placed), "Custom::FlinkRedshiftSql").values()
    granted, copied = sql["Properties"]["Objects"]
    assert granted == {
        "Id": "Readers",
        "Create": [
            'GRANT USAGE ON SCHEMA "public" TO ROLE "analysts", ROLE "auditors"',
            'GRANT SELECT ON "public"."readings" TO ROLE "analysts", ROLE "auditors"',
        ],
        "Revoke": [
            'REVOKE SELECT ON "public"."readings" FROM ROLE "analysts"',
            'REVOKE SELECT ON "public"."readings" FROM ROLE "auditors"',
        ],
    }
    assert copied["Id"] == "Job"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"readers": "analysts"}, r"readers is 'analysts'; allowed: several names\. Use readers="),
        ({"columns": ["sensor"]}, r"columns is \['sensor'\]; allowed: names, each with its type"),
        ({"sort_key": "sensor"}, r"sort_key is 'sensor'; allowed: several names"),
    ],
)
def test_fails_when_a_value_is_of_another_kind(
    placed: cdk.Stack, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sink("copy", cluster(placed), **given)


def test_fails_when_a_bucket_of_the_stack_has_a_dot(placed: cdk.Stack) -> None:
    dotted = s3.Bucket(placed, "Dotted", bucket_name="my.lake.bucket")
    with pytest.raises(
        ValueError, match=r"bucket is 'my\.lake\.bucket'; allowed: a bucket without a dot in its n"
    ):
        sink("copy", cluster(placed), through=S3Sink(bucket=dotted))


def test_fails_when_a_stream_of_the_stack_has_a_name_that_redshift_folds(
    placed: cdk.Stack, tmp_path: Path
) -> None:
    job = application(placed, tmp_path, "a")
    mine = kinesis.Stream(placed, "Mine", stream_name="Mine")
    through = KinesisSink(stream=mine)
    with pytest.raises(ValueError, match=r"through is 'Mine'; allowed: a stream or topic with a n"):
        job.bind(placed, "a", sink("streaming", cluster(placed), through=through))


def test_fails_when_the_stream_is_of_another_region(placed: cdk.Stack, tmp_path: Path) -> None:
    job = application(placed, tmp_path, "a")
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/far"
    through = KinesisSink(stream=kinesis.Stream.from_stream_arn(placed, "Far", arn))
    with pytest.raises(
        ValueError, match=r"through is 'arn:.*; allowed: a stream of the warehouse's account and R"
    ):
        job.bind(placed, "a", sink("streaming", cluster(placed), through=through))


@pytest.mark.parametrize("through", [DynamoDbSink(partition_key="sensor"), FirehoseSink.s3()])
def test_fails_when_redshift_reads_nothing_of_it(
    placed: cdk.Stack,
    tmp_path: Path,
    through: Any,  # noqa: ANN401
) -> None:
    job = application(placed, tmp_path, "a")
    with pytest.raises(
        ValueError,
        match=rf"through is '{type(through).__name__}\(\.\.\.\)'; allowed: KinesisSink\(\.",
    ):
        job.bind(placed, "a", sink("streaming", cluster(placed), through=through))


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("streaming", r"through is 'Stream'; allowed: KinesisSink\(\.\.\.\)"),
        ("copy", r"through is 'Stream'; allowed: an S3Sink"),
    ],
)
def test_fails_when_it_goes_through_no_sink(placed: cdk.Stack, way: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sink(way, cluster(placed), through=kinesis.Stream(placed, "Mine"))


def test_fails_when_options_are_said_for_a_sink_that_takes_none(
    placed: cdk.Stack, tmp_path: Path
) -> None:
    job = application(placed, tmp_path, "a")
    through = DeadLetterSink(KinesisSink())
    options = {"sink.batch.max-size": "100"}
    with pytest.raises(
        ValueError,
        match=r"table_options is \{.*, which cannot be combined with through=DeadLetterSink",
    ):
        job.bind(
            placed, "a", sink("streaming", cluster(placed), through=through, table_options=options)
        )
