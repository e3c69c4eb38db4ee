"""RestoreFrom: what no snapshot can be called, and how the handlers read the choice."""

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template
from configurations import Build, app

from cdk_managed_flink import RestoreFrom, SnapshotMode
from cdk_managed_flink.lifecycle.restore_from import ALLOW_EMPTY_START

ARN = "arn:aws:kinesisanalytics:eu-west-1:123456789012:snapshot/orders-proved-1"
ENHANCED = SnapshotMode.ENHANCED_SNAPSHOTS


@pytest.mark.parametrize(
    "name",
    [
        "",
        "with space",
        "a/b",
        "x" * 257,
        "name\n",
        "arn:aws:kinesisanalytics:eu-west-1:123456789012:application/orders",
        "arn:aws:kinesisanalytics:eu-west-1:123456789012:application/orders/snapshot/one",
        "arn:aws:kinesisanalytics:eu-west-1:123456789012:snapshot/",
        "arn:aws:kinesisanalytics:eu-west-1:123456789012:snapshot/" + "x" * 101,
        "arn:aws:rds:eu-west-1:123456789012:snapshot/one",
        "arn:aws:kinesisanalytics:eu-west-1::snapshot/one",
    ],
)
def test_fails_when_no_snapshot_can_be_called_so(name: str) -> None:
    with pytest.raises(
        ValueError,
        match=r"(?s)^RestoreFrom: snapshot is .*; allowed: 1 to 256 of the characters .*, or the "
        r"ARN of an enhanced snapshot, arn:.*:snapshot/<name>\. Use a name that `aws kinesis",
    ):
        RestoreFrom.snapshot(name)


def test_fails_when_an_arn_with_tokens_is_an_applications(stack: cdk.Stack) -> None:
    arn = stack.format_arn(service="kinesisanalytics", resource="application", resource_name="a")
    with pytest.raises(ValueError, match=r"^RestoreFrom: snapshot is 'arn:"):
        RestoreFrom.snapshot(arn)


@pytest.mark.parametrize("name", ["a", "before_it.2-b", "x" * 256, ARN])
def test_names_and_arns_of_snapshots_pass(name: str) -> None:
    assert RestoreFrom.snapshot(name).message().to_dict() == {"Type": "SNAPSHOT", "Snapshot": name}


def test_tokens_pass(stack: cdk.Stack, text: str) -> None:
    arn = stack.format_arn(service="kinesisanalytics", resource="snapshot", resource_name="a")
    assert RestoreFrom.snapshot(arn).is_arn
    assert RestoreFrom.snapshot(f"{arn.rpartition(':')[0]}:{text}").is_arn
    assert stack.resolve(RestoreFrom.snapshot(text).message().to_dict()["Snapshot"]) == {
        "Ref": "Text"
    }


@pytest.mark.parametrize(
    ("choice", "type_"), [(RestoreFrom.latest(), "LATEST"), (RestoreFrom.empty(), "EMPTY")]
)
def test_the_other_choices_name_no_snapshot(choice: RestoreFrom, type_: str) -> None:
    assert choice.message().to_dict() == {"Type": type_, "Snapshot": ""}


def test_fails_when_an_arn_is_given_and_snapshots_have_none(build: Build) -> None:
    with pytest.raises(
        ValueError,
        match=r"^Stack/Clicks/Lifecycle: restore_from is 'arn:.*'; allowed: the name of a snapshot,"
        r" since snapshot_mode is APPLICATION_SNAPSHOTS_LEGACY\. Only enhanced snapshots have",
    ):
        build(restore_from=RestoreFrom.snapshot(ARN))


@pytest.mark.slow
def test_an_arn_is_a_choice_where_snapshots_have_one(build: Build) -> None:
    pipeline = build(restore_from=RestoreFrom.snapshot(ARN), snapshot_mode=ENHANCED)
    Template.from_stack(cdk.Stack.of(pipeline)).has_resource_properties(
        "Custom::FlinkProve", {"Restore": {"Type": "SNAPSHOT", "Snapshot": ARN}}
    )


@pytest.mark.parametrize("flags", [None, {ALLOW_EMPTY_START: "false"}, {ALLOW_EMPTY_START: ""}])
def test_fails_when_an_empty_start_has_only_one_key(
    build: Build, flags: dict[str, str] | None
) -> None:
    with pytest.raises(
        ValueError,
        match=r"^Stack/Clicks/Lifecycle: restore_from is 'RestoreFrom\.empty\(\)'; allowed: an "
        r"empty start only with the context flag cdk-managed-flink:allowEmptyStart=true as well\. "
        r"All state is lost: deploy with -c cdk-managed-flink:allowEmptyStart=true if",
    ):
        build(restore_from=RestoreFrom.empty(), flags=flags)


@pytest.mark.slow
def test_an_empty_start_with_both_keys(build: Build) -> None:
    pipeline = build(restore_from=RestoreFrom.empty(), flags={ALLOW_EMPTY_START: "true"})
    template = Template.from_stack(cdk.Stack.of(pipeline))
    for type_ in ("Custom::FlinkPrepare", "Custom::FlinkProve"):
        template.has_resource_properties(
            type_, {"Restore": Match.object_like({"Type": "EMPTY", "Snapshot": ""})}
        )


@pytest.mark.slow
def test_the_flag_alone_gives_nothing_up(build: Build) -> None:
    pipeline = build(scope=cdk.Stack(app({ALLOW_EMPTY_START: "true"}), "Stack"))
    Template.from_stack(cdk.Stack.of(pipeline)).has_resource_properties(
        "Custom::FlinkProve", {"Restore": {"Type": "LATEST", "Snapshot": ""}}
    )
