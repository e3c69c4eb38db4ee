"""The application's name: a literal, because three things need it before the application exists.

The role's trust policy, the key's encryption context and the alarms all name the application, so
a name that CloudFormation generates would be a cycle.
"""

import re

from aws_cdk import Names, Stage
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.registry import Registry
from cdk_managed_flink.application.tokens import is_token

_LEGAL = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
# Of each stage: the names that were given, by account and Region, with the construct's path.
_GIVEN = Registry[tuple[str, str, str], str]()


def application_name(scope: Construct, given: str | None) -> str:
    """The name that was given, or one derived from the stack's name and the construct's path.

    A derived name is cut at 128 characters and then ends with a hash of the whole path, so two
    applications never share one.

    Raises:
        ValueError: The given name is not legal, is not known at synth, or another application of
            the same account and Region has it.
    """
    if given is None:
        return Names.unique_resource_name(
            scope, max_length=128, separator="-", allowed_special_characters="_.-"
        )
    if is_token(given):
        raise invalid(
            scope,
            "application_name",
            "a token",
            "a literal",
            "The role's trust policy and the key's policy need the name at synth: write it out, "
            "or leave it out to have it derived from the stack's name.",
        )
    if not _LEGAL.fullmatch(given):
        raise invalid(
            scope,
            "application_name",
            given,
            "1 to 128 of the characters a-z A-Z 0-9 _ . -",
            f"It has {len(given)} characters; replace what is not allowed, such as spaces, by '-'.",
        )
    _claim(scope, given)
    return given


def _claim(scope: Construct, name: str) -> None:
    """Applications of one account and Region have different names: the service knows no other id.

    https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_CreateApplication.html
    """
    place = place_of(scope)
    account, region = ("" if is_token(part) else part for part in (place.account, place.region))
    path = scope.node.path
    other = _GIVEN.of(Stage.of(scope) or scope.node.root).setdefault((account, region, name), path)
    if other != path:
        raise invalid(
            scope,
            "application_name",
            name,
            f"a name of its own; {other} has this one",
            "Two applications of one account and Region cannot share a name: choose another, or "
            "remove application_name= to have one derived.",
        )
