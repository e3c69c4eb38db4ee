"""What identifies a row of each sink, and expected rows against found rows.

What no rule determines is not compared: the position in the stream, the version.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Final

from managed_flink_local.comparison import AnyRow, Comparison, Key
from managed_flink_local.comparison import compare as compare_rows

from .expected import Expected


def payload_of(row: AnyRow) -> bytes:
    """The original payload of a dead letter."""
    encoded = row.get("payload_base64")
    if isinstance(encoded, str):
        return base64.b64decode(encoded)
    payload = row.get("payload")
    return payload if isinstance(payload, bytes) else str(payload).encode()


KEYS: Final[Mapping[str, Key]] = {
    "lake": lambda row: row.get("event_id"),
    "readings": lambda row: (row.get("sensor"), row.get("item")),
    "rejected": lambda row: (row.get("reason"), payload_of(row)),
}


def compare(expected: Expected, found: Mapping[str, Sequence[AnyRow]]) -> list[Comparison]:
    """One comparison a sink. `found` holds the rows by sink as they were read.

    Rows of `lake` and `rejected` are those of their objects, rows of `readings` are items of the
    table with plain values (as boto3's resource or `TypeDeserializer` gives them).
    """
    return compare_rows(KEYS, expected.rows, found)
