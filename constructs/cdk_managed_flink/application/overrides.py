"""What ``add_property_override`` makes of a resource's properties."""

import re
from collections.abc import Mapping
from typing import Any

_PREFIX = "Properties."
_DOT = re.compile(r"(?<!\\)\.")


def applied(properties: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with the overrides in them, maps merged as CDK merges them.

    Args:
        properties: Resolved properties, as the template names them.
        overrides: Resolved values by path, such as ``Properties.Tags``; ``None`` deletes.
            A path into a list is left out.
    """
    found: Any = dict(properties)
    for path, value in overrides.items():
        if path.startswith(_PREFIX):
            names = [name.replace("\\.", ".") for name in _DOT.split(path[len(_PREFIX) :])]
            found = _merged(found, _nested(names, value))
    return dict(found)


def _nested(names: list[str], value: Any) -> Any:  # noqa: ANN401
    for name in reversed(names):
        value = {name: value}
    return value


def _merged(value: Any, override: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list) and isinstance(override, dict):
        return value
    if not isinstance(override, dict) or _is_function(override) or _is_function(value):
        return override
    merged = dict(value) if isinstance(value, dict) else {}
    for name, inner in override.items():
        if inner is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), inner)
    return merged


def _is_function(value: Any) -> bool:  # noqa: ANN401
    return (
        isinstance(value, dict)
        and len(value) == 1
        and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::"))
    )
