"""Flags in the app's context: the second key of what a property alone must not do."""

from constructs import Construct


def is_set(scope: Construct, flag: str) -> bool:
    """Whether the context value is ``true``: text from the CLI, a boolean from ``cdk.json``."""
    return str(scope.node.try_get_context(flag)).lower() == "true"


def names(scope: Construct, flag: str) -> list[str]:
    """The names that the context lists: text with commas from the CLI, a list in ``cdk.json``."""
    found = scope.node.try_get_context(flag) or []
    listed = found.split(",") if isinstance(found, str) else list(found)
    return sorted({str(name).strip() for name in listed} - {""})
