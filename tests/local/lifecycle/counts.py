"""What came out of the sinks, counted against what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tests.local.lifecycle.events import Event


@dataclass(frozen=True)
class Row:
    """One row of the files: an event, the job's count, and the version that wrote it."""

    number: int
    sensor: str
    so_far: int
    version: str


@dataclass(frozen=True)
class SetApart:
    """Rows that can't be taken back and have to be there once more, by a version that stands.

    A rejected version wrote them, or one that was then put back to where it had been before.
    """

    version: str
    after: int = 0
    """The last event that still counts."""

    def holds(self, row: Row) -> bool:
        """Whether the row is one of them."""
        return row.version == self.version and row.number > self.after


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The sums.

    With `lost` 0 and `twice` no more than `apart`, each event is exactly once in the rows that
    stand.

    Attributes:
        sent: Events.
        found: Of them, those that are in a row.
        lost: Those that are in no row that stands.
        twice: Rows beyond the first of each event.
        apart: Rows that were set apart.
        miscounted: Rows whose count is not the one that plain Python gives.
        strange: Rows of events that were never sent.
        by_version: Rows by the version that wrote them.
        table: Whether the table holds the count of each sensor.
    """

    sent: int
    found: int
    lost: int
    twice: int
    apart: int
    miscounted: int
    strange: int
    by_version: dict[str, int]
    table: bool

    @property
    def through(self) -> bool:
        """Whether everything has come out of both sinks."""
        return self.lost == 0 and self.table

    @property
    def right(self) -> bool:
        """Whether nothing is lost, and nothing is twice that a version wrote which stands."""
        wrong = self.miscounted + self.strange
        return self.through and self.twice <= self.apart and not wrong


def count(
    sent: Sequence[Event],
    rows: Sequence[Row],
    table: Mapping[str, int],
    set_apart: Collection[SetApart] = (),
) -> Counts:
    """Count."""
    answers = {event.number: (event.sensor, event.so_far) for event in sent}
    apart = [row for row in rows if any(part.holds(row) for part in set_apart)]
    known = [row for row in rows if row.number in answers]
    standing = Counter(row.number for row in rows)
    standing.subtract(row.number for row in apart)
    found = len({row.number for row in known})
    return Counts(
        sent=len(sent),
        found=found,
        lost=sum(standing[number] < 1 for number in answers),
        twice=len(known) - found,
        apart=len(apart),
        miscounted=sum((row.sensor, row.so_far) != answers[row.number] for row in known),
        strange=len(rows) - len(known),
        by_version=dict(Counter(row.version for row in rows)),
        table=table == Counter(event.sensor for event in sent),
    )
