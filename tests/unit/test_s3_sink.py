"""S3Sink: its options, where it writes, and what it refuses."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from configurations import of_type, template_of

from cdk_managed_flink import (
    BucketLifecycle,
    FlinkApplication,
    FlinkCode,
    FlinkPipeline,
    KinesisSource,
    S3Sink,
)


@pytest.fixture
def theirs(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")


def options(application: FlinkApplication, sink: S3Sink) -> dict[str, Any]:
    stack = cdk.Stack.of(application)
    return dict(stack.resolve(dict(application.bind(stack, "lake", sink).properties)))


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        (None, "s3://theirs/lake/"),
        ("out/", "s3://theirs/out/"),
        ("a/b-c/d_1/", "s3://theirs/a/b-c/d_1/"),
        ("", "s3://theirs/"),
    ],
)
def test_the_path_in_an_existing_bucket(
    application: FlinkApplication, theirs: s3.IBucket, prefix: str | None, path: str
) -> None:
    assert options(application, S3Sink(bucket=theirs, prefix=prefix)) == {
        "connector": "filesystem",
        "path": path,
        "format": "json-lines",
    }


def test_a_new_bucket_is_used_as_a_whole(application: FlinkApplication) -> None:
    path = options(application, S3Sink())["path"]["Fn::Join"][1]
    assert path[0] == "s3://"
    assert path[2] == "/"


def test_further_options_win_over_the_defaults(application: FlinkApplication) -> None:
    further = {"sink.rolling-policy.file-size": "64MB"}
    found = options(application, S3Sink(table_options=further))
    assert found.items() >= further.items()


@pytest.mark.parametrize("prefix", ["out", "/out/", "out//x/", "a b/", "out/\n", "ü/"])
def test_fails_when_the_prefix_is_no_folder(prefix: str) -> None:
    with pytest.raises(ValueError, match=r"^S3Sink: prefix is .*; allowed: names .* It is a folde"):
        S3Sink(prefix=prefix)


@pytest.mark.parametrize("format_", ["json", "csv", "raw", "debezium-json"])
def test_fails_when_files_would_stay_open_over_checkpoints(format_: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^S3Sink: format is '{format_}'; allowed: json-lines, or a bulk .* Its"
    ):
        S3Sink(format=format_)


@pytest.mark.parametrize(
    "setting",
    [
        {"lifecycle": BucketLifecycle()},
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
        S3Sink(bucket=theirs, **setting)


def test_fails_when_a_new_bucket_is_given_a_key(stack: cdk.Stack) -> None:
    with pytest.raises(
        ValueError,
        match=r"encryption_key is Stack/Key; allowed: the key of an existing bucket\. A new bucket",
    ):
        S3Sink(encryption_key=kms.Key(stack, "Key"))


@pytest.mark.parametrize("age", [cdk.Duration.days(29), cdk.Duration.hours(36)])
def test_fails_when_objects_move_too_young(age: cdk.Duration) -> None:
    with pytest.raises(
        ValueError, match=r"infrequent_access_after is '.*'; allowed: 30 days or more\. S3 moves"
    ):
        BucketLifecycle(infrequent_access_after=age)


def test_fails_when_objects_expire_before_they_move() -> None:
    with pytest.raises(
        ValueError,
        match=r"expire_after is '60 days'; allowed: longer than infrequent_access_after \(90 days\)"
        r"\. Set infrequent_access_after=None",
    ):
        BucketLifecycle(expire_after=cdk.Duration.days(60))


def test_objects_may_expire_early_where_none_move() -> None:
    lifecycle = BucketLifecycle(expire_after=cdk.Duration.days(7), infrequent_access_after=None)
    assert lifecycle.rule().transitions is None


def test_tokens_pass_as_ages(stack: cdk.Stack, job: Path, number: Any) -> None:  # noqa: ANN401
    age = cdk.Duration.days(number)
    ages = BucketLifecycle(
        abort_uploads_after=age,
        infrequent_access_after=age,
        expire_after=age,
        expire_noncurrent_after=age,
    )
    FlinkPipeline(
        stack,
        "Clicks",
        code=FlinkCode.from_sql(job),
        sources={"clicks": KinesisSource()},
        sinks={"lake": S3Sink(lifecycle=ages), "pages": S3Sink()},
    )
    lake, _ = of_type(template_of(stack), "AWS::S3::Bucket").values()
    known = {"Ref": "Number"}
    assert lake["Properties"]["LifecycleConfiguration"]["Rules"] == [
        {
            "Id": "Lifecycle",
            "Status": "Enabled",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": known},
            "ExpirationInDays": known,
            "NoncurrentVersionExpiration": {"NoncurrentDays": known},
            "Transitions": [{"StorageClass": "STANDARD_IA", "TransitionInDays": known}],
        }
    ]


def test_tokens_pass_as_prefix_and_options(application: FlinkApplication, text: str) -> None:
    found = options(application, S3Sink(prefix=text, table_options={"auto-compaction": text}))
    assert {"Ref": "Text"} in found["path"]["Fn::Join"][1]
    assert found["auto-compaction"] == {"Ref": "Text"}
