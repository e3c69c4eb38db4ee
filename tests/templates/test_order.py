"""The order of a deploy: inputs, Prepare, policies and application, Prove, the reconciler."""

import re
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

import aws_cdk as cdk
import pytest
from configurations import Build, app, of_type, template_of
from policies import INLINE, MANAGED, text

PREPARE, PROVE = "Custom::FlinkPrepare", "Custom::FlinkProve"
APPLICATION = "AWS::KinesisAnalyticsV2::Application"
LOGGING = "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption"


def references(value: Any) -> set[str]:  # noqa: ANN401
    """Logical ids that a value refers to."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    if set(value) == {"Ref"}:
        return {value["Ref"]}
    if set(value) == {"Fn::GetAtt"}:
        return {value["Fn::GetAtt"][0]}
    if set(value) == {"Fn::Sub"}:
        return set(re.findall(r"\$\{(\w+)", str(value["Fn::Sub"])))
    return set().union(*map(references, value.values()))


def graph(template: dict[str, Any]) -> dict[str, set[str]]:
    """For each resource, those that CloudFormation makes before it."""
    resources = template["Resources"]
    found = {}
    for name, resource in resources.items():
        depends = resource.get("DependsOn", [])
        stated = {depends} if isinstance(depends, str) else set(depends)
        found[name] = (references(resource.get("Properties", {})) | stated) & set(resources)
    return found


def before(template: dict[str, Any], logical_id: str) -> set[str]:
    """Everything that has to be there before this resource, directly or not."""
    earlier = graph(template)
    found: set[str] = set()
    open_ = {logical_id}
    while open_:
        new = earlier[open_.pop()] - found
        found |= new
        open_ |= new
    return found


def id_of(template: dict[str, Any], type_: str) -> str:
    (found,) = of_type(template, type_)
    return found


def policies_of_execution_role(template: dict[str, Any]) -> set[str]:
    application = template["Resources"][id_of(template, APPLICATION)]
    role = text(application["Properties"]["ServiceExecutionRole"])
    return {
        logical_id
        for logical_id, policy in of_type(template, INLINE).items()
        if role in map(text, policy["Properties"]["Roles"])
    }


def test_there_is_an_order_and_prepare_and_prove_frame_the_application(
    template: dict[str, Any],
) -> None:
    # Raises CycleError if there were none.
    order = list(TopologicalSorter(graph(template)).static_order())
    assert set(order) == set(template["Resources"])
    place = {name: index for index, name in enumerate(order)}
    prepare, prove = place[id_of(template, PREPARE)], place[id_of(template, PROVE)]
    for name in (
        id_of(template, APPLICATION),
        id_of(template, LOGGING),
        *policies_of_execution_role(template),
    ):
        assert prepare < place[name] < prove, name


def test_prepare_comes_after_what_the_application_refers_to(template: dict[str, Any]) -> None:
    earlier = before(template, id_of(template, PREPARE))
    for type_ in (
        "AWS::Kinesis::Stream",
        "AWS::S3::Bucket",
        "AWS::DynamoDB::GlobalTable",
        "AWS::Logs::LogStream",
    ):
        assert of_type(template, type_)
        assert set(of_type(template, type_)) <= earlier
    resources = set(template["Resources"])
    for type_ in (APPLICATION, LOGGING):
        resource = template["Resources"][id_of(template, type_)]
        referred = references(resource["Properties"]) & resources
        assert referred - {id_of(template, APPLICATION)} <= earlier


def test_application_its_policies_and_its_log_come_after_prepare(
    template: dict[str, Any],
) -> None:
    prepare = id_of(template, PREPARE)
    policies = policies_of_execution_role(template)
    assert policies
    for later in (id_of(template, APPLICATION), id_of(template, LOGGING), *policies):
        assert prepare in before(template, later)


def test_application_comes_after_the_policies_of_its_role(template: dict[str, Any]) -> None:
    earlier = before(template, id_of(template, APPLICATION))
    assert policies_of_execution_role(template) <= earlier


def test_prove_comes_after_application_policies_and_logging_option(
    template: dict[str, Any],
) -> None:
    earlier = before(template, id_of(template, PROVE))
    assert {
        id_of(template, PREPARE),
        id_of(template, APPLICATION),
        id_of(template, LOGGING),
    } <= earlier
    assert policies_of_execution_role(template) <= earlier


def test_both_carry_the_same_change_key_and_nested_deadlines(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    prepare = resources[id_of(template, PREPARE)]["Properties"]
    prove = resources[id_of(template, PROVE)]["Properties"]
    assert prepare["Application"] == prove["Application"]
    assert set(prepare["Application"]) == {"Digest", "Inputs"}
    assert prepare["ServiceToken"] == prove["ServiceToken"]
    assert prove["Prepared"] == {"Fn::GetAtt": [id_of(template, PREPARE), "Snapshot"]}
    assert prepare["DeadlineSeconds"] == prove["DeadlineSeconds"] == "3000"
    assert prepare["ServiceTimeout"] == prove["ServiceTimeout"] == "3600"
    assert int(prove["Gate"]["DeadlineSeconds"]) < 3000


def test_handlers_have_their_rights_before_they_are_called(template: dict[str, Any]) -> None:
    earlier = before(template, id_of(template, PREPARE))
    framework = {name for name in of_type(template, INLINE) if "Managed" in name}
    for start in ("ManagedFlinkLifecycleRoleDefaultPolicy", "ManagedFlinkLifecycleProvider"):
        assert any(name.startswith(start) for name in framework & earlier), start
    own = set(of_type(template, MANAGED))
    assert len(own) == 1
    assert own <= earlier


@pytest.mark.slow
def test_a_pipeline_that_is_taken_out_keeps_its_rights_until_it_has_been_stopped(
    build: Build,
) -> None:
    """CloudFormation changes what stays before it deletes what goes."""
    stack = cdk.Stack(app(), "Stack")
    build(scope=stack, id_="Stays", application_name="stays")
    alone = template_of(stack)
    both = cdk.Stack(app(), "Stack")
    build(scope=both, id_="Stays", application_name="stays")
    build(scope=both, id_="Goes", application_name="goes")
    template = template_of(both)
    kept = {name for name in of_type(alone, INLINE) if "Lifecycle" in name}
    assert len(kept) > 3
    for name in (*kept, *of_type(alone, "AWS::IAM::Role"), *of_type(alone, MANAGED)):
        assert template["Resources"][name] == alone["Resources"][name], name
    (rights,) = set(of_type(template, MANAGED)) - set(of_type(alone, MANAGED))
    for name, resource in of_type(template, PREPARE).items():
        goes = resource["Properties"]["ApplicationName"].endswith("goes")
        assert (rights in before(template, name)) == goes


def test_the_reconciler_comes_last_so_that_a_delete_takes_it_first(
    template: dict[str, Any],
) -> None:
    """Nothing starts again what a delete has stopped; an update finds the rules in place."""
    rules = of_type(template, "AWS::Events::Rule")
    assert len(rules) == 2
    for rule in rules:
        assert id_of(template, PROVE) in before(template, rule)
        assert any(name.startswith("ManagedFlinkLifecycleTend") for name in before(template, rule))
    for name, permission in of_type(template, "AWS::Lambda::Permission").items():
        assert references(permission["Properties"]["SourceArn"]) <= set(rules), name
    for type_ in (PREPARE, APPLICATION, PROVE):
        assert not before(template, id_of(template, type_)) & set(rules)


def test_the_alarm_on_silence_is_made_when_there_is_someone_to_report(
    template: dict[str, Any],
) -> None:
    silent = {
        name: alarm
        for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items()
        if alarm["Properties"]["TreatMissingData"] == "breaching"
    }
    assert len(silent) == 1
    for name in silent:
        assert set(of_type(template, "AWS::Events::Rule")) <= before(template, name)
        assert set(of_type(template, "AWS::Lambda::Permission")) <= before(template, name)


@pytest.mark.parametrize(
    ("cut", "check"),
    [
        ("AWS::Events::Rule", test_the_reconciler_comes_last_so_that_a_delete_takes_it_first),
        (PREPARE, test_handlers_have_their_rights_before_they_are_called),
        (PROVE, test_prove_comes_after_application_policies_and_logging_option),
        (APPLICATION, test_application_comes_after_the_policies_of_its_role),
        (INLINE, test_application_its_policies_and_its_log_come_after_prepare),
    ],
)
def test_fails_when_dependencies_are_taken_out(
    minimal: dict[str, Any], cut: str, check: Callable[[dict[str, Any]], None]
) -> None:
    broken = {
        name: {**resource, "DependsOn": []} if resource["Type"] == cut else resource
        for name, resource in minimal["Resources"].items()
    }
    with pytest.raises(AssertionError):
        check({"Resources": broken})
