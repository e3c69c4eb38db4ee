"""Detects a deploy that would give a table a new, empty store."""

from __future__ import annotations

from ..values.request import Request

_FLAG = "cdk-managed-flink:replaceStores"


def replaced(request: Request) -> str:
    """Why the deploy must not go on; empty when each table keeps its store, or may lose it.

    A property that changes can make CloudFormation replace a resource, and a table that is renamed
    without ``resource_id`` gets a new one: either deploy is green while the data stays behind.
    """
    before, after = request.old.stores, request.prepare.stores
    may = set(request.prepare.replace_stores)
    for name, (kind, new) in after.items():
        if name in may or new in (old for _, old in before.values()):
            continue
        if name in before:
            return _refusal(
                request,
                name,
                f"table {name} would get a new, empty store ({kind} {new}) instead of "
                f"{before[name][1]}, whose data stays where it is: a changed property replaces it.",
                "Take that change back, or bind a second table for the new store",
            )
        gone = next((old for old in before if old not in after and before[old][0] == kind), None)
        if gone is not None and gone not in may:
            return _refusal(
                request,
                name,
                f"table {gone} is gone and table {name} would get a new, empty store ({kind} "
                f"{new}); the data of {gone} stays in {before[gone][1]}.",
                f'If {name} is {gone} by another name, keep its store with resource_id="{gone}"',
            )
    return ""


def _refusal(request: Request, table: str, what: str, mend: str) -> str:
    return (
        f"Application {request.application} was not stopped: {what} {mend}; or deploy with "
        f"-c {_FLAG}={table} if that is intended."
    )
