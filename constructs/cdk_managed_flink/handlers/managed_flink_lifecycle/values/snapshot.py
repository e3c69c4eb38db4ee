"""One snapshot, and the names of those that the handlers take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

READY, CREATING, FAILED, DELETING = "READY", "CREATING", "FAILED", "DELETING"
# What the handlers call theirs: the proof of a version, the point before an update in place, and
# what the schedule takes.
PROVED, BEFORE, SCHEDULED = "proved", "before", "scheduled"
_OWN_LABEL = re.compile(
    rf"{PROVED}-\w+-v\d+(-\d+)?|{BEFORE}-\w+(-\d+)?|{SCHEDULED}-\d{{8}}T\d{{6}}Z"
)


@dataclass(frozen=True)
class Snapshot:
    """One snapshot in the application's list.

    Attributes:
        name: As the service knows it.
        label: The handlers' own part of the name; the whole name in the legacy mode.
        arn: What an enhanced snapshot is restored by; empty in the legacy mode.
    """

    name: str
    status: str
    created: datetime
    label: str = ""
    arn: str = ""

    @property
    def ready(self) -> bool:
        """Whether an application can be started from it."""
        return self.status == READY

    @property
    def own(self) -> bool:
        """Whether the handlers made it."""
        return _OWN_LABEL.fullmatch(self.label) is not None

    @property
    def restore(self) -> dict[str, str]:
        """How StartApplication names it."""
        choice = {"SnapshotArn": self.arn} if self.arn else {"SnapshotName": self.name}
        return {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", **choice}
