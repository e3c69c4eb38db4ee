"""FlinkApplication by itself: bindings, warnings, what it gives to others."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisanalyticsv2 as kda
from aws_cdk import aws_kms as kms

from cdk_managed_flink import (
    FlinkApplication,
    FlinkCode,
    KinesisSource,
    Runtime,
    S3Sink,
)


def test_fails_when_two_sinks_have_one_name(
    stack: cdk.Stack, application: FlinkApplication
) -> None:
    application.bind(stack, "lake", S3Sink())
    with pytest.raises(
        ValueError,
        match=r"Stack/App: name of a sink is 'lake'; allowed: a name that no source or sink has "
        r"\(this is a sink\)\. Give each table a name of its own",
    ):
        application.bind(stack, "lake", S3Sink())


def test_fails_when_one_sink_object_is_bound_twice(
    stack: cdk.Stack, application: FlinkApplication
) -> None:
    sink = S3Sink()
    application.bind(stack, "lake", sink)
    with pytest.raises(
        ValueError,
        match=r"sink 'pond' is 'the object that is bound as Stack/App\.lake'; allowed: an object "
        r"for each table\. Make a second S3Sink\(",
    ):
        application.bind(stack, "pond", sink)


def test_fails_when_one_source_object_is_bound_to_two_applications(
    stack: cdk.Stack, application: FlinkApplication, job: Path
) -> None:
    source = KinesisSource()
    application.bind(stack, "clicks", source)
    other = FlinkApplication(stack, "Other", code=FlinkCode.from_sql(job))
    with pytest.raises(ValueError, match=r"source 'clicks' is 'the object that is bound as Stack"):
        other.bind(stack, "clicks", source)


@pytest.mark.parametrize("name", ["", "my-table", "1st", "with space", "a.b", "x" * 51, "lake\n"])
def test_fails_when_a_name_is_no_identifier(
    stack: cdk.Stack, application: FlinkApplication, name: str
) -> None:
    with pytest.raises(
        ValueError, match=r"name of a sink is .*; allowed: a letter, then up to 49 .*\. It is the"
    ):
        application.bind(stack, name, S3Sink())


def test_fails_when_a_binding_takes_the_id_of_a_property_group(
    stack: cdk.Stack, application: FlinkApplication
) -> None:
    application.add_property_group("lake", {"a": "b"})
    with pytest.raises(ValueError, match="property group id is 'lake'; allowed: an id that is not"):
        application.bind(stack, "lake", S3Sink())


def test_fails_when_a_key_is_given_with_flink_1_19(stack: cdk.Stack, job: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"encryption_key is 'a customer managed key with FLINK-1_19'; allowed: no key, or a "
        r"runtime from FLINK-1_20 on\. Use Runtime\.FLINK_1_20",
    ):
        FlinkApplication(
            stack,
            "App",
            code=FlinkCode.from_sql(job),
            runtime=Runtime.FLINK_1_19,
            encryption_key=kms.Key(stack, "Key"),
        )


def test_a_late_group_counts_for_the_jobs_text(
    stack: cdk.Stack, application: FlinkApplication
) -> None:
    before = application.validate()
    assert [problem.split(": ")[1].split(" ")[0] for problem in before] == [
        "${clicks}",
        "${lake}",
        "${pages}",
    ]
    application.bind(stack, "clicks", KinesisSource())
    application.add_property_group("lake", {"connector": "print"})
    application.add_property_group("pages", {"connector": "blackhole"})
    assert application.validate() == []


def test_is_granted_like_any_grantable(stack: cdk.Stack, application: FlinkApplication) -> None:
    topic_reader = iam.Grant.add_to_principal(
        grantee=application, actions=["sqs:SendMessage"], resource_arns=["arn:aws:sqs:::q"]
    )
    assert topic_reader.success
    assert application.grant_principal is application.role.grant_principal or (
        application.grant_principal.policy_fragment.principal_json
        == application.role.grant_principal.policy_fragment.principal_json
    )


def test_the_primary_child_is_the_escape_hatch(application: FlinkApplication) -> None:
    assert application.node.default_child is application.resource
    assert isinstance(application.resource, kda.CfnApplication)


def test_an_imported_application_has_its_arn_and_metrics(stack: cdk.Stack) -> None:
    theirs = FlinkApplication.from_application_name(
        stack, "Theirs", "theirs", runtime=Runtime.FLINK_2_2
    )
    assert stack.resolve(theirs.application_arn) == {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":kinesisanalytics:",
                {"Ref": "AWS::Region"},
                ":",
                {"Ref": "AWS::AccountId"},
                ":application/theirs",
            ],
        ]
    }
    assert theirs.metric_uptime().metric_name == "runningTime"
    metric = theirs.metric_restarts(period=cdk.Duration.minutes(5), statistic="Sum")
    assert (metric.namespace, metric.metric_name) == ("AWS/KinesisAnalytics", "numRestarts")
    assert metric.dimensions == {"Application": "theirs"}
    assert metric.period.to_minutes() == 5
