"""FlinkPipeline: what synth says about bad input, and pipelines beside each other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match
from configurations import SQL, app, of_type, template_of

from cdk_managed_flink import (
    DynamoDbSink,
    FlinkApplication,
    FlinkCode,
    FlinkLifecycle,
    FlinkPipeline,
    KinesisSource,
    LogLevel,
    Monitoring,
    Runtime,
    S3Sink,
)

pytestmark = pytest.mark.slow


Make = Callable[..., FlinkPipeline]


@pytest.fixture
def make(stack: cdk.Stack, job: Path) -> Make:
    def pipeline(id_: str = "Clicks", **changed: Any) -> FlinkPipeline:  # noqa: ANN401
        arguments: dict[str, Any] = {
            "code": FlinkCode.from_sql(job),
            "sources": {"clicks": KinesisSource()},
            "sinks": {"lake": S3Sink(), "pages": DynamoDbSink(partition_key="page")},
        }
        return FlinkPipeline(stack, id_, **{**arguments, **changed})

    return pipeline


def said_at_synth(stack: cdk.Stack) -> str:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    with pytest.raises(RuntimeError) as error:
        app.synth()
    return str(error.value)


def test_fails_when_a_name_in_the_job_is_bound_to_nothing(
    stack: cdk.Stack, make: Make, tmp_path: Path
) -> None:
    script = tmp_path / "job.sql"
    script.write_text(SQL.replace("${clicks}", "${click}"), encoding="utf-8")
    make(code=FlinkCode.from_sql(tmp_path))
    said = said_at_synth(stack)
    assert said.count(f"{script}:2:41: ${{click}} stands for nothing") == 1
    assert "known are: clicks, lake, pages. Did you mean ${clicks}?" in said


def test_fails_when_no_statement_writes_a_sink(stack: cdk.Stack, make: Make) -> None:
    sinks = {"lake": S3Sink(), "pages": S3Sink(), "rejected": S3Sink()}
    make(sinks=sinks)
    said = said_at_synth(stack)
    assert said.count("sink 'rejected' is bound and no statement writes it") == 1
    assert "written are: lake, pages. CREATE a table WITH (${rejected}) and INSERT INTO it" in said
    assert "[Stack/Clicks/Application]" in said


def test_a_group_that_is_added_after_the_constructor_is_known(
    stack: cdk.Stack, make: Make, tmp_path: Path
) -> None:
    script = SQL + "INSERT INTO lake SELECT page FROM clicks WHERE page <> ${limits.page};"
    (tmp_path / "job.sql").write_text(script, encoding="utf-8")
    make(code=FlinkCode.from_sql(tmp_path)).add_property_group("limits", {"page": "'/'"})
    assert of_type(template_of(stack), "AWS::KinesisAnalyticsV2::Application")


def test_fails_when_the_jobs_folder_is_missing() -> None:
    with pytest.raises(
        ValueError,
        match=r"^FlinkCode\.from_sql: path is 'jobs/none'; allowed: a folder that holds job\.sql\. "
        r"There is no folder .*/jobs/none; a relative path is taken from the working directory",
    ):
        FlinkCode.from_sql("jobs/none")


def test_fails_when_the_job_inserts_nothing(tmp_path: Path) -> None:
    (tmp_path / "job.sql").write_text(SQL.split("INSERT")[0], encoding="utf-8")
    with pytest.raises(ValueError, match=r"job\.sql: there is no INSERT in it, .*: INSERT INTO a"):
        FlinkCode.from_sql(tmp_path)


def test_fails_when_a_state_key_is_given_with_flink_1_19(stack: cdk.Stack, make: Make) -> None:
    with pytest.raises(
        ValueError,
        match=r"^Stack/Clicks: state_key is 'a customer managed key with FLINK-1_19'; allowed: no "
        r"key, or a runtime from FLINK-1_20 on\. Use Runtime\.FLINK_1_20",
    ):
        make(runtime=Runtime.FLINK_1_19, state_key=kms.Key(stack, "Key"))


def test_flink_1_19_has_no_state_key(stack: cdk.Stack, make: Make) -> None:
    make(runtime=Runtime.FLINK_1_19)
    (application,) = of_type(template_of(stack), "AWS::KinesisAnalyticsV2::Application").values()
    configuration = application["Properties"]["ApplicationConfiguration"]
    assert configuration["ApplicationEncryptionConfiguration"] == {"KeyType": "AWS_OWNED_KEY"}


@pytest.mark.parametrize("level", [LogLevel.WARN, LogLevel.ERROR])
def test_warns_when_the_log_would_hide_failures(
    stack: cdk.Stack, make: Make, level: LogLevel
) -> None:
    make(monitoring=Monitoring(log_level=level))
    message = Match.string_like_regexp(f"log_level {level} hides task failures")
    Annotations.from_stack(stack).has_warning("/Stack/Clicks/Application", message)


def test_warns_when_the_policy_of_an_imported_key_has_to_be_changed(
    stack: cdk.Stack, make: Make
) -> None:
    arn = f"arn:{stack.partition}:kms:{stack.region}:{stack.account}:key/theirs"
    make(state_key=kms.Key.from_key_arn(stack, "Key", arn))
    for service in (
        "kinesisanalytics.amazonaws.com",
        "infrastructure.kinesisanalytics.amazonaws.com",
        "logs.<region>.amazonaws.com",
    ):
        message = Match.string_like_regexp(f"policy is not changed here.*[ (]{service}")
        Annotations.from_stack(stack).has_warning("/Stack/Clicks/Application", message)


def test_fails_when_source_and_sink_have_one_name(make: Make) -> None:
    with pytest.raises(ValueError, match=r"name of a sink is 'clicks'; .*\(this is a source\)"):
        make(sinks={"clicks": S3Sink()})


@pytest.mark.parametrize(
    ("bound", "shown"),
    [
        ({"sinks": {"lake": KinesisSource()}}, r"sinks\['lake'\] is KinesisSource\(.*a Sink, such"),
        ({"sources": {"clicks": S3Sink()}}, r"sources\['clicks'\] is S3Sink\(.*a Source, such"),
        ({"sinks": {"lake": None}}, r"sinks\['lake'\] is None; allowed: a Sink, such as Kinesis"),
    ],
)
def test_fails_when_what_is_bound_is_of_another_kind(
    make: Make, bound: dict[str, Any], shown: str
) -> None:
    with pytest.raises(ValueError, match=shown):
        make(**bound)


def test_a_state_key_of_the_outer_stack_encrypts_the_log_of_a_nested_one(job: Path) -> None:
    outer = cdk.Stack(app(), "Outer")
    key = kms.Key(outer, "Key")
    inner = cdk.NestedStack(outer, "Inner")
    FlinkPipeline(
        inner,
        "Clicks",
        code=FlinkCode.from_sql(job),
        sources={"clicks": KinesisSource()},
        sinks={"lake": S3Sink(), "pages": S3Sink()},
        state_key=key,
    )
    (policy,) = (
        key["Properties"]["KeyPolicy"]
        for key in of_type(template_of(outer), "AWS::KMS::Key").values()
    )
    (log,) = (s for s in policy["Statement"] if "logs." in str(s["Principal"]))
    assert "log-group:Outer-*" in str(log["Condition"])


def test_fails_when_nothing_is_bound(make: Make) -> None:
    with pytest.raises(ValueError, match=r"sources and sinks is 'none'; allowed: at least one\."):
        make(sources={}, sinks={})


def test_fails_when_a_binding_is_asked_for_that_is_not_the_pipelines(make: Make) -> None:
    with pytest.raises(ValueError, match=r"allowed: a source or sink of this pipeline: clicks, la"):
        make().binding(S3Sink())


@pytest.mark.parametrize("interval", [cdk.Duration.seconds(0), cdk.Duration.millis(100)])
def test_fails_when_progress_is_polled_without_a_pause(make: Make, interval: cdk.Duration) -> None:
    with pytest.raises(ValueError, match=r"poll_interval is .*; allowed: a literal of 1 second or"):
        make(poll_interval=interval)


def test_fails_when_the_poll_interval_is_not_known_at_synth(make: Make, number: float) -> None:
    with pytest.raises(ValueError, match=r"allowed: a literal .* fixed at synth"):
        make(poll_interval=cdk.Duration.seconds(number))


def test_fails_when_pipelines_of_a_stack_poll_in_other_intervals(make: Make) -> None:
    make("One")
    with pytest.raises(
        ValueError, match=r"poll_interval is '20 seconds'; allowed: 10 seconds, as the stack's"
    ):
        make("Two", poll_interval=cdk.Duration.seconds(20))


def test_fails_when_a_stack_gets_more_pipelines_than_its_role_has_room_for(
    stack: cdk.Stack, job: Path
) -> None:
    def lifecycle(place: cdk.Stack, number: int) -> None:
        application = FlinkApplication(place, f"App{number}", code=FlinkCode.from_sql(job))
        FlinkLifecycle(place, f"Lifecycle{number}", application=application)

    for number in range(1, 11):
        lifecycle(stack, number)
    with pytest.raises(
        ValueError,
        match=r"^Stack/Lifecycle11: number of the stack's pipelines is 11; allowed: at most 10, "
        r"since IAM attaches no more managed policies to a role\. .* in another stack\.$",
    ):
        lifecycle(stack, 11)
    app = stack.node.root
    assert isinstance(app, cdk.App)
    lifecycle(cdk.Stack(app, "Another"), 11)


def test_two_pipelines_share_the_provider_and_nothing_else(stack: cdk.Stack, make: Make) -> None:
    make("One")
    make("Two")
    template = template_of(stack)
    prepares = [r["Properties"] for r in of_type(template, "Custom::FlinkPrepare").values()]
    assert len(prepares) == 2
    assert prepares[0]["ServiceToken"] == prepares[1]["ServiceToken"]
    assert prepares[0]["ApplicationName"] != prepares[1]["ApplicationName"]
    for type_, expected in (
        ("AWS::KinesisAnalyticsV2::Application", 2),
        ("AWS::Kinesis::Stream", 2),
        ("AWS::S3::Bucket", 2),
        ("AWS::DynamoDB::GlobalTable", 2),
        ("AWS::KMS::Key", 4),
        ("AWS::StepFunctions::StateMachine", 1),
        ("AWS::CloudWatch::CompositeAlarm", 2),
    ):
        assert len(of_type(template, type_)) == expected, type_


def test_resource_id_keeps_the_stores_when_tables_are_renamed(
    stack: cdk.Stack, make: Make, tmp_path: Path
) -> None:
    types = ("AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::DynamoDB::GlobalTable")
    kept = {
        "ClicksSourcesclicksED2B77E0",
        "ClicksSinkslake50CBC828",
        "ClicksSinkspages46CE5A75",
    }
    script = SQL.replace("${", "${new_")
    (tmp_path / "job.sql").write_text(script, encoding="utf-8")
    make(
        code=FlinkCode.from_sql(tmp_path),
        sources={"new_clicks": KinesisSource(resource_id="clicks")},
        sinks={
            "new_lake": S3Sink(resource_id="lake"),
            "new_pages": DynamoDbSink(partition_key="page", resource_id="pages"),
        },
    )
    template = template_of(stack)
    assert {found for type_ in types for found in of_type(template, type_)} == kept
