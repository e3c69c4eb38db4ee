"""Pages of a list, as the service cuts them."""

from __future__ import annotations

from typing import Any

from tests.lifecycle.faults import refusal

MOST = 50


class Pages:
    """Continues a list where its token says; a token is good for one list and its filters only."""

    def __init__(self) -> None:
        self._rest: dict[str, tuple[str, dict[str, Any], list[dict[str, Any]]]] = {}

    def cut(
        self,
        operation: str,
        parameters: dict[str, Any],
        found: list[dict[str, Any]],
        member: str,
        size: int = MOST,
    ) -> dict[str, Any]:
        asked = {k: v for k, v in parameters.items() if k not in ("NextToken", "Limit")}
        token = parameters.get("NextToken")
        if token is not None:
            begun, filters, found = self._rest.get(token, ("", {}, []))
            if begun != operation or filters != asked:
                raise refusal(operation, "InvalidArgumentException", "NextToken is not valid")
        size = min(parameters.get("Limit", size), MOST)
        answer: dict[str, Any] = {member: found[:size]}
        if found[size:]:
            answer["NextToken"] = f"token-{len(self._rest)}"
            self._rest[answer["NextToken"]] = (operation, asked, found[size:])
        return answer
