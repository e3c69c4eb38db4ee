"""Tokens and durations are told by their own look: held against what CDK says."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_managed_flink.application import durations
from cdk_managed_flink.application.place import account_of, made_in, place_of, region_of
from cdk_managed_flink.application.tokens import is_token, text_of


class Word(StrEnum):
    A = "a"


VALUES: list[tuple[str, Callable[[cdk.Stack], Any]]] = [
    ("text", lambda stack: stack.region),
    ("text-within", lambda stack: f"arn:{stack.partition}:s3:::x"),
    ("number", lambda stack: cdk.CfnParameter(stack, "N", type="Number").value_as_number),
    ("whole-number", lambda stack: int(cdk.Token.as_number(stack.region))),
    ("large-number", lambda _: -1.8e289),
    ("number-as-text", lambda stack: cdk.Token.as_string(cdk.Token.as_number(stack.region))),
    ("number-spelled", lambda stack: str(cdk.Token.as_number(stack.region))),
    ("list", lambda stack: cdk.Token.as_list(stack.region)),
    ("list-of-text", lambda stack: [stack.region]),
    ("list-of-one", lambda _: ["a"]),
    ("list-of-two", lambda stack: [stack.region, "a"]),
    ("map", lambda stack: {"a": stack.region}),
    ("reference", lambda stack: cdk.CfnParameter(stack, "P").value),
    ("lazy", lambda stack: cdk.Token.as_any(stack.region)),
    ("object", lambda stack: cdk.Duration.days(1)),
    ("mark-alone", lambda _: "Token["),
    ("mark-without-end", lambda _: "${Token[a"),
    ("mark-without-name", lambda _: "${Token[]}"),
    ("placeholder", lambda _: "${clicks}"),
    ("enum", lambda _: Word.A),
]
PLAIN: tuple[object, ...] = ("", "a", 0, 1, -1, 1.5, 10**12, True, None, [], {})


@pytest.mark.parametrize("make", [make for _, make in VALUES], ids=[name for name, _ in VALUES])
def test_a_token_is_what_cdk_takes_for_one(
    stack: cdk.Stack, make: Callable[[cdk.Stack], Any]
) -> None:
    value = make(stack)
    assert is_token(value) is cdk.Token.is_unresolved(value)


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_a_plain_value_is_none(value: object) -> None:
    assert is_token(value) is cdk.Token.is_unresolved(value) is False


def test_a_tuple_is_looked_at_like_a_list() -> None:
    assert not is_token(("a",))


def test_a_number_becomes_text_as_a_token_or_as_it_is(number: float) -> None:
    assert text_of(3) == "3"
    assert is_token(text_of(number))


@pytest.mark.parametrize(
    "duration",
    [
        cdk.Duration.millis(1500),
        cdk.Duration.seconds(0),
        cdk.Duration.seconds(90),
        cdk.Duration.minutes(1.5),
        cdk.Duration.hours(24),
        cdk.Duration.days(3650),
        cdk.Duration.parse("PT1H30M"),
        durations.seconds(5),
        durations.minutes(5),
        durations.hours(5),
        durations.days(5),
    ],
    ids=lambda duration: f"{duration.to_milliseconds():.0f}",
)
def test_a_durations_length_is_what_cdk_makes_of_it(duration: cdk.Duration) -> None:
    assert durations.milliseconds(duration) == duration.to_milliseconds()
    assert durations.whole(duration, durations.MILLISECOND) == duration.to_milliseconds()
    if duration.to_milliseconds() % 1000 == 0:
        assert durations.whole(duration, durations.SECOND) == duration.to_seconds()


def test_fails_when_a_duration_has_a_part_of_a_second() -> None:
    with pytest.raises(RuntimeError, match="whole number of seconds"):
        durations.whole(cdk.Duration.millis(1500), durations.SECOND)


def test_a_duration_that_is_known_only_in_the_deploy_has_no_length(number: float) -> None:
    late = cdk.Duration.seconds(number)
    assert durations.milliseconds(late) is None
    assert durations.whole(late, durations.SECOND) == number


@pytest.mark.parametrize(
    "env", [None, cdk.Environment(account="123456789012", region="eu-west-1")], ids=["none", "env"]
)
def test_a_place_writes_arns_as_the_stack_does(env: cdk.Environment | None) -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=env)
    place = place_of(stack)
    assert place.arn("glue", "table/a") == stack.format_arn(
        service="glue", resource="table", resource_name="a"
    )


def test_a_place_is_that_of_the_nearest_stack(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(stack, "Nested")
    key = cdk.aws_kms.Key(nested, "Key")
    assert place_of(key).stack is nested
    assert place_of(nested).stack is nested
    assert place_of(key) is place_of(nested)


def test_what_a_stack_makes_is_where_the_stack_is(stack: cdk.Stack) -> None:
    told, asked = (cdk.aws_kms.Key(stack, id_) for id_ in ("Told", "Asked"))
    made_in(place_of(stack), told)
    assert (account_of(told), region_of(told)) == (account_of(asked), region_of(asked))
    there = cdk.aws_kms.Key.from_key_arn(
        stack, "There", "arn:aws:kms:eu-west-1:123456789012:key/abc"
    )
    assert (account_of(there), region_of(there)) == ("123456789012", "eu-west-1")
