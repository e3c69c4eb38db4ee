"""Expected rows against found rows, of any sink of any job.

Numbers are equal if they differ by at most `TOLERANCE`: jobs compute in decimals, so that is their
last digit. Bytes are a payload, which is part of the key, and are not compared again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

AnyRow = Mapping[str, object]
Key = Callable[[AnyRow], object]
"""What identifies a row of a sink."""

TOLERANCE: Final = Decimal("0.000001")
NUMBERS: Final = (int, float, Decimal)


@dataclass
class Comparison:
    """One sink: how many rows were expected and found, and every one that is not as expected.

    A row with the right key and a wrong value is missing as it should be and unexpected as it is.
    """

    sink: str
    expected: int
    found: int
    missing: list[AnyRow] = field(default_factory=list)
    unexpected: list[AnyRow] = field(default_factory=list)
    doubled: list[AnyRow] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether nothing is missing, unexpected or doubled."""
        return not (self.missing or self.unexpected or self.doubled)

    def __str__(self) -> str:
        return (
            f"{self.sink}: {self.expected} expected, {self.found} found, {len(self.missing)} "
            f"missing, {len(self.unexpected)} unexpected, {len(self.doubled)} doubled"
        )


def compare(
    sinks: Mapping[str, Key],
    expected: Mapping[str, Sequence[AnyRow]],
    found: Mapping[str, Sequence[AnyRow]],
) -> list[Comparison]:
    """Return one comparison a sink, in the order of `sinks`.

    Columns that are not expected are not compared: what no rule determines, such as where in the
    stream a record was.
    """
    return [
        _compared(sink, expected.get(sink, ()), found.get(sink, ()), key)
        for sink, key in sinks.items()
    ]


def _compared(
    sink: str, expected: Sequence[AnyRow], found: Sequence[AnyRow], key: Key
) -> Comparison:
    comparison = Comparison(sink, len(expected), len(found))
    expected_by_key, found_by_key = _group(expected, key), _group(found, key)
    for value, rows in expected_by_key.items():
        # Rows of one key are alike, or the key is the whole row.
        candidates = list(found_by_key.pop(value, ()))
        matching = [row for row in candidates if _alike(rows[0], row)]
        comparison.unexpected += [row for row in candidates if not _alike(rows[0], row)]
        comparison.missing += rows[len(matching) :]
        comparison.doubled += matching[len(rows) :]
    for rows in found_by_key.values():
        comparison.unexpected += rows
    return comparison


def _group(rows: Iterable[AnyRow], key: Key) -> dict[object, list[AnyRow]]:
    groups: dict[object, list[AnyRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def _alike(expected: AnyRow, found: AnyRow) -> bool:
    """Whether a row has every expected value."""
    return all(
        isinstance(value, bytes) or _equal(value, found.get(column))
        for column, value in expected.items()
    )


def _equal(expected: object, found: object) -> bool:
    if isinstance(expected, NUMBERS) and isinstance(found, NUMBERS):
        return abs(Decimal(str(expected)) - Decimal(str(found))) <= TOLERANCE
    return expected == found
