"""Which snapshot to go on from. Pure: decides over lists, calls nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..values.snapshot import CREATING, Snapshot


def newest_ready(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """The newest snapshot that can be restored, if any."""
    ready = (snapshot for snapshot in snapshots if snapshot.ready)
    return max(ready, key=lambda snapshot: snapshot.created, default=None)


def since(snapshots: Sequence[Snapshot], moment: datetime) -> list[Snapshot]:
    """The snapshots made at or after the moment, in the order given."""
    return [snapshot for snapshot in snapshots if snapshot.created >= moment]


def creating(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """A snapshot that the service is still writing, if any."""
    return next((s for s in snapshots if s.status == CREATING), None)
