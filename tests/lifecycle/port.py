"""A client as a handler holds it, over any double: strict, and able to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from botocore import xform_name
from botocore.exceptions import ClientError

from tests.lifecycle.faults import (
    COMMON_ERRORS,
    Fault,
    FaultPlan,
    HandlerDiedError,
    code_of,
    refusal,
    timed_out,
)
from tests.lifecycle.shapes import (
    ShapeError,
    declared_errors,
    input_check,
    output_check,
    service_model,
)


class Double(Protocol):
    """What stands behind a client."""

    def call(self, operation: str, parameters: dict[str, Any], caller: str) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Call:
    """One call as the service saw it."""

    at: datetime
    caller: str
    service: str
    operation: str
    parameters: dict[str, Any]
    refused: str = ""


class Recorder(Protocol):
    @property
    def now(self) -> datetime: ...
    def record(self, call: Call) -> None: ...
    def illegal(self, what: str) -> None: ...


@cache
def operations(service: str) -> dict[str, str]:
    """The Python name of each operation."""
    return {xform_name(name): name for name in service_model(service).operation_names}


class Port:
    """One client. `faults` is None for those whose calls never fail by chance."""

    def __init__(
        self,
        service: str,
        double: Double,
        recorder: Recorder,
        caller: str,
        faults: FaultPlan | None = None,
    ) -> None:
        self._service = service
        self._double = double
        self._recorder = recorder
        self._caller = caller
        self._faults = faults

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        if method.startswith("__") or method not in operations(self._service):
            raise AttributeError(f"{self._service} has no operation {method}")
        operation = operations(self._service)[method]

        def invoke(**parameters: Any) -> dict[str, Any]:  # noqa: ANN401
            return self._invoke(operation, parameters)

        return invoke

    def _invoke(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        declared = declared_errors(self._service, operation)
        self._legal(input_check(self._service, operation), operation, parameters)
        fault = self._faults.of(operation, self._recorder.now, declared) if self._faults else None
        if fault is Fault.DIED_BEFORE:
            raise HandlerDiedError(f"before {operation}")
        if fault is Fault.NOT_SENT:
            raise timed_out(sent=False)
        code = code_of(fault, self._service) if fault else ""
        if fault and code:
            raise refusal(operation, code, f"injected: {fault.value}")
        answer = self._carried_out(operation, parameters, declared)
        if fault is Fault.DIED_AFTER:
            raise HandlerDiedError(f"after {operation}")
        if fault is Fault.REPLY_LOST:
            raise timed_out(sent=True)
        return answer

    def _carried_out(
        self, operation: str, parameters: dict[str, Any], declared: frozenset[str]
    ) -> dict[str, Any]:
        try:
            answer = self._double.call(operation, parameters, self._caller)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            self._record(operation, parameters, code)
            # CloudFormation's model declares no error of the two that are read here.
            undeclared = bool(declared) and code not in declared | COMMON_ERRORS
            assert not undeclared, f"the model declares no {code} for {operation}"
            raise
        self._record(operation, parameters)
        output_check(self._service, operation)(answer, operation)
        return answer

    def _legal(self, check: Callable[[Any, str], None], operation: str, value: object) -> None:
        try:
            check(value, operation)
        except ShapeError as error:
            self._recorder.illegal(f"{self._caller}: {error}")
            raise

    def _record(self, operation: str, parameters: dict[str, Any], refused: str = "") -> None:
        call = Call(self._recorder.now, self._caller, self._service, operation, parameters, refused)
        self._recorder.record(call)
