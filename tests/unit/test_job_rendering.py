"""Placeholders of a statement, and what may be shown of their values."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_managed_flink.job.lexing import tokens
from cdk_managed_flink.job.properties import PropertyError, PropertyGroups
from cdk_managed_flink.job.rendering import MASK, is_secret, masked, options, rendered
from cdk_managed_flink.job.statements import statements

_GROUPS = PropertyGroups(
    {
        "clicks": {"stream": "it's", "connector": "kinesis", "aws.region": "eu-west-1"},
        "limits": {"per.minute": "60"},
    }
)


def _rendered(text: str) -> str:
    (statement,) = statements(text)
    return rendered(statement, _GROUPS)


def test_a_name_becomes_its_option_list_with_the_connector_first() -> None:
    assert _rendered("CREATE TABLE a (x INT) WITH (${clicks})") == (
        "CREATE TABLE a (x INT) WITH "
        "('connector' = 'kinesis', 'aws.region' = 'eu-west-1', 'stream' = 'it''s')"
    )


def test_a_key_becomes_its_value_as_it_is_and_the_name_ends_at_the_first_dot() -> None:
    assert _rendered("INSERT INTO a SELECT ${limits.per.minute} + 1") == (
        "INSERT INTO a SELECT 60 + 1"
    )


@pytest.mark.parametrize(
    "untouched",
    [
        "INSERT INTO a SELECT '${clicks}'",
        "INSERT INTO a SELECT 'it''s ${clicks.stream}'",
        "INSERT INTO a SELECT `${clicks}` FROM b",
        "INSERT INTO a -- ${clicks} ${nothing}\nSELECT 1",
        "INSERT INTO a /* ${clicks} $${ */ SELECT 1",
    ],
)
def test_strings_quoted_identifiers_and_comments_are_left_alone(untouched: str) -> None:
    assert _rendered(untouched) == untouched


def test_a_doubled_dollar_is_a_literal_brace() -> None:
    assert _rendered("INSERT INTO a SELECT $${clicks} FROM b") == (
        "INSERT INTO a SELECT ${clicks} FROM b"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${click}", "${click}: there is no property group 'click'; there are: clicks, limits"),
        ("${Clicks}", "${Clicks}: there is no property group 'Clicks'; there are: clicks, limits"),
        (
            "${limits.a}",
            "${limits.a}: property group 'limits' has no key 'a'; it has: per.minute",
        ),
    ],
)
def test_fails_when_a_group_or_key_is_missing_and_names_those_that_exist(
    text: str, told: str
) -> None:
    with pytest.raises(PropertyError, match=re.escape(told)):
        _rendered(f"INSERT INTO a SELECT {text}")


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), min_size=1))
def test_an_option_list_reads_back_as_the_group_whatever_is_in_it(group: dict[str, str]) -> None:
    """No value can end its literal, open a comment or become a placeholder."""
    strings = [t.string for t in tokens(options(group)) if t.string is not None]
    assert dict(zip(strings[::2], strings[1::2], strict=True)) == group


@given(
    st.text(alphabet=st.characters(exclude_characters="*"), min_size=4, max_size=20),
    st.text(max_size=20),
)
def test_no_secret_is_left_in_a_masked_text(secret: str, around: str) -> None:
    groups = PropertyGroups({"g": {"properties.sasl.password": secret}})
    text = f"{around}{secret}{around} {options(groups['g'])}"
    assert secret not in masked(text, groups)
    assert MASK in masked(text, groups)


def test_a_short_secret_is_masked_where_it_is_an_option() -> None:
    groups = PropertyGroups({"g": {"password": "a"}})
    assert masked("a table 'password' = 'a'", groups) == f"a table 'password' = '{MASK}'"


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("aws.credentials.basic.secretkey", "x", True),
        ("aws.credentials.basic.accesskeyid", "x", True),
        ("aws.credentials.provider", "BASIC", False),
        ("properties.sasl.jaas.config", "x", True),
        ("api-key", "x", True),
        ("url", "secret:arn:aws:secretsmanager:eu-west-1:111122223333:secret:x", True),
        ("key.fields", "x", False),
        ("stream", "x", False),
    ],
)
def test_what_counts_as_a_secret(key: str, value: str, secret: bool) -> None:
    assert is_secret(key, value) is secret
