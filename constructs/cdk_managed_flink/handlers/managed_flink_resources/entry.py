"""Entry points of the functions: pass each request to the module of its kind."""

import re
import time
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .request import Done, Request, ResourceError

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")
# CloudFormation takes 4,096 bytes of response; the framework adds its own words and a trace.
_MOST_BYTES = 1500
_DENIED = ("AccessDenied", "AccessDeniedException")
# A right that has just been granted is not known everywhere yet.
_RIGHTS_SECONDS = 60
_BEGAN = "Began"
_NEVER_MADE = "never-made-"
_FAILED = "Failed"
_TRANSIENT = (
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerErrorException",
    "InternalServerException",
    "RequestTimeout",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)


def on_event(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Begin: returns at once, what takes time is for the polls.

    A failure is kept for the first poll: a creation whose ``on_event`` raises gets an id of the
    framework's, and its delete is then ignored.
    """
    request = Request.of(event)
    print(f"{request.type} {request.properties.get('Kind')} {request.physical_id or ''}")
    if request.type == "Delete" and str(request.physical_id).startswith(_NEVER_MADE):
        return {"PhysicalResourceId": request.physical_id, "Data": {_NEVER_MADE: "true"}}
    try:
        begun = _kind(request).begin(request)
    except (ResourceError, BotoCoreError, ClientError) as error:
        return {
            "PhysicalResourceId": request.physical_id or _NEVER_MADE + request.id,
            "Data": {_FAILED: _shortened(error)},
        }
    data = {**begun.data, _BEGAN: str(int(time.time()))}
    return {"PhysicalResourceId": begun.physical_id, "Data": data}


def is_complete(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Poll: whether the resource is there, or gone.

    Raises:
        ResourceError: It cannot be made as asked.
    """
    request = Request.of(event)
    if _NEVER_MADE in request.data:
        return {"IsComplete": True}
    if _FAILED in request.data:
        raise ResourceError(request.data[_FAILED])
    try:
        done: Done | None = _kind(request).poll(request)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        young = time.time() - int(request.data.get(_BEGAN, 0)) < _RIGHTS_SECONDS
        if code in _TRANSIENT or (code in _DENIED and young):
            print(f"asked again: {error}")
            return {"IsComplete": False}
        raise ResourceError(_shortened(error)) from None
    except BotoCoreError as error:
        print(f"asked again: {error}")
        return {"IsComplete": False}
    except ResourceError as error:
        raise ResourceError(_shortened(error)) from None
    if done is None:
        return {"IsComplete": False}
    return {"IsComplete": True, "Data": dict(done.attributes)}


def _kind(request: Request) -> ModuleType:
    name = _HUMP.sub("_", request.properties["Kind"]).lower()
    return import_module(f".{name}", __package__)


def _shortened(error: Exception) -> str:
    text = str(error).encode()
    return text[:_MOST_BYTES].decode(errors="ignore")
