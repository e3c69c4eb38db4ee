"""The application's name: a literal, legal, and nobody else's."""

import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from configurations import app
from constructs import Construct

from cdk_managed_flink import FlinkApplication, FlinkCode

LEGAL = re.compile(r"[a-zA-Z0-9_.-]{1,128}")


def name(scope: Construct, id_: str, job: Path, given: str | None = None) -> str:
    return FlinkApplication(
        scope, id_, code=FlinkCode.from_sql(job), application_name=given
    ).application_name


@pytest.mark.parametrize("given", ["a", "x" * 128, "a_b-c.d", "42"])
def test_a_legal_name_is_taken_as_it_is(stack: cdk.Stack, job: Path, given: str) -> None:
    assert name(stack, "App", job, given) == given


@pytest.mark.parametrize("given", ["two words", "x" * 129, "", "line\n", "a/b", "über"])
def test_fails_when_the_name_is_illegal(stack: cdk.Stack, job: Path, given: str) -> None:
    with pytest.raises(ValueError, match="Stack/App: application_name is ") as error:
        name(stack, "App", job, given)
    assert "; allowed: 1 to 128 of the characters a-z A-Z 0-9 _ . -. " in str(error.value)
    assert f"It has {len(given)} characters; replace what is not allowed" in str(error.value)


def test_fails_when_the_name_is_a_token(stack: cdk.Stack, job: Path, text: str) -> None:
    with pytest.raises(
        ValueError, match=r"application_name is 'a token'; allowed: a literal\. .* write it out"
    ):
        name(stack, "App", job, text)


def test_derived_names_are_legal_and_distinct(job: Path) -> None:
    owner = app()
    stack = cdk.Stack(owner, "Clicks")
    long = "A" * 200
    dashed, plain = Construct(stack, "a-b"), Construct(stack, "a")
    names = [
        name(stack, "App", job),
        name(stack, "Resource", job),
        name(stack, "Ünïcode and spaces", job),
        # one text when joined by dashes
        name(dashed, "c", job),
        name(plain, "b-c", job),
        # one text up to the cut
        name(stack, long + "1", job),
        name(stack, long + "2", job),
        # one path in another stack, stage or nested stack
        name(cdk.Stack(owner, "Other"), "App", job),
        *(name(cdk.Stack(cdk.Stage(owner, s), "Clicks"), "App", job) for s in ("One", "Two")),
        *(name(cdk.NestedStack(stack, n), "App", job) for n in ("Left", "Right")),
        name(cdk.NestedStack(cdk.Stack(owner, "Third"), "Left"), "App", job),
    ]
    assert len(set(names)) == len(names)
    assert all(LEGAL.fullmatch(found) for found in names), names
    assert [len(found) for found in names if "AAAA" in found] == [128, 128]


def test_derived_name_starts_with_the_stacks_name(job: Path) -> None:
    for stack_name in ("dev-clicks", "prod-clicks"):
        stack = cdk.Stack(app(), "Clicks", stack_name=stack_name)
        assert name(stack, "App", job).startswith(f"{stack_name}-App-")
        assert name(cdk.NestedStack(stack, "Nested"), "App", job).startswith(stack_name)


def test_derived_name_is_the_same_at_each_synth_and_in_each_region(job: Path) -> None:
    places = [None, cdk.Environment(account="123456789012", region="eu-west-1")]
    names = {name(cdk.Stack(app(), "Clicks", env=place), "App", job) for place in places}
    assert len(names) == 1


def test_fails_when_two_applications_of_an_app_have_one_name(job: Path) -> None:
    owner = app()
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    name(cdk.Stack(owner, "One", env=place), "App", job, "sensors")
    with pytest.raises(
        ValueError,
        match=r"^Two/App: application_name is 'sensors'; allowed: a name of its own; One/App has "
        r"this one\. Two applications",
    ):
        name(cdk.Stack(owner, "Two", env=place), "App", job, "sensors")


@pytest.mark.parametrize(
    "place", [{"account": "123456789012", "region": "us-east-1"}, {"account": "210987654321"}]
)
def test_applications_of_two_accounts_regions_or_stages_may_have_one_name(
    job: Path, place: dict[str, str]
) -> None:
    owner = app()
    here = {"account": "123456789012", "region": "eu-west-1"}
    name(cdk.Stack(owner, "One", env=cdk.Environment(**here)), "App", job, "sensors")
    there = cdk.Environment(**{**here, **place})
    assert name(cdk.Stack(owner, "Two", env=there), "App", job, "sensors") == "sensors"
    for stage in ("Dev", "Prod"):
        stack = cdk.Stack(cdk.Stage(owner, stage), "One")
        assert name(stack, "App", job, "sensors") == "sensors"
