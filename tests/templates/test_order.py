"""The order of a deploy: inputs, Prepare, policies and application, Prove."""

from typing import Any

import pytest
from configurations import of_type

PREPARE, PROVE = "Custom::FlinkPrepare", "Custom::FlinkProve"


def references(value: Any) -> set[str]:  # noqa: ANN401
    if isinstance(value, list):
        return set().union(*map(references, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    if set(value) == {"Ref"}:
        return {value["Ref"]}
    if set(value) == {"Fn::GetAtt"}:
        return {value["Fn::GetAtt"][0]}
    return set().union(*map(references, value.values())) if value else set()


def before(template: dict[str, Any], logical_id: str) -> set[str]:
    """Everything that has to be there before this resource, directly or not."""
    resources = template["Resources"]
    found: set[str] = set()
    open_ = [logical_id]
    while open_:
        resource = resources[open_.pop()]
        depends = resource.get("DependsOn", [])
        direct = references(resource.get("Properties", {}))
        direct |= {depends} if isinstance(depends, str) else set(depends)
        new = (direct & set(resources)) - found
        found |= new
        open_ += new
    return found


def id_of(template: dict[str, Any], type_: str) -> str:
    (found,) = of_type(template, type_)
    return found


@pytest.fixture(scope="session", params=["minimal", "everything"])
def template(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.getfixturevalue(request.param)
    return found


def test_prepare_comes_after_what_the_application_refers_to(template: dict[str, Any]) -> None:
    earlier = before(template, id_of(template, PREPARE))
    for type_ in (
        "AWS::Kinesis::Stream",
        "AWS::S3::Bucket",
        "AWS::DynamoDB::GlobalTable",
        "AWS::Logs::LogStream",
    ):
        assert set(of_type(template, type_)) <= earlier
    application = template["Resources"][id_of(template, "AWS::KinesisAnalyticsV2::Application")]
    assert references(application["Properties"]) <= earlier | {"AWS::Partition", "AWS::Region"} | {
        r for r in references(application["Properties"]) if r.startswith("AWS::")
    }


def test_application_its_policies_and_its_log_come_after_prepare(
    template: dict[str, Any],
) -> None:
    prepare = id_of(template, PREPARE)
    application = id_of(template, "AWS::KinesisAnalyticsV2::Application")
    logging = id_of(template, "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption")
    role = template["Resources"][application]["Properties"]["ServiceExecutionRole"]
    policies = [
        logical_id
        for logical_id, policy in of_type(template, "AWS::IAM::Policy").items()
        if {"Ref": role["Fn::GetAtt"][0]} in policy["Properties"]["Roles"]
    ]
    assert policies
    for later in (application, logging, *policies):
        assert prepare in before(template, later)


def test_prove_comes_last(template: dict[str, Any]) -> None:
    earlier = before(template, id_of(template, PROVE))
    assert {
        id_of(template, PREPARE),
        id_of(template, "AWS::KinesisAnalyticsV2::Application"),
        id_of(template, "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption"),
    } <= earlier


def test_both_carry_the_same_change_key_and_nested_deadlines(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    prepare = resources[id_of(template, PREPARE)]["Properties"]
    prove = resources[id_of(template, PROVE)]["Properties"]
    assert prepare["Application"] == prove["Application"]
    assert prepare["ServiceToken"] == prove["ServiceToken"]
    assert prepare["DeadlineSeconds"] == "3000"
    assert prepare["ServiceTimeout"] == prove["ServiceTimeout"] == "3600"
    assert int(prove["Gate"]["DeadlineSeconds"]) < 3000


def test_handlers_have_their_rights_before_they_are_called(template: dict[str, Any]) -> None:
    earlier = before(template, id_of(template, PREPARE))
    assert any(name.startswith("ManagedFlinkLifecycleRoleDefaultPolicy") for name in earlier)
