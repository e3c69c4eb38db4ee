"""The functions of custom resources: begin, poll, fail, and never made."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_managed_flink.handlers.managed_flink_resources import entry
from cdk_managed_flink.handlers.managed_flink_resources.request import (
    Begun,
    Done,
    Request,
    ResourceError,
)


class Kind(ModuleType):
    """Stands in for a kind's module; answers what a test puts there."""

    def __init__(self) -> None:
        super().__init__("cdk_managed_flink.handlers.managed_flink_resources.some_thing")
        self.begun: Begun | Exception = Begun("the-thing", {"Query": "1"})
        self.polled: Done | Exception | None = None
        self.requests: list[Request] = []

    def begin(self, request: Request) -> Begun:
        self.requests.append(request)
        if isinstance(self.begun, Exception):
            raise self.begun
        return self.begun

    def poll(self, request: Request) -> Done | None:
        self.requests.append(request)
        if isinstance(self.polled, Exception):
            raise self.polled
        return self.polled


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Kind:
    found = Kind()
    monkeypatch.setitem(sys.modules, found.__name__, found)
    return found


def event(type_: str = "Create", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "RequestType": type_,
        "RequestId": "request-1",
        "ResourceProperties": {"Kind": "SomeThing", "Size": "3"},
        **more,
    }


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "why"}}, "DoIt")


def test_begun_and_polled_until_it_is_there(kind: Kind) -> None:
    begun = entry.on_event(event(), None)
    assert begun["PhysicalResourceId"] == "the-thing"
    assert begun["Data"]["Query"] == "1"
    assert entry.is_complete(event(**begun), None) == {"IsComplete": False}
    kind.polled = Done({"Address": "here"})
    assert entry.is_complete(event(**begun), None) == {
        "IsComplete": True,
        "Data": {"Address": "here"},
    }
    assert kind.requests[-1].data["Query"] == "1"
    assert kind.requests[-1].properties["Size"] == "3"


def test_a_failure_to_begin_is_told_by_the_first_poll(kind: Kind) -> None:
    kind.begun = ResourceError("no such thing")
    begun = entry.on_event(event(), None)
    with pytest.raises(ResourceError, match="no such thing"):
        entry.is_complete(event(**begun), None)


def test_what_was_never_made_is_deleted_without_a_call(kind: Kind) -> None:
    kind.begun = ResourceError("no such thing")
    begun = entry.on_event(event(), None)
    kind.requests.clear()
    physical = {"PhysicalResourceId": begun["PhysicalResourceId"], "RequestId": "request-2"}
    gone = entry.on_event(event("Delete", **physical), None)
    assert entry.is_complete(event("Delete", **gone), None) == {"IsComplete": True}
    assert kind.requests == []


def test_an_update_that_cannot_begin_keeps_its_id(kind: Kind) -> None:
    kind.begun = error("AccessDenied")
    begun = entry.on_event(event("Update", PhysicalResourceId="the-thing"), None)
    assert begun["PhysicalResourceId"] == "the-thing"


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerException"])
def test_a_transient_error_is_not_yet(kind: Kind, code: str) -> None:
    kind.polled = error(code)
    assert entry.is_complete(event(), None) == {"IsComplete": False}


def test_a_right_that_was_just_granted_is_waited_for(kind: Kind) -> None:
    begun = entry.on_event(event(), None)
    kind.polled = error("AccessDeniedException")
    assert entry.is_complete(event(**begun), None) == {"IsComplete": False}
    long_ago = {**begun["Data"], "Began": "1"}
    with pytest.raises(ResourceError, match="AccessDeniedException"):
        entry.is_complete(event(Data=long_ago), None)


def test_any_other_error_fails_the_deploy_within_the_responses_limit(kind: Kind) -> None:
    kind.polled = error("AccessDeniedException")
    with pytest.raises(ResourceError, match=r"AccessDeniedException.*why"):
        entry.is_complete(event(), None)
    kind.polled = ResourceError("ü" * 3000)
    with pytest.raises(ResourceError) as failure:
        entry.is_complete(event(), None)
    assert len(str(failure.value).encode()) <= 1500
