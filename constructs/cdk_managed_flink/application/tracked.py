"""The application's L1, which can tell what it will be in the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_kinesisanalyticsv2 as kda
from constructs import Construct

from cdk_managed_flink.application import overrides
from cdk_managed_flink.application.place import place_of


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """An application as CloudFormation will see it.

    Attributes:
        properties: The properties, without overrides.
        overrides: The overrides by their paths; ``None`` deletes.
        others: What else was resolved with them.
    """

    properties: dict[str, Any]
    overrides: dict[str, Any]
    others: Sequence[Any]

    def change(self) -> dict[str, Any]:
        """All that a deploy would change; tags and metadata are left out."""
        return {
            "properties": {
                name: value
                for name, value in self.properties.items()
                if name != "Tags" and value is not None
            },
            "overrides": {
                path: "(deleted)" if value is None else value
                for path, value in self.overrides.items()
                if path.startswith("Properties.") and path.split(".")[1] != "Tags"
            },
        }

    def effective(self) -> dict[str, Any]:
        """The properties as the template will have them: overrides applied."""
        return overrides.applied(self.properties, self.overrides)


class TrackedApplication(kda.CfnApplication):
    """``CfnApplication`` that can render itself.

    The L1 keeps its overrides to itself, so they are recorded on their way in: every
    ``add_*_override`` ends in ``add_override``.
    """

    def __init__(self, scope: Construct, id: str, **props: Any) -> None:  # noqa: ANN401
        self._overrides: dict[str, Any] = {}
        super().__init__(scope, id, **props)

    def add_override(self, path: str, value: Any) -> None:  # noqa: ANN401
        self._overrides[path] = value
        super().add_override(path, value)

    def rendered(self, *further: object) -> Rendered:
        """Properties, overrides and whatever else, resolved in one go."""
        changed = {path: value for path, value in self._overrides.items() if value is not None}
        # Protected names of the L1, pinned by a test on the oldest and newest aws-cdk-lib.
        properties, values, *others = place_of(self).stack.resolve(
            [self._cfn_properties, list(changed.values()), *further]
        )
        resolved = dict(zip(changed, values, strict=True))
        return Rendered(
            properties=dict(self._render_properties(properties) or {}),
            overrides={path: resolved.get(path) for path in self._overrides},
            others=others,
        )
