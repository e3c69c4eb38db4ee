"""A page of a list."""

from __future__ import annotations

from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack


def page(data: dict[str, Any], member: str, found: list[dict[str, Any]]) -> Any:  # noqa: ANN401
    """The part of a list that a request's `Limit` and `NextToken` ask for, as a response."""
    start, limit = int(data.get("NextToken") or 0), int(data.get("Limit") or 50)
    body: dict[str, Any] = {member: found[start : start + limit]}
    if start + limit < len(found):
        body["NextToken"] = str(start + limit)
    return ministack.answer(body)
