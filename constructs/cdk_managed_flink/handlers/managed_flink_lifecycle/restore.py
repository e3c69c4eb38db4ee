"""Which snapshot to go on from. Pure: decides over lists, calls nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .service import SNAPSHOT_CREATING, START, Operation, Snapshot

PROVED_PREFIX = "proved"


def newest_ready(
    snapshots: Sequence[Snapshot], *, before: datetime | None = None
) -> Snapshot | None:
    """The newest snapshot that can be restored, if any; `before` bounds its creation."""
    ready = (s for s in snapshots if s.ready and (before is None or s.created < before))
    return max(ready, key=lambda snapshot: snapshot.created, default=None)


def since(snapshots: Sequence[Snapshot], moment: datetime) -> list[Snapshot]:
    """The snapshots made at or after the moment, in the order given."""
    return [snapshot for snapshot in snapshots if snapshot.created >= moment]


def creating(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """A snapshot that the service is still writing, if any."""
    return next((s for s in snapshots if s.status == SNAPSHOT_CREATING), None)


def rollback_point(
    snapshots: Sequence[Snapshot],
    operations: Sequence[Operation],
    *,
    rolled_back_from: str,
    update_began: datetime | None,
) -> Snapshot | None:
    """The newest snapshot that holds nothing of the version that is rolled back from.

    That version's own snapshots are known by name, and by time: made after the first start that
    followed the update's begin. When nothing else is left, the newest of all: never empty.
    """
    starts = [
        operation.started
        for operation in operations
        if operation.kind == START
        and update_began is not None
        and operation.started >= update_began
    ]
    own = f"{PROVED_PREFIX}-{rolled_back_from}-"
    clean = [s for s in snapshots if not (rolled_back_from and s.name.startswith(own))]
    return newest_ready(clean, before=min(starts, default=None)) or newest_ready(snapshots)
