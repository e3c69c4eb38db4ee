"""FlinkCode.from_jar and from_bucket."""

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template
from configurations import app

from cdk_managed_flink import (
    Code,
    FlinkApplication,
    FlinkCode,
    Runtime,
    S3Sink,
)
from cdk_managed_flink.application.code_location import CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.code.java.jar_checks import JarCheck
from cdk_managed_flink.code.java.jars import GivenJar
from cdk_managed_flink.code.packaging import own_formats
from tests.unit.jars import FACTORIES, write_jar


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


_FILES = S3Sink().connectors(Runtime.FLINK_1_20)


def _bound(code: Code, connectors: Sequence[Connector] = ()) -> CodeLocation:
    stack = cdk.Stack(app(), "Stack")
    return code.bind(stack, runtime=Runtime.FLINK_1_20, connectors=connectors)


@pytest.fixture
def formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the formats that Maven compiles."""
    jar = write_jar(tmp_path / "formats.jar", classes=["own/Lines"], factories=["own.Lines"])
    monkeypatch.setattr(own_formats, "jar_of", lambda *_: jar)


def _names_and_factories(jar: Path) -> tuple[set[str], set[str]]:
    with zipfile.ZipFile(jar) as archive:
        return set(archive.namelist()), set(archive.read(FACTORIES).decode().split())


# --- from_jar -------------------------------------------------------------------------------------


def test_a_jars_key_is_its_content_and_neither_its_name_nor_its_place(tmp_path: Path) -> None:
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


def test_fails_when_a_jar_is_checked_at_synth(tmp_path: Path) -> None:
    """Also where nothing is bundled: the jar is there."""
    old = "org.apache.flink:flink-connector-kinesis:1.13.2"
    jar = write_jar(tmp_path / "old.jar", artifacts=[old])
    with pytest.raises(ValueError, match=r"^FlinkCode\.from_jar: jar is .*1\.13\.2.*1\.15\.2"):
        _bound(FlinkCode.from_jar(jar))


@pytest.mark.usefixtures("formats")
def test_a_jar_gets_json_lines_where_a_sink_writes_it(tmp_path: Path) -> None:
    jar = write_jar(tmp_path / "job.jar", factories=["example.Factory"])
    code = FlinkCode.from_jar(jar)
    bundled = cdk.App(
        context={"aws:cdk:bundling-stacks": ["**"]},
        outdir=str(tmp_path / "out"),
        builtin_cloud_formation_validation=False,
    )
    location = code.bind(cdk.Stack(bundled, "Stack"), runtime=Runtime.FLINK_1_20, connectors=_FILES)
    assert location.file_key.endswith(".jar")
    (packaged,) = (tmp_path / "out").glob("asset.*.jar")
    names, factories = _names_and_factories(packaged)
    assert {"example/Job.class", "own/Lines.class"} <= names
    assert {"example.Factory", "own.Lines"} <= factories


def test_a_jars_key_is_of_the_formats_too_where_they_are_added(tmp_path: Path) -> None:
    code = FlinkCode.from_jar(write_jar(tmp_path / "job.jar"))
    plain, joined, again = (
        _bound(code, connectors).file_key.partition(".")[0] for connectors in ([], _FILES, _FILES)
    )
    assert plain != joined == again


@pytest.mark.usefixtures("formats")
@pytest.mark.parametrize("added", [True, False])
def test_the_jar_of_a_job_in_python_gets_the_formats(tmp_path: Path, *, added: bool) -> None:
    jar = write_jar(tmp_path / "all.jar", main=None, factories=["example.Factory"])
    check = JarCheck(
        where="FlinkCode.from_python", runtime=Runtime.FLINK_1_20, connectors=(), has_main=False
    )
    given = GivenJar(jar, check, added)
    built, warnings = given.build()
    assert warnings == ()
    assert ("own/Lines.class" in _names_and_factories(built)[0]) is added
    assert (built == jar) is not added
    assert ("flink" in given.sources()) is added


@pytest.mark.parametrize("name", ["missing.jar", "job.zip", "."])
def test_fails_when_there_is_no_jar(tmp_path: Path, name: str) -> None:
    (tmp_path / "job.zip").touch()
    with pytest.raises(
        ValueError, match=r"from_jar: path is .*; allowed: a file that ends in \.jar"
    ):
        FlinkCode.from_jar(tmp_path / name)


# --- from_bucket ----------------------------------------------------------------------------------


def _template(stack: cdk.Stack, code: Code) -> Template:
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


def test_json_lines_is_a_warning_where_the_object_is_not_known(stack: cdk.Stack) -> None:
    code = FlinkCode.from_bucket(_bucket(stack), "app.zip", "v1")
    code.bind(stack, runtime=Runtime.FLINK_1_20, connectors=_FILES)
    Annotations.from_stack(stack).has_warning(
        "/Stack",
        Match.string_like_regexp(
            r"json-lines, which the library has and Flink has not, and what app\.zip holds is not "
            r"known .*managedflink\.formats\.JsonLinesFormatFactory"
        ),
    )


def test_a_format_of_flinks_is_no_warning(stack: cdk.Stack) -> None:
    connectors = S3Sink(format="parquet").connectors(Runtime.FLINK_1_20)
    code = FlinkCode.from_bucket(_bucket(stack), "app.zip", "v1")
    code.bind(stack, runtime=Runtime.FLINK_1_20, connectors=connectors)
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_fails_when_the_key_is_empty(stack: cdk.Stack) -> None:
    """The application would be granted the bucket's root."""
    with pytest.raises(ValueError, match="from_bucket: key is ''; allowed: the key of a jar or a"):
        FlinkCode.from_bucket(_bucket(stack), "", "v1")


def test_a_version_may_be_a_parameter(stack: cdk.Stack, text: str) -> None:
    code = FlinkCode.from_bucket(_bucket(stack), "app.jar", text)
    assert code.bind(stack, runtime=Runtime.FLINK_1_20, connectors=[]).object_version == text


@pytest.mark.parametrize("version", [None, ""])
def test_fails_when_the_version_is_missing(stack: cdk.Stack, version: str | None) -> None:
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
def test_fails_when_run_options_are_not_the_services(
    stack: cdk.Stack, options: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="from_bucket: run_options is "):
        FlinkCode.from_bucket(_bucket(stack), "app.zip", "v1", run_options=options)
