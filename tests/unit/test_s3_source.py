"""S3Source: its options, its rights, and what it refuses."""

from typing import Any

import aws_cdk as cdk
import pytest
from authorization import surprises
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from configurations import of_type, only, template_of

from cdk_managed_flink import (
    BucketLifecycle,
    ConfluentSchemaRegistry,
    FlinkApplication,
    Runtime,
    S3Source,
)
from tests.unit.lakes import added_rights, nag, options, unread


@pytest.fixture
def application(stack: cdk.Stack) -> FlinkApplication:
    return unread(stack)


@pytest.fixture
def theirs(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")


def test_a_back_fill_is_the_default(application: FlinkApplication, theirs: s3.IBucket) -> None:
    assert options(application, S3Source(bucket=theirs)) == {
        "connector": "filesystem",
        "path": "s3://theirs/lake/",
        "format": "json",
    }


def test_files_are_looked_for_where_an_interval_is_given(
    application: FlinkApplication, theirs: s3.IBucket
) -> None:
    source = S3Source(
        bucket=theirs,
        prefix="in/",
        format="parquet",
        monitor_interval=cdk.Duration.minutes(1),
        path_pattern="2026-.*[.]parquet",
    )
    assert options(application, source) == {
        "connector": "filesystem",
        "path": "s3://theirs/in/",
        "format": "parquet",
        "source.monitor-interval": "60000 ms",
        "source.path.regex-pattern": "\\Q/in/\\E(?:2026-.*[.]parquet)",
    }


def test_what_json_lines_writes_is_read_as_json(
    application: FlinkApplication, theirs: s3.IBucket
) -> None:
    assert options(application, S3Source(bucket=theirs, format="json-lines"))["format"] == "json"


def test_further_options_win(application: FlinkApplication, theirs: s3.IBucket) -> None:
    source = S3Source(bucket=theirs, table_options={"json.ignore-parse-errors": "true"})
    assert options(application, source)["json.ignore-parse-errors"] == "true"


def test_it_lists_the_bucket_and_reads_below_the_prefix_alone(
    application: FlinkApplication, theirs: s3.IBucket, stack: cdk.Stack
) -> None:
    key = kms.Key(stack, "Key")
    arn = stack.resolve(key.key_arn)["Fn::GetAtt"][0]
    source = S3Source(bucket=theirs, prefix="in/clicks/", encryption_key=key)
    always = frozenset[str]()
    assert added_rights(application, source) == {
        ("s3:GetObject", "arn:aws:s3:::theirs/in/clicks/*", always),
        ("s3:ListBucket", "arn:aws:s3:::theirs", always),
        (
            "kms:Decrypt",
            f"<{arn}>",
            frozenset({"StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com"}),
        ),
    }


def test_s3_is_called(application: FlinkApplication, theirs: s3.IBucket) -> None:
    binding = application.bind(cdk.Stack.of(application), "lake", S3Source(bucket=theirs))
    assert binding.service_endpoints == ["s3"]
    assert binding.resource is theirs


def test_a_new_bucket_is_closed_and_versioned(
    application: FlinkApplication, stack: cdk.Stack
) -> None:
    application.bind(stack, "lake", S3Source())
    bucket = only(template_of(stack), "AWS::S3::Bucket")["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


@pytest.mark.parametrize(
    ("format_", "runtime", "artifacts"),
    [
        ("json", Runtime.FLINK_1_20, set()),
        ("csv", Runtime.FLINK_2_2, set()),
        (
            "parquet",
            Runtime.FLINK_2_2,
            {"flink-parquet", "hadoop-client-api", "hadoop-client-runtime"},
        ),
    ],
)
def test_the_package_has_what_the_format_needs(
    format_: str, runtime: Runtime, artifacts: set[str]
) -> None:
    found = S3Source(format=format_).connectors(runtime)
    assert {artifact.artifact for artifact in found} == artifacts


def test_nothing_is_found_by_the_rules(application: FlinkApplication, stack: cdk.Stack) -> None:
    application.bind(stack, "lake", S3Source(server_access_logs=True))
    template = template_of(stack)
    assert len(of_type(template, "AWS::S3::Bucket")) == 2
    assert surprises(template) == []
    assert nag(stack) == set()


@pytest.mark.parametrize("prefix", ["in", "/in/", "a b/"])
def test_fails_when_the_prefix_is_no_folder(prefix: str) -> None:
    with pytest.raises(ValueError, match=r"^S3Source: prefix is .*It is a folder"):
        S3Source(prefix=prefix)


def test_fails_when_the_interval_is_too_short() -> None:
    with pytest.raises(
        ValueError, match=r"monitor_interval is '500 millis'; allowed: a second or more\. Each list"
    ):
        S3Source(monitor_interval=cdk.Duration.millis(500))


@pytest.mark.parametrize("pattern", [r"\p{Alpha}+[.]json", r"(?<y>\d+)/.*", r"\Qa.b\E.*"])
def test_a_pattern_is_javas(
    application: FlinkApplication, theirs: s3.IBucket, pattern: str
) -> None:
    found = options(application, S3Source(bucket=theirs, prefix="in/", path_pattern=pattern))
    assert found["source.path.regex-pattern"] == f"\\Q/in/\\E(?:{pattern})"


def test_fails_when_the_format_has_no_name() -> None:
    with pytest.raises(ValueError, match=r"^Format: format is 'JSON'; allowed: the name of a form"):
        S3Source(format="JSON")


@pytest.mark.parametrize(
    "setting",
    [
        {"lifecycle": BucketLifecycle()},
        {"server_access_logs": True},
        {"removal_policy": cdk.RemovalPolicy.RETAIN},
    ],
)
def test_fails_when_a_new_buckets_setting_stands_beside_an_existing_one(
    theirs: s3.IBucket,
    setting: Any,  # noqa: ANN401
) -> None:
    (name,) = setting
    with pytest.raises(
        ValueError, match=rf"{name} is .*, which cannot be combined with bucket=\. An"
    ):
        S3Source(bucket=theirs, **setting)


def test_fails_when_a_new_bucket_is_given_a_key(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"encryption_key is Stack/Key; allowed: the key of an ex"):
        S3Source(encryption_key=kms.Key(stack, "Key"))


def test_fails_when_an_option_is_misspelt(application: FlinkApplication, stack: cdk.Stack) -> None:
    source = S3Source(table_options={"source.monitor-intervall": "1"})
    with pytest.raises(ValueError, match=r"Use 'source.monitor-interval'"):
        application.bind(stack, "lake", source)


def test_fails_when_the_format_is_one_of_single_records() -> None:
    registry = ConfluentSchemaRegistry(url="https://registry.example")
    with pytest.raises(ValueError, match=r"^S3Source: format is 'avro-confluent'; .* single"):
        S3Source(format=registry.avro())


def test_fails_when_the_pattern_is_a_shells() -> None:
    with pytest.raises(ValueError, match=r"path_pattern is '\*\.json'; .* use \.\*\[\.\]json"):
        S3Source(path_pattern="*.json")
