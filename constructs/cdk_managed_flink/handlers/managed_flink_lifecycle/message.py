"""A dataclass that is a map of properties: one field a key, written and read the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from enum import Enum
from typing import Any, Self


class ContractError(Exception):
    """A message that lacks a key, or has a value that the key cannot have."""


def key_of(name: str) -> str:
    """The key of a field: its name in CamelCase."""
    return "".join(word.capitalize() for word in name.split("_"))


def to_text(value: float) -> str:
    """A number or a flag as CloudFormation delivers it."""
    return str(value).lower() if isinstance(value, bool) else str(int(value))


def to_flag(text: str) -> bool:
    """The flag that `to_text` wrote."""
    return text.lower() == "true"


def seconds(text: str) -> timedelta:
    """A whole number of seconds that `to_text` wrote."""
    return timedelta(seconds=int(text))


@dataclass(frozen=True, kw_only=True)
class Message:
    """Its fields under their keys; ``read`` in a field's metadata converts what was written."""

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        """Reads the message; keys that it does not have are ignored.

        Raises:
            ContractError: A key is missing, or has a value that it cannot have.
        """
        found = {}
        for each in fields(cls):
            key, read = key_of(each.name), each.metadata.get("read")
            if key in written:
                try:
                    found[each.name] = read(written[key]) if read else written[key]
                except ValueError as error:
                    raise ContractError(f"{cls.__name__}: {key}: {error}.") from None
            elif each.default is MISSING:
                raise ContractError(
                    f"{cls.__name__} has no {key}: the template and the functions come from "
                    "different releases of cdk-managed-flink. Deploy the stack again."
                )
        return cls(**found)

    def to_dict(self) -> dict[str, Any]:
        """Writes the message; a field that is None is left out."""
        values = {key_of(each.name): getattr(self, each.name) for each in fields(self)}
        return {key: _written(value) for key, value in values.items() if value is not None}


def _written(value: object) -> object:
    if isinstance(value, Message):
        return value.to_dict()
    if isinstance(value, Enum):  # jsii would take it for an enum of its own
        return value.value
    if isinstance(value, Mapping):
        return {key: _written(held) for key, held in value.items()}
    return list(value) if isinstance(value, tuple) else value
