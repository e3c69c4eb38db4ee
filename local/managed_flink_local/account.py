"""Every record that was sent, in order, kept in a file so that later commands know it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from .scenario import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Account:
    """What was sent so far to one job."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._records: list[Record] = []
        if file.exists():
            self._records = [_read(line) for line in file.read_bytes().splitlines()]

    @property
    def records(self) -> list[Record]:
        """The records, in the order in which they were sent."""
        return list(self._records)

    def add(self, records: Sequence[Record]) -> None:
        """Note what was sent."""
        self._records += records
        with self._file.open("ab") as file:
            file.writelines(_line(record) for record in records)


def _line(record: Record) -> bytes:
    data = base64.b64encode(record.data).decode()
    return json.dumps([data, record.key, record.partition]).encode() + b"\n"


def _read(line: bytes) -> Record:
    data, key, partition = json.loads(line)
    return Record(data=base64.b64decode(data), key=key, partition=partition)
