"""Recognizes state that the new version cannot restore, and names the ways out. Pure."""

from __future__ import annotations

import re

from .messages import EMPTY_START

# Flink's own words, 1.15 to 2.x.
_NO_OPERATOR = re.compile(
    r"[Cc]annot map (?:checkpoint|savepoint|checkpoint/savepoint) state|"
    r"state for operator \S+ to the new program|is not available in the new program",
)
_NO_MIGRATION = re.compile(
    r"StateMigrationException|must not be incompatible|serializer .{0,60}incompatible|"
    r"maximum parallelism .{0,80}(?:lower|smaller|is not compatible|of the savepoint)|"
    r"max parallelism mismatch",
    re.IGNORECASE,
)


def ways_out(cause: str) -> str:
    """What to do about a failure by incompatible state; empty for any other failure."""
    if _NO_OPERATOR.search(cause):
        return (
            "Its state does not fit: the edited job has no operator for part of the snapshot (an "
            "edit of SQL gives the planner's operators new ids). Two ways out: "
            "allow_non_restored_state=True drops the part that has no operator; or "
            f"{EMPTY_START} starts without any."
        )
    if _NO_MIGRATION.search(cause):
        return (
            "Its state does not fit: an operator's state has another type or key range than in "
            "the snapshot. Two ways out: keep the state's types (add a column with a new query "
            f"next to the old one), or {EMPTY_START} starts without any state."
        )
    return ""
