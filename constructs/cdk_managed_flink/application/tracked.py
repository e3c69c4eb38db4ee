"""The application's L1, and the change key that tells whether a deploy changes the application."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import jsii
from aws_cdk import CfnParameter, IAnyProducer, IResolvable, IResolveContext, Lazy, Stack
from aws_cdk import aws_kinesisanalyticsv2 as kda
from constructs import Construct

from cdk_managed_flink.application import overrides

# ``${Name}`` in Fn::Sub, but neither a pseudo parameter nor a literal ``${!Name}``.
_OWN_NAME = re.compile(r"\$\{(?!AWS::|!)")
_NAME_IN_SUB = re.compile(r"\$\{([^!}.]+)")


class TrackedApplication(kda.CfnApplication):
    """``CfnApplication`` that can render itself as CloudFormation will see it.

    The L1 keeps its overrides to itself, so they are recorded on their way in: every
    ``add_*_override`` ends in ``add_override``.
    """

    def __init__(self, scope: Construct, id: str, **props: Any) -> None:  # noqa: ANN401
        self._overrides: dict[str, Any] = {}
        super().__init__(scope, id, **props)

    def add_override(self, path: str, value: Any) -> None:  # noqa: D102, ANN401
        self._overrides[path] = value
        super().add_override(path, value)

    def rendered(self) -> dict[str, Any]:
        """Properties and overrides, resolved; tags and metadata are left out."""
        stack = Stack.of(self)
        return {
            "properties": {
                name: value
                for name, value in self._own_properties().items()
                if name != "Tags" and value is not None
            },
            "overrides": {
                path: "(deleted)" if value is None else stack.resolve(value)
                for path, value in self._overrides.items()
                if path.startswith("Properties.") and path.split(".")[1] != "Tags"
            },
        }

    def effective(self) -> dict[str, Any]:
        """The properties as the template will have them: resolved, overrides applied."""
        stack = Stack.of(self)
        return overrides.applied(
            self._own_properties(),
            {
                path: None if value is None else stack.resolve(value)
                for path, value in self._overrides.items()
            },
        )

    def _own_properties(self) -> dict[str, Any]:
        # Protected names of the L1, pinned by a test on the oldest and newest aws-cdk-lib.
        found = self._render_properties(Stack.of(self).resolve(self._cfn_properties))
        return dict(found or {})


def change_key(application: TrackedApplication, *, also: Callable[[], Any]) -> IResolvable:
    """A property for custom resources that changes exactly when the application changes.

    Args:
        application: The application.
        also: Gives, at synth, what belongs to the application beside its own properties: its
            logging option's.

    ``Digest`` covers the template's text. ``Inputs`` holds the references in it, whose values may
    change while the text stays, and makes what they refer to come first in a deploy. Parameters
    with NoEcho are left out: CDK's provider framework logs the properties of custom resources.
    """
    return Lazy.uncached_any(_ChangeKey(application, also))


class Secrets:
    """The parameters with NoEcho that a resolved value refers to.

    The walk over the stack is only done for names that are new.
    """

    def __init__(self, scope: Construct) -> None:
        self._scope = scope
        self._known: set[str] = set()
        self._no_echo: set[str] = set()

    def within(self, value: Any) -> set[str]:  # noqa: ANN401
        """Their logical ids."""
        names = _names(_references(value))
        if not names <= self._known:
            self._known |= names
            stack = Stack.of(self._scope)
            self._no_echo = {
                str(stack.resolve(parameter.logical_id))
                for parameter in stack.node.find_all()
                if isinstance(parameter, CfnParameter) and parameter.no_echo
            }
        return names & self._no_echo


@jsii.implements(IAnyProducer)
class _ChangeKey:
    def __init__(self, application: TrackedApplication, also: Callable[[], Any]) -> None:
        self._application = application
        self._also = also
        self._secrets = Secrets(application)

    def produce(self, context: IResolveContext) -> Any:  # noqa: ANN401
        rendered = self._application.rendered()
        rendered["also"] = Stack.of(self._application).resolve(self._also())
        text = json.dumps(rendered, sort_keys=True)
        references = {json.dumps(found, sort_keys=True): found for found in _references(rendered)}
        secrets = self._secrets.within(list(references.values()))
        return {
            "Digest": hashlib.sha256(text.encode()).hexdigest(),
            "Inputs": [
                reference
                for _, reference in sorted(references.items())
                if not _names(reference) & secrets
            ],
        }


def _references(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Intrinsic functions in a resolved value, without pseudo parameters."""
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    if not isinstance(value, dict):
        return []
    if set(value) == {"Ref"}:
        return [] if str(value["Ref"]).startswith("AWS::") else [value]
    if len(value) == 1 and next(iter(value)) in ("Fn::GetAtt", "Fn::ImportValue"):
        return [value]
    if "Fn::Sub" in value:
        return [value] if _OWN_NAME.search(_text(value["Fn::Sub"])) else []
    return [found for item in value.values() for found in _references(item)]


def _names(references: Any) -> set[str]:  # noqa: ANN401
    """Logical names in a Ref, in an Fn::Sub, or in a list or map of them."""
    if isinstance(references, list):
        return {name for item in references for name in _names(item)}
    if not isinstance(references, dict):
        return set()
    names = {str(references["Ref"])} if "Ref" in references else set()
    if "Fn::Sub" in references:
        names.update(_NAME_IN_SUB.findall(_text(references["Fn::Sub"])))
    return names.union(*(_names(value) for value in references.values()))


def _text(sub: Any) -> str:  # noqa: ANN401
    """The text of an Fn::Sub, with or without values of its own."""
    return str(sub[0] if isinstance(sub, list) else sub)
