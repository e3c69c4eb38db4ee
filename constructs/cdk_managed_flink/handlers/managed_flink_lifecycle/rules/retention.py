"""Which snapshots are no longer needed. Pure: decides over lists, calls nothing."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from ..values.snapshot import CREATING, DELETING, FAILED, PROVED, Snapshot
from .restore import newest_ready

# The versions that a person may want to go back to: the running one and the one before.
_KEPT_PROOFS = 2
# So many deletions in one look; the next look goes on.
MAX_AT_ONCE = 10


def spare(
    snapshots: Sequence[Snapshot],
    *,
    now: datetime,
    keep: int,
    max_age: timedelta,
    pinned: AbstractSet[str],
) -> list[Snapshot]:
    """What may be deleted, oldest first: only what the handlers made.

    Kept are the newest `keep` and what is younger than `max_age`, both; the newest READY one, the
    newest proofs, and what is `pinned` by name or ARN. A failed one goes at once: it holds a name.
    """
    mine = [s for s in snapshots if _prunable(s)]
    good = sorted((s for s in mine if s.status != FAILED), key=_created, reverse=True)
    surplus = [s for i, s in enumerate(good) if i >= keep or now - s.created > max_age]
    failed = [s for s in mine if s.status == FAILED]
    held = _held(snapshots, pinned)
    loose = [s for s in (*surplus, *failed) if s not in held]
    return sorted(loose, key=_created)[:MAX_AT_ONCE]


def oldest_spare(snapshots: Sequence[Snapshot], *, keep: AbstractSet[str]) -> Snapshot | None:
    """One that makes room for a snapshot that is needed now; None when all are held."""
    held = _held(snapshots, keep)
    mine = [s for s in snapshots if _prunable(s) and s not in held]
    return min(mine, key=_created, default=None)


def _held(snapshots: Sequence[Snapshot], pinned: AbstractSet[str]) -> set[Snapshot]:
    newest = newest_ready(snapshots)
    proofs = sorted(
        (s for s in snapshots if s.ready and s.own and s.label.startswith(PROVED)),
        key=_created,
        reverse=True,
    )
    named = [s for s in snapshots if s.name in pinned or (s.arn and s.arn in pinned)]
    return {*proofs[:_KEPT_PROOFS], *named, *([newest] if newest else [])}


def _prunable(snapshot: Snapshot) -> bool:
    return snapshot.own and snapshot.status not in (CREATING, DELETING)


def _created(snapshot: Snapshot) -> datetime:
    return snapshot.created
