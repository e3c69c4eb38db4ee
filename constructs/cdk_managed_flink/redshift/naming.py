"""Names that CloudFormation demands: neither a namespace nor a workgroup gets one by itself."""

import re

from aws_cdk import CfnResource, Names
from constructs import Construct, IConstruct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.tokens import is_token

_LEGAL = re.compile(r"[a-z0-9-]{3,64}")
# Shared by all names that are folded to lower case when SQL reads them.
_LONGEST = 64


def lower_case_name(scope: Construct, *, longest: int = _LONGEST) -> str:
    """A name in lower case, derived from the stack's name and the construct's path.

    It is cut at ``longest`` and then ends with a hash of the whole path.
    """
    found = Names.unique_resource_name(scope, max_length=longest, separator="-")
    return found.lower().strip("-")


def known_name(construct: IConstruct, name: str, attribute: str) -> str | None:
    """A name as far as synth knows it.

    The L2 of what is made in the app has a token for it, even where the name was given: its L1 has
    the name itself.

    Args:
        construct: An L2, made or imported.
        name: The L2's value.
        attribute: Where its L1 has the name.
    """
    resource = construct.node.default_child
    if isinstance(resource, CfnResource):
        name = place_of(resource).stack.resolve(getattr(resource, attribute))
    return None if not isinstance(name, str) or is_token(name) else name


def warehouse_name(scope: Construct, given: str | None) -> str:
    """The name that was given, or a derived one.

    It is a literal, since the schema of both resource types requires one, and a change replaces
    them with all data.

    Raises:
        ValueError: The given name is not legal, or is not known at synth.
    """
    if given is None:
        return lower_case_name(scope)
    if is_token(given) or not _LEGAL.fullmatch(given):
        raise invalid(
            scope,
            "name",
            "a token" if is_token(given) else given,
            "a literal of 3 to 64 of the characters a-z 0-9 -",
            "Write it out, or leave it out to have it derived from the stack's name.",
        )
    return given
