"""What goes wrong between the handlers and what they call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

# Any service may answer these, declared or not; the older protocols leave `Exception` away.
# https://docs.aws.amazon.com/managed-flink/latest/apiv2/CommonErrors.html
COMMON_ERRORS = frozenset({"ThrottlingException", "AccessDeniedException", "InternalFailure"})
QUERY_SERVICES = frozenset({"cloudformation", "sns"})


class HandlerDiedError(BaseException):
    """The Lambda environment is gone in the middle of an invocation: no handler code sees it."""


class Fault(Enum):
    THROTTLED = "throttled"
    DENIED = "denied"
    INTERNAL = "internal failure"
    IN_USE = "in use"
    CONCURRENT = "concurrent modification"
    NOT_SENT = "not sent"
    REPLY_LOST = "reply lost"
    DIED_BEFORE = "died before"
    DIED_AFTER = "died after"


CODES = {
    Fault.THROTTLED: "ThrottlingException",
    Fault.DENIED: "AccessDeniedException",
    Fault.INTERNAL: "InternalFailure",
    Fault.IN_USE: "ResourceInUseException",
    Fault.CONCURRENT: "ConcurrentModificationException",
}
ANY = "any call"
CHANGES = "any change"
READS = ("Describe", "List", "Get", "Filter")


def code_of(fault: Fault, service: str) -> str:
    """The error code that a refusal carries; empty for what is no refusal."""
    code = CODES.get(fault, "")
    common = code in COMMON_ERRORS and service in QUERY_SERVICES
    return code.removesuffix("Exception") if common else code


def is_read(operation: str) -> bool:
    return operation.startswith(READS)


def refusal(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def timed_out(*, sent: bool) -> Exception:
    kind = ReadTimeoutError if sent else ConnectTimeoutError
    error: Exception = kind(endpoint_url="https://kinesisanalytics.us-east-1.amazonaws.com")
    return error


@dataclass(frozen=True)
class Planned:
    """One fault: of the calls that `operation` names, those from the `nth` on, `times` over."""

    fault: Fault
    operation: str = ANY
    nth: int = 0
    times: int = 1

    def concerns(self, operation: str) -> bool:
        if self.operation == CHANGES:
            return not is_read(operation)
        return self.operation in (ANY, operation)


@dataclass(frozen=True)
class Outage:
    """For some minutes every call is refused: a throttled account, a policy not yet in force."""

    begin: datetime
    end: datetime
    fault: Fault = Fault.THROTTLED


@dataclass
class FaultPlan:
    planned: list[Planned] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    injected: dict[Fault, int] = field(default_factory=dict)
    _seen: list[int] = field(default_factory=list)

    def set(self, *planned: Planned, outages: tuple[Outage, ...] = ()) -> None:
        self.planned = list(planned)
        self.outages = list(outages)
        self._seen = [0] * len(planned)

    def of(self, operation: str, now: datetime, allowed: frozenset[str]) -> Fault | None:
        """The fault that this call meets, if any; refusals only as the model declares them."""
        for outage in self.outages:
            if outage.begin <= now < outage.end:
                return self._count(outage.fault)
        met: Fault | None = None
        for index, planned in enumerate(self.planned):
            if not planned.concerns(operation):
                continue
            seen = self._seen[index]
            self._seen[index] += 1
            if planned.nth <= seen < planned.nth + planned.times and met is None:
                code = CODES.get(planned.fault, "")
                if not code or code in COMMON_ERRORS or code in allowed:
                    met = planned.fault
        return self._count(met) if met else None

    def _count(self, fault: Fault) -> Fault:
        self.injected[fault] = self.injected.get(fault, 0) + 1
        return fault
