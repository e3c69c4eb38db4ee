"""The checks that many arguments share, and the one form of their errors."""

import aws_cdk as cdk
import pytest

from cdk_managed_flink.application.errors import (
    cannot_combine,
    check_new_or_existing,
    check_one_of,
    check_range,
)


def test_two_properties_that_exclude_each_other() -> None:
    error = cannot_combine("S3Sink", "versioned", True, "bucket=")
    assert str(error) == (
        "S3Sink: versioned is True, which cannot be combined with bucket=. Remove one of them."
    )


def test_fails_when_a_value_is_not_in_the_list() -> None:
    check_one_of("Topic", "cleanup", "compact", ("compact", "delete"), "Leave it out.")
    with pytest.raises(ValueError, match="cleanup is 'keep'; allowed: compact, delete"):
        check_one_of("Topic", "cleanup", "keep", ("compact", "delete"), "Leave it out.")


@pytest.mark.parametrize(
    ("number", "most"),
    [(1, None), (4, 4), (cdk.Token.as_number({}), 4)],
    ids=["one", "most", "token"],
)
def test_a_number_within_the_limits_or_known_in_the_deploy(number: float, most: int | None) -> None:
    check_range("Topic", "partitions", number, "Leave it out.", at_least=1, at_most=most)


def test_fails_when_a_number_is_outside_the_limits() -> None:
    with pytest.raises(ValueError, match="partitions is 0; allowed: 1 or more"):
        check_range("Topic", "partitions", 0, "Leave it out.", at_least=1)
    with pytest.raises(ValueError, match="days is 5000; allowed: 1 to 3,650 days"):
        check_range("S", "days", 5000, "Shorten it.", at_least=1, at_most=3650, unit="days")


def test_fails_when_an_option_of_a_new_resource_comes_with_an_existing_one() -> None:
    unset: dict[str, object] = {"versioned": False, "lifecycle": None, "replicas": (), "keys": {}}
    check_new_or_existing("S3Sink", "bucket", "theirs", "their key", unset)
    with pytest.raises(
        ValueError,
        match=r"^S3Sink: versioned is True, which cannot be combined with bucket=\. An existing "
        r"bucket is never changed: set it on the bucket itself\.$",
    ):
        check_new_or_existing("S3Sink", "bucket", "theirs", None, {**unset, "versioned": True})


def test_fails_when_a_new_resource_is_given_the_key_of_an_existing_one() -> None:
    check_new_or_existing("S3Sink", "bucket", None, None, {"versioned": True})
    with pytest.raises(
        ValueError, match="encryption_key is 'key'; allowed: the key of an existing bucket"
    ):
        check_new_or_existing("S3Sink", "bucket", None, "key", {})
