"""FlinkCode.from_jar and from_bucket."""

import shutil
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template
from configurations import app

from cdk_managed_flink import FlinkApplication, FlinkCode, Runtime
from cdk_managed_flink.application.code_location import CodeLocation
from tests.unit.jars import write_jar


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _bound(code: FlinkCode) -> CodeLocation:
    return code.bind(cdk.Stack(app(), "Stack"), runtime=Runtime.FLINK_1_20, connectors=[])


# --- from_jar -------------------------------------------------------------------------------------


def test_c15_a_jars_key_is_its_content_and_neither_its_name_nor_its_place(tmp_path: Path) -> None:
    one = write_jar(tmp_path / "one.jar")
    other = tmp_path / "deep" / "other.jar"
    other.parent.mkdir()
    shutil.copy(one, other)
    changed = write_jar(tmp_path / "changed.jar", classes=["example/Job", "example/More"])
    location = _bound(FlinkCode.from_jar(one))
    assert location.file_key == _bound(FlinkCode.from_jar(other)).file_key
    assert location.file_key != _bound(FlinkCode.from_jar(changed)).file_key
    assert location.file_key.endswith(".jar")
    assert location.object_version is None
    assert location.run_options == {}


def test_c05_fails_when_a_jar_is_checked_at_synth(tmp_path: Path) -> None:
    """Also where nothing is bundled: the jar is there."""
    old = "org.apache.flink:flink-connector-kinesis:1.13.2"
    jar = write_jar(tmp_path / "old.jar", artifacts=[old])
    with pytest.raises(ValueError, match=r"^FlinkCode\.from_jar: jar is .*1\.13\.2.*1\.15\.2"):
        _bound(FlinkCode.from_jar(jar))


@pytest.mark.parametrize("name", ["missing.jar", "job.zip", "."])
def test_fails_when_there_is_no_jar(tmp_path: Path, name: str) -> None:
    (tmp_path / "job.zip").touch()
    with pytest.raises(
        ValueError, match=r"from_jar: path is .*; allowed: a file that ends in \.jar"
    ):
        FlinkCode.from_jar(tmp_path / name)


# --- from_bucket ----------------------------------------------------------------------------------


def _template(stack: cdk.Stack, code: FlinkCode) -> Template:
    FlinkApplication(stack, "App", code=code)
    return Template.from_stack(stack)


def _bucket(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Bucket", "code")


def test_an_object_is_named_with_its_version_and_run_options(stack: cdk.Stack) -> None:
    options = {"python": "a/main.py", "jarfile": "lib/all.jar", "pyFiles": "dep/"}
    code = FlinkCode.from_bucket(_bucket(stack), "app.zip", "v1", run_options=options)
    template = _template(stack, code)
    template.has_resource_properties(
        "AWS::KinesisAnalyticsV2::Application",
        {
            "ApplicationConfiguration": {
                "ApplicationCodeConfiguration": {
                    "CodeContent": {
                        "S3ContentLocation": {"FileKey": "app.zip", "ObjectVersion": "v1"}
                    }
                },
                "EnvironmentProperties": {
                    "PropertyGroups": [
                        {
                            "PropertyGroupId": "kinesis.analytics.flink.run.options",
                            "PropertyMap": options,
                        }
                    ]
                },
            }
        },
    )
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                                "Resource": {
                                    "Fn::Join": [
                                        "",
                                        ["arn:", {"Ref": "AWS::Partition"}, ":s3:::code/app.zip"],
                                    ]
                                },
                            }
                        )
                    ]
                )
            }
        },
    )


def test_a_version_may_be_a_parameter(stack: cdk.Stack, text: str) -> None:
    code = FlinkCode.from_bucket(_bucket(stack), "app.jar", text)
    assert code.bind(stack, runtime=Runtime.FLINK_1_20, connectors=[]).object_version == text


@pytest.mark.parametrize("version", [None, ""])
def test_c15_fails_when_the_version_is_missing(stack: cdk.Stack, version: str | None) -> None:
    told = r"object_version is (None|''); .* never loads new content of the same key .*head-object"
    with pytest.raises(ValueError, match=told):
        FlinkCode.from_bucket(_bucket(stack), "app.zip", version)


def test_a_buckets_own_key_is_granted_through_s3(stack: cdk.Stack) -> None:
    bucket = s3.Bucket(stack, "Bucket", encryption_key=kms.Key(stack, "Key"))
    template = _template(stack, FlinkCode.from_bucket(bucket, "app.jar", "v1"))
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": "kms:Decrypt",
                                "Condition": {
                                    "StringEquals": {"kms:ViaService": Match.any_value()}
                                },
                            }
                        )
                    ]
                )
            }
        },
    )


@pytest.mark.parametrize(
    "options",
    [
        {"python": "main.py", "pyModule": "main"},
        {"python": "main.py", "pyRequirements": "requirements.txt"},
        {"jarfile": "a.jar"},
        {"python": "main"},
    ],
)
def test_c07_fails_when_run_options_are_not_the_services(
    stack: cdk.Stack, options: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="from_bucket: run_options is "):
        FlinkCode.from_bucket(_bucket(stack), "app.zip", "v1", run_options=options)
