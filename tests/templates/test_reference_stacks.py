"""The stacks of the jobs on Kafka: what they are made of, and what the rules have against them."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks
from configurations import ENVIRONMENTS, ROOT, app, of_type, only, template_of
from linting import lint

import app as reference_app
from stacks.settings import settings_for

ON_KAFKA = ("payments", "etl")


def built(job: str, environment: str) -> cdk.Stack:
    stack: cdk.Stack = reference_app.STACKS[job](
        app(), f"{environment}-{job}", jobs=ROOT / "jobs", settings=settings_for(environment)
    )
    return stack


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("job", ON_KAFKA)
def test_no_finding_in_any_environment(job: str, environment: str) -> None:
    owner = built(job, environment).node.root
    assert isinstance(owner, cdk.App)
    cdk.Validations.of(owner).add_plugins(AwsSolutionsChecks())
    owner.synth(force=True)  # raises on a finding


@pytest.fixture(scope="module")
def templates() -> dict[str, dict[str, Any]]:
    return {job: template_of(built(job, "prod")) for job in ON_KAFKA}


@pytest.mark.slow
def test_cloudformation_takes_them(templates: dict[str, dict[str, Any]]) -> None:
    for template in templates.values():
        assert lint(template) == []


def test_topics_are_made_by_the_stack_before_the_job_starts(
    templates: dict[str, dict[str, Any]],
) -> None:
    names = {
        job: {topic["Properties"]["TopicName"] for topic in of_type(t, "AWS::MSK::Topic").values()}
        for job, t in templates.items()
    }
    assert names == {"payments": {"payments", "alerts", "rejected"}, "etl": {"departures"}}
    for template in templates.values():
        # The application comes after Prepare, which waits for what no property refers to.
        waits = set(only(template, "Custom::FlinkPrepare").get("DependsOn", []))
        assert set(of_type(template, "AWS::MSK::Topic")) <= waits


def test_the_vpc_has_no_way_out_and_what_is_called_has_an_endpoint(
    templates: dict[str, dict[str, Any]],
) -> None:
    for template in templates.values():
        assert not of_type(template, "AWS::EC2::NatGateway")
        assert not of_type(template, "AWS::EC2::InternetGateway")
        endpoint = only(template, "AWS::EC2::VPCEndpoint")["Properties"]
        assert "s3" in json.dumps(endpoint["ServiceName"])


def test_dead_letters_of_payments_are_an_alarm(templates: dict[str, dict[str, Any]]) -> None:
    alarms = of_type(templates["payments"], "AWS::CloudWatch::Alarm")
    assert any("rejected" in name.lower() for name in alarms)


@pytest.mark.parametrize(
    ("job", "jobs"),
    [("sensors", ["sensors"]), ("etl", ["etl"]), ("all", ["sensors", "payments", "etl"])],
)
def test_one_stack_is_built_unless_all_are_asked_for(job: str, jobs: list[str]) -> None:
    assert reference_app.wanted(job) == jobs


def test_fails_when_the_job_is_unknown() -> None:
    with pytest.raises(ValueError, match="context job is 'clicks'; allowed: sensors, payments"):
        reference_app.wanted("clicks")
