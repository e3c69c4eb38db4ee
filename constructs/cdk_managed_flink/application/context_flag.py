"""Flags in the app's context: the second key of what a property alone must not do."""

from constructs import Construct


def is_set(scope: Construct, flag: str) -> bool:
    """Whether the context says ``true``: text from the CLI, a boolean from ``cdk.json``."""
    return str(scope.node.try_get_context(flag)).lower() == "true"
