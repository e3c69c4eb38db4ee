"""Which snapshots the running version's state descends from.

A version that CloudFormation took back may have left snapshots, newer than the one that the old
version went on from. To restore one of those would jump to the state of a job that is no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..aws.calls import ServiceError
from ..aws.stack import OwnStack, Reverted
from ..rules.restore import newest_ready
from ..values.application import START, UPDATE, Operation
from ..values.snapshot import PROVED, Snapshot


@dataclass(frozen=True)
class Span:
    """When a version ran that was taken back; without end while the old one has not started."""

    begin: datetime
    end: datetime | None

    def __contains__(self, moment: datetime) -> bool:
        return moment >= self.begin and (self.end is None or moment < self.end)


def newest(
    snapshots: Sequence[Snapshot],
    operations: Sequence[Operation],
    stack: OwnStack,
    application: str,
) -> Snapshot | None:
    """The newest READY snapshot of the line that goes on; None if there is none."""
    return newest_ready(
        _of_the_line(snapshots, operations, _reverted(snapshots, stack, application))
    )


def rollback_point(
    snapshots: Sequence[Snapshot],
    operations: Sequence[Operation],
    stack: OwnStack,
    application: str,
    *,
    rolled_back_from: str,
) -> Snapshot | None:
    """In a rollback: the newest snapshot that holds nothing of the version that is taken back.

    Where the stack's events do not show when that version ran, its own are known by name. When
    nothing else is left, the newest of all: never empty.
    """
    reverted = _reverted(snapshots, stack, application)
    line = _of_the_line(snapshots, operations, reverted)
    if not reverted:
        own = f"{PROVED}-{rolled_back_from}-"
        line = [s for s in line if not (rolled_back_from and s.label.startswith(own))]
    return newest_ready(line) or newest_ready(snapshots)


def _reverted(snapshots: Sequence[Snapshot], stack: OwnStack, application: str) -> list[Reverted]:
    oldest = min((s.created for s in snapshots if s.ready), default=None)
    if oldest is None:
        return []
    try:
        return stack.reverted(application, since=oldest)
    except ServiceError:  # the events can't be read: then nothing is known to be taken back
        return []


def _of_the_line(
    snapshots: Sequence[Snapshot], operations: Sequence[Operation], reverted: Sequence[Reverted]
) -> list[Snapshot]:
    spans = [span for turn in reverted for span in [_span(operations, turn)] if span]
    return [s for s in snapshots if not any(s.created in span for span in spans)]


def _span(operations: Sequence[Operation], reverted: Reverted) -> Span | None:
    """From the new version's first start, or the end of its update in place, to the old one's."""
    forward = [o for o in operations if reverted.began <= o.started < reverted.turned_back]
    starts = [o.started for o in forward if o.kind == START]
    updates = [o.ended for o in forward if o.kind == UPDATE and o.ended]
    begin = min(starts, default=None) or max(updates, default=None)
    if begin is None:
        return None
    again = [o.started for o in operations if o.kind == START and o.started >= reverted.turned_back]
    return Span(begin, min(again, default=None))
