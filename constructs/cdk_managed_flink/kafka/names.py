"""Names that MSK demands: neither a cluster nor its configuration gets one from CloudFormation."""

import re

from aws_cdk import Names
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

_LEGAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")


def cluster_name(scope: Construct, given: str | None) -> str:
    """The name that was given, or one derived from the stack's name and the construct's path.

    It is a literal, since the metrics and the names of the users' secrets contain it. A derived
    name is cut at 64 characters and then ends with a hash of the whole path.

    Raises:
        ValueError: The given name is not legal, or is not known at synth.
    """
    if given is None:
        return Names.unique_resource_name(scope, max_length=64, separator="-")
    if is_token(given) or not _LEGAL.fullmatch(given):
        raise invalid(
            scope,
            "cluster_name",
            "a token" if is_token(given) else given,
            "a literal of 1 to 64 letters, digits and -, which does not begin with -",
            "Write it out, or leave it out to have it derived from the stack's name.",
        )
    return given
