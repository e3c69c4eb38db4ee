"""References in what synth has resolved, and which of them are to secrets."""

import re
from collections.abc import Collection
from typing import Any

from aws_cdk import CfnParameter
from constructs import Construct

from cdk_managed_flink.application.place import place_of

# ``${Name}`` in Fn::Sub, but neither a pseudo parameter nor a literal ``${!Name}``.
_OWN_NAME = re.compile(r"\$\{(?!AWS::|!)")
_NAME_IN_SUB = re.compile(r"\$\{([^!}.]+)")


class Secrets:
    """The parameters with NoEcho that a resolved value refers to.

    The walk over the stack is only done for names that are new.
    """

    def __init__(self, scope: Construct) -> None:
        self._scope = scope
        self._known: set[str] = set()
        self._no_echo: set[str] = set()

    def none_of(self, resources: Collection[str]) -> None:
        """Take it that these names are resources."""
        self._known.update(resources)

    def within(self, value: Any) -> set[str]:  # noqa: ANN401
        """Their logical ids."""
        names = names_in(references_in(value))
        if not names <= self._known:
            self._known |= names
            stack = place_of(self._scope).stack
            self._no_echo = {
                str(stack.resolve(parameter.logical_id))
                for parameter in stack.node.find_all()
                if isinstance(parameter, CfnParameter) and parameter.no_echo
            }
        return names & self._no_echo


def references_in(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Intrinsic functions in a resolved value, without pseudo parameters."""
    if isinstance(value, list):
        return [found for item in value for found in references_in(item)]
    if not isinstance(value, dict):
        return []
    if set(value) == {"Ref"}:
        return [] if str(value["Ref"]).startswith("AWS::") else [value]
    if len(value) == 1 and next(iter(value)) in ("Fn::GetAtt", "Fn::ImportValue"):
        return [value]
    if "Fn::Sub" in value:
        return [value] if _OWN_NAME.search(_text(value["Fn::Sub"])) else []
    return [found for item in value.values() for found in references_in(item)]


def names_in(references: Any) -> set[str]:  # noqa: ANN401
    """Logical names in a Ref, in an Fn::Sub, or in a list or map of them."""
    if isinstance(references, list):
        return {name for item in references for name in names_in(item)}
    if not isinstance(references, dict):
        return set()
    names = {str(references["Ref"])} if "Ref" in references else set()
    if "Fn::Sub" in references:
        names.update(_NAME_IN_SUB.findall(_text(references["Fn::Sub"])))
    return names.union(*(names_in(value) for value in references.values()))


def _text(sub: Any) -> str:  # noqa: ANN401
    """The text of an Fn::Sub, with or without values of its own."""
    return str(sub[0] if isinstance(sub, list) else sub)
