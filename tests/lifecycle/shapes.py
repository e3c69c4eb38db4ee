"""Parameters and answers held against a service's model, every constraint of it.

botocore itself checks neither enumerations nor patterns nor maximums, and no answer at all.
A check is compiled once for each shape, so that thousands of deploys stay affordable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import botocore.session
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from cdk_managed_flink.handlers import managed_flink_lifecycle

Value: TypeAlias = Any
Check: TypeAlias = Callable[[Value, str], None]
AnyShape: TypeAlias = Any  # botocore makes its classes of shapes at run time

# The stack's own events carry the stack's status, of which the model lists not every one:
# a user sees them in the events of every update.
UNLISTED = {
    "ResourceStatus": frozenset(
        {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}
    )
}
SHIPPED_MODELS = Path(managed_flink_lifecycle.__file__).parent / "models"


class ShapeError(AssertionError):
    """A parameter or an answer that the service's model does not allow."""


@cache
def service_model(service: str) -> ServiceModel:
    """The model shipped with the handlers where there is one, else botocore's own."""
    loader = Loader(extra_search_paths=[str(SHIPPED_MODELS)], include_default_search_paths=False)
    if service not in loader.list_available_services("service-2"):
        loader = botocore.session.get_session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@cache
def input_check(service: str, operation: str) -> Check:
    return _check_of(service_model(service).operation_model(operation).input_shape)


@cache
def output_check(service: str, operation: str) -> Check:
    return _check_of(service_model(service).operation_model(operation).output_shape)


@cache
def declared_errors(service: str, operation: str) -> frozenset[str]:
    """The codes of the errors that the model lists for the operation."""
    shapes = service_model(service).operation_model(operation).error_shapes
    return frozenset(shape.error_code or shape.name for shape in shapes)


def _check_of(shape: Shape | None) -> Check:
    if shape is None:
        return _nothing
    return _compiled(shape, {})


def _nothing(value: Value, where: str) -> None:
    if value:
        raise ShapeError(f"{where}: nothing is expected, got {value!r}")


def _compiled(shape: Shape, known: dict[str, Check]) -> Check:
    if shape.name in known:
        return known[shape.name]

    def later(value: Value, where: str) -> None:  # a shape may hold itself
        known[shape.name](value, where)

    known[shape.name] = later
    compiler = _COMPILERS.get(shape.type_name, _scalar)
    known[shape.name] = compiler(shape, known)
    return known[shape.name]


def _structure(shape: AnyShape, known: dict[str, Check]) -> Check:
    members = {name: _compiled(member, known) for name, member in shape.members.items()}
    required = frozenset(shape.required_members)

    def check(value: Value, where: str) -> None:
        if not isinstance(value, Mapping):
            raise ShapeError(f"{where}: a structure is expected, got {value!r}")
        missing = required - value.keys()
        if missing:
            raise ShapeError(f"{where}: lacks {sorted(missing)}")
        for name, held in value.items():
            if name not in members:
                raise ShapeError(f"{where}: has no member {name}")
            members[name](held, f"{where}.{name}")

    return check


def _list(shape: AnyShape, known: dict[str, Check]) -> Check:
    member = _compiled(shape.member, known)
    least, most = _bounds(shape)

    def check(value: Value, where: str) -> None:
        if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:
            raise ShapeError(f"{where}: {least} to {most} items are expected, got {value!r}")
        for held in value:
            member(held, f"{where}[]")

    return check


def _map(shape: AnyShape, known: dict[str, Check]) -> Check:
    key, item = _compiled(shape.key, known), _compiled(shape.value, known)

    def check(value: Value, where: str) -> None:
        if not isinstance(value, Mapping):
            raise ShapeError(f"{where}: a map is expected, got {value!r}")
        for name, held in value.items():
            key(name, f"{where} key")
            item(held, f"{where}[{name}]")

    return check


def _string(shape: AnyShape, _: dict[str, Check]) -> Check:
    least, most = _bounds(shape)
    allowed = frozenset(shape.enum) | UNLISTED.get(shape.name, frozenset())
    pattern = re.compile(shape.metadata["pattern"]) if "pattern" in shape.metadata else None

    def check(value: Value, where: str) -> None:
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise ShapeError(f"{where}: a text of {least} to {most} is expected, got {value!r}")
        if allowed and value not in allowed:
            raise ShapeError(f"{where}: {value!r} is none of {sorted(allowed)}")
        if pattern and not pattern.fullmatch(value):
            raise ShapeError(f"{where}: {value!r} does not match {pattern.pattern}")

    return check


def _number(types: type | tuple[type, ...]) -> Callable[[AnyShape, dict[str, Check]], Check]:
    def compiler(shape: AnyShape, _: dict[str, Check]) -> Check:
        least, most = _bounds(shape, -float("inf"))

        def check(value: Value, where: str) -> None:
            fits = isinstance(value, types) and not isinstance(value, bool)
            if not fits or not least <= value <= most:
                raise ShapeError(f"{where}: a number of {least} to {most}, got {value!r}")

        return check

    return compiler


def _scalar(shape: AnyShape, _: dict[str, Check]) -> Check:
    expected: dict[str, type | tuple[type, ...]] = {"boolean": bool, "timestamp": datetime}
    kind = expected.get(shape.type_name, object)

    def check(value: Value, where: str) -> None:
        if not isinstance(value, kind):
            raise ShapeError(f"{where}: a {shape.type_name} is expected, got {value!r}")
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ShapeError(f"{where}: a time without its zone: {value!r}")

    return check


def _bounds(shape: AnyShape, least: float = 0) -> tuple[float, float]:
    return shape.metadata.get("min", least), shape.metadata.get("max", float("inf"))


_COMPILERS: dict[str, Callable[[AnyShape, dict[str, Check]], Check]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _number(int),
    "long": _number(int),
    "double": _number((int, float)),
    "float": _number((int, float)),
}
