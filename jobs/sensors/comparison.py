"""Expected rows against found rows, sink by sink.

Numbers are equal if they differ by at most `TOLERANCE`; the job computes in decimals, so that is
its last digit. What no rule determines is not compared: the position in the stream, the version.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from urllib.parse import unquote

from .expected import Expected

AnyRow = Mapping[str, object]

TOLERANCE: Final = Decimal("0.000001")
SINKS: Final = ("lake", "readings", "rejected")


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


def compare(expected: Expected, found: Mapping[str, Sequence[AnyRow]]) -> list[Comparison]:
    """One comparison a sink. `found` holds the rows by sink as they were read.

    Rows of `lake` and `rejected` are those of `rows_of_object`, rows of `readings` are items of
    the table with plain values (as boto3's resource or `TypeDeserializer` gives them).
    """
    keys: dict[str, Callable[[AnyRow], object]] = {
        "lake": lambda row: row.get("event_id"),
        "readings": lambda row: (row.get("sensor"), row.get("item")),
        "rejected": lambda row: (row.get("reason"), payload_of(row)),
    }
    return [
        _compare(sink, getattr(expected, sink), found.get(sink, ()), keys[sink]) for sink in SINKS
    ]


def is_data(key: str) -> bool:
    """Whether an object of a file sink is finished.

    Only these should be fetched: an unfinished one may vanish between the listing and the look.
    """
    return not key.rpartition("/")[2].startswith(("_", "."))


def rows_of_object(key: str, body: bytes) -> list[dict[str, object]]:
    """The rows of one object that a file sink wrote: JSON lines, and partitions from its key.

    An unfinished object has none.
    """
    if not is_data(key):
        return []
    folders = key.split("/")[:-1]
    partitions = dict(folder.split("=", 1) for folder in folders if "=" in folder)
    return [
        {name: unquote(value) for name, value in partitions.items()}
        | json.loads(line, parse_float=Decimal)
        for line in body.splitlines()
        if line
    ]


def payload_of(row: AnyRow) -> bytes:
    """The original payload of a dead letter."""
    encoded = row.get("payload_base64")
    if isinstance(encoded, str):
        return base64.b64decode(encoded)
    payload = row.get("payload")
    return payload if isinstance(payload, bytes) else str(payload).encode()


def _compare(
    sink: str,
    expected: Sequence[AnyRow],
    found: Sequence[AnyRow],
    key: Callable[[AnyRow], object],
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


def _group(rows: Iterable[AnyRow], key: Callable[[AnyRow], object]) -> dict[object, list[AnyRow]]:
    groups: dict[object, list[AnyRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def _alike(expected: AnyRow, found: AnyRow) -> bool:
    """Whether a row has every expected value. Bytes are a payload, which is part of the key."""
    return all(
        isinstance(value, bytes) or _equal(value, found.get(column))
        for column, value in expected.items()
    )


def _equal(expected: object, found: object) -> bool:
    if isinstance(expected, (int, Decimal)) and isinstance(found, (int, float, Decimal)):
        return abs(Decimal(expected) - Decimal(str(found))) <= TOLERANCE
    return expected == found
