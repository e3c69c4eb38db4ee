"""The snapshot that proves a version: barriers crossed every operator of its job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..values.snapshot import FAILED, PROVED, READY, Snapshot

# One failed snapshot may be one slow checkpoint; this many in a row are the job's fault.
MAX_FAILED = 3


@dataclass(frozen=True)
class Proof:
    """The proving snapshot's label, and its status; no status while it is still to be taken."""

    label: str
    status: str

    @property
    def ready(self) -> bool:
        """Whether the version is proved."""
        return self.status == READY

    @property
    def failed(self) -> bool:
        """Whether the version can't save its state."""
        return self.status == FAILED


def proof_of(snapshots: Sequence[Snapshot], digest: str, version: int, since: datetime) -> Proof:
    """Finds it in the list, by a label that is the same at every poll.

    A name is used once, so an earlier run of the same version, or a failure, makes it `…-2`.
    """
    base = f"{PROVED}-{digest}-v{version}"
    listed = {snapshot.label: snapshot for snapshot in snapshots}
    failed, attempt, label = 0, 1, base
    while label in listed:
        snapshot = listed[label]
        if snapshot.created >= since:
            failed += snapshot.status == FAILED
            if snapshot.status != FAILED or failed == MAX_FAILED:
                return Proof(label, snapshot.status)
        attempt += 1
        label = f"{base}-{attempt}"
    return Proof(label, "")
