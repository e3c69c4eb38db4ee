"""Types whose service has nothing behind it here: a green deploy of them would mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

_UNRECOGNIZED = "Template format error: Unrecognized resource types: "
_INSTEAD = "; leave out what needs it where the stack is for this machine"
# By what the type begins with.
_REASONS = {
    "AWS::Glue::Registry": f"there is no schema registry on this machine{_INSTEAD}",
    "AWS::Glue::Schema": f"there is no schema registry on this machine{_INSTEAD}",
    "AWS::OpenSearch": f"there is no OpenSearch on this machine{_INSTEAD}",
    "AWS::Redshift": f"there is no Redshift on this machine{_INSTEAD}",
}


def reasons(types: list[str]) -> list[str]:
    """Why these types can't be deployed, each once."""
    found = {
        f"{prefix}*: {reason}"
        for prefix, reason in _REASONS.items()
        if any(type_.startswith(prefix) for type_ in types)
    }
    return sorted(found)


def install() -> None:
    """Refuse them before anything is made, as CloudFormation refuses a type that it lacks."""
    handlers = ministack.resource_handlers()
    for type_ in [t for t in handlers if t.startswith(tuple(_REASONS))]:
        del handlers[type_]

    def validate(original: Callable[..., None]) -> Callable[..., None]:
        def validated(*arguments: Any, **named: Any) -> None:  # noqa: ANN401
            try:
                original(*arguments, **named)
            except ValueError as error:
                text = str(error)
                if not text.startswith(_UNRECOGNIZED):
                    raise
                listed = text.removeprefix(_UNRECOGNIZED).strip("[]").split(", ")
                raise ValueError("; ".join([text, *reasons(listed)])) from error

        return validated

    for module in ("handlers", "changesets"):
        ministack.replace(ministack.cloudformation(module), "validate_template_support", validate)
