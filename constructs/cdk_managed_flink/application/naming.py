"""The application's name: a literal, because three things need it before the application exists.

The role's trust policy, the key's encryption context and the alarms all name the application, so
a name that CloudFormation generates would be a cycle.
"""

import re

from aws_cdk import Names
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

_LEGAL = re.compile(r"[a-zA-Z0-9_.-]{1,128}")


def application_name(scope: Construct, given: str | None) -> str:
    """The name that was given, or one derived from the stack's name and the construct's path.

    A derived name is cut at 128 characters and then ends with a hash of the whole path, so two
    applications never share one.

    Raises:
        ValueError: The given name is not legal, or is not known at synth.
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
    return given
