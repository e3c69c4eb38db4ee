"""Bad input: one error at synth: the property, what came, what is allowed, how to mend it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import aws_cdk.assertions
import pytest
from aws_cdk import aws_kms as kms

from cdk_managed_flink import (
    Checkpointing,
    DynamoDbSink,
    FlinkApplication,
    FlinkCode,
    FlinkPipeline,
    HealthGate,
    KinesisSource,
    Notifications,
    Parallelism,
    Runtime,
    S3Sink,
    Threshold,
)
from stacks.settings import settings_for

SQL = """
CREATE TABLE clicks (page STRING) WITH (${clicks});
CREATE TABLE lake (page STRING) WITH (${lake});
INSERT INTO lake SELECT page FROM clicks;
"""


@pytest.fixture
def stack() -> cdk.Stack:
    app = cdk.App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    return cdk.Stack(app, "Bad")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    (tmp_path / "job.sql").write_text(SQL, encoding="utf-8")
    return tmp_path


@pytest.fixture
def application(stack: cdk.Stack, job: Path) -> FlinkApplication:
    return FlinkApplication(stack, "App", code=FlinkCode.from_sql(job))


def refused(action: Callable[[], object], *said: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        action()
    for part in said:
        assert part in str(error.value)


def pipeline(stack: cdk.Stack, job: Path, **changed: Any) -> FlinkPipeline:  # noqa: ANN401
    arguments: dict[str, Any] = {
        "code": FlinkCode.from_sql(job),
        "sources": {"clicks": KinesisSource()},
        "sinks": {"lake": S3Sink()},
    }
    return FlinkPipeline(stack, "Pipeline", **{**arguments, **changed})


@pytest.mark.parametrize("value", [0, -1, 65])
def test_fails_when_parallelism_is_out_of_range(value: int) -> None:
    refused(
        lambda: Parallelism(parallelism=value),
        "parallelism is",
        str(value),
        "1 to 64",
        "kpu_quota",
    )


def test_fails_when_parallelism_per_kpu_is_nine() -> None:
    refused(
        lambda: Parallelism(parallelism_per_kpu=9), "parallelism_per_kpu is 9", "1 to 8", "Choose"
    )


def test_raised_quota_allows_more_parallelism() -> None:
    assert Parallelism(parallelism=100, kpu_quota=100).kpus == 101


@pytest.mark.parametrize(
    ("parallelism", "per_kpu", "kpus"), [(1, 1, 2), (5, 2, 4), (8, 8, 2), (9, 8, 3)]
)
def test_kpus_are_rounded_up_and_one_orchestrates(
    parallelism: int, per_kpu: int, kpus: int
) -> None:
    assert Parallelism(parallelism=parallelism, parallelism_per_kpu=per_kpu).kpus == kpus


def test_fails_when_checkpoint_interval_is_zero() -> None:
    refused(
        lambda: Checkpointing(interval=cdk.Duration.millis(0)),
        "interval is",
        "at least 1 millisecond",
        "enabled=False",
    )


@pytest.mark.parametrize("value", ["", "x" * 2049])
def test_fails_when_property_value_is_empty_or_too_long(
    application: FlinkApplication, value: str
) -> None:
    refused(
        lambda: application.add_property_group("limits", {"max": value}),
        "Bad/App",
        "'max' of group 'limits'",
        "1 to 2048",
        str(len(value)),
    )


def test_fails_when_property_value_is_none(application: FlinkApplication) -> None:
    values: Any = {"max": None}
    refused(
        lambda: application.add_property_group("limits", values),
        "'max'",
        "None",
        "a string, a number or a boolean",
    )


def test_numbers_and_booleans_become_what_java_reads(application: FlinkApplication) -> None:
    application.add_property_group("limits", {"capacity": 500, "on": True, "rate": 0.5})
    (group,) = [g for g in application._properties.render() if g["propertyGroupId"] == "limits"]
    assert group["propertyMap"] == {"capacity": "500", "on": "true", "rate": "0.5"}


def test_fails_when_there_are_51_property_groups(application: FlinkApplication) -> None:
    for number in range(49):  # the run options are the first of the 50
        application.add_property_group(f"group{number}", {"key": "value"})
    refused(
        lambda: application.add_property_group("one-more", {"key": "value"}),
        "property groups is 51",
        "at most 50",
        "run options",
        "'one-more'",
    )


@pytest.mark.parametrize(
    "key", ["password", "db.password", "apiKey", "api_secret", "client-secret", "authToken"]
)
def test_fails_when_a_literal_stands_under_a_secret_key(
    application: FlinkApplication, key: str
) -> None:
    with pytest.raises(ValueError, match="Secrets Manager") as error:
        application.add_property_group("db", {key: "hunter2"})
    assert key in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("key", ["aws.credentials.provider", "token.count", "password.arn"])
def test_keys_that_only_look_like_secrets_pass(application: FlinkApplication, key: str) -> None:
    application.add_property_group("db", {key: "AUTO"})
    assert "db" in application._properties.names


@pytest.mark.parametrize("name", ["two words", "x" * 129, ""])
def test_fails_when_application_name_is_illegal(stack: cdk.Stack, job: Path, name: str) -> None:
    refused(
        lambda: pipeline(stack, job, application_name=name),
        "application_name is",
        "1 to 128",
        str(len(name)),
    )


def test_fails_when_application_name_is_a_token(stack: cdk.Stack, job: Path) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string
    refused(lambda: pipeline(stack, job, application_name=name), "application_name", "literal")


def test_fails_when_key_is_given_with_flink_1_19(stack: cdk.Stack, job: Path) -> None:
    refused(
        lambda: pipeline(stack, job, runtime=Runtime.FLINK_1_19, state_key=kms.Key(stack, "Key")),
        "state_key is",
        "FLINK-1_19",
        "FLINK-1_20",
    )


@pytest.mark.parametrize("name", ["FLINK-1_6", "FLINK-1_8", "FLINK-1_11"])
def test_fails_when_runtime_is_retired(name: str) -> None:
    refused(lambda: Runtime.of(name), name, "retired", "FLINK_1_20")


def test_fails_when_runtime_is_misspelt() -> None:
    refused(lambda: Runtime.of("1.20"), "'1.20'", "FLINK-<major>_<minor>")


def test_newer_runtime_needs_no_release() -> None:
    assert Runtime.of("FLINK-2_3").metric_names.restarts == "numRestarts"


def test_fails_when_source_and_sink_share_a_name(stack: cdk.Stack, job: Path) -> None:
    refused(
        lambda: pipeline(stack, job, sinks={"clicks": S3Sink()}),
        "name of a sink is 'clicks'",
        "this is a source",
    )


def test_fails_when_one_sink_object_is_bound_twice(stack: cdk.Stack, job: Path) -> None:
    sink = S3Sink()
    refused(
        lambda: pipeline(stack, job, sinks={"lake": sink, "other": sink}),
        "sink 'other'",
        "bound as",
        "lake",
        "second S3Sink",
    )


@pytest.mark.parametrize("name", ["my-table", "1st", "with space", "x" * 51])
def test_fails_when_a_binding_name_is_no_identifier(stack: cdk.Stack, job: Path, name: str) -> None:
    refused(lambda: pipeline(stack, job, sinks={name: S3Sink()}), "name of a sink", "a letter")


def test_fails_when_nothing_is_bound(stack: cdk.Stack, job: Path) -> None:
    refused(lambda: pipeline(stack, job, sources={}, sinks={}), "sources and sinks", "at least one")


@pytest.mark.parametrize("name", [None, "production"])
def test_fails_when_environment_is_unknown(name: str | None) -> None:
    refused(lambda: settings_for(name), repr(name), "local, dev, staging, prod", "-c env=")


def test_fails_when_shards_are_none_or_retention_is_short() -> None:
    refused(lambda: KinesisSource(shards=0), "shards is 0", "on-demand")
    refused(lambda: KinesisSource(retention=cdk.Duration.hours(1)), "retention", "24 hours")


def test_fails_when_a_prefix_is_no_folder() -> None:
    refused(lambda: S3Sink(prefix="out"), "prefix is 'out'", "end in /")


@pytest.mark.parametrize("format_", ["json", "csv", "raw"])
def test_fails_when_files_would_stay_open_over_checkpoints(format_: str) -> None:
    refused(lambda: S3Sink(format=format_), f"format is '{format_}'", "json-lines", "parquet")


def test_fails_when_a_dynamodb_sink_has_no_key() -> None:
    refused(lambda: DynamoDbSink(), "partition_key", "table=")


def test_fails_when_the_gate_cannot_be_passed_in_time() -> None:
    refused(lambda: HealthGate(window=cdk.Duration.minutes(20)), "window", "less than timeout")
    refused(lambda: HealthGate(timeout=cdk.Duration.minutes(50)), "timeout", "less than 50 minutes")
    refused(lambda: HealthGate(max_restarts=-1), "max_restarts is -1", "0 or more")


def test_fails_when_a_threshold_or_an_address_is_none() -> None:
    refused(lambda: Threshold(value=-1), "value is -1", "0 or more", "None in AlarmThresholds")
    refused(lambda: Notifications(emails=("nobody",)), "'nobody'", "data-team@example.com")


def test_unresolved_tokens_pass(stack: cdk.Stack, job: Path) -> None:
    parameter: Any = cdk.CfnParameter(stack, "Number", type="Number")
    number = parameter.value_as_number
    text = cdk.CfnParameter(stack, "Text").value_as_string
    made = pipeline(
        stack,
        job,
        parallelism=Parallelism(parallelism=number, parallelism_per_kpu=number),
        checkpointing=Checkpointing(interval=cdk.Duration.millis(number)),
        sources={"clicks": KinesisSource(shards=number)},
        sinks={"lake": S3Sink(prefix=text)},
        property_groups={"db": {"password": text, "limit": number}},
        notifications=Notifications(emails=(text,)),
    )
    template = cdk.assertions.Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::KinesisAnalyticsV2::Application",
        {
            "ApplicationConfiguration": {
                "FlinkApplicationConfiguration": {
                    "ParallelismConfiguration": {"Parallelism": {"Ref": "Number"}},
                    "CheckpointConfiguration": {"CheckpointInterval": {"Ref": "Number"}},
                }
            }
        },
    )
    assert made.application.parallelism.parallelism == number
