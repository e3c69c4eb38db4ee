"""What came out of each sink, read with the AWS API, next to what was expected."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.sensors.comparison import Comparison, compare, rows_of_object
from jobs.sensors.expected import expect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .pipeline import Pipeline
    from .progress import Phase

POLL_SECONDS = 1.5
SETTLE_SECONDS = 3.0
FILE_SINKS = ("lake", "rejected")


@dataclass(frozen=True)
class StoredObject:
    """One object of a file sink: when it was committed, and its rows."""

    committed: datetime
    rows: Sequence[dict[str, object]]


class SinkReader:
    """Reads the sinks of a pipeline; an object that was read once is not fetched again."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._s3 = pipeline.environment.client("s3")
        self._dynamodb = pipeline.environment.client("dynamodb")
        self._objects: dict[tuple[str, str, str], StoredObject] = {}

    def objects(self, sink: str) -> list[StoredObject]:
        """Return the objects of a file sink."""
        bucket, prefix = self._pipeline.prefix(sink)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [self._object(bucket, entry) for page in pages for entry in page.get("Contents", [])]

    def _object(self, bucket: str, entry: dict[str, Any]) -> StoredObject:
        identity = (bucket, entry["Key"], entry["ETag"])
        if identity not in self._objects:
            body = self._s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            rows = rows_of_object(entry["Key"], body)
            self._objects[identity] = StoredObject(entry["LastModified"], rows)
        return self._objects[identity]

    def items(self) -> list[dict[str, object]]:
        """Return the items of the table with plain values."""
        from boto3.dynamodb.types import TypeDeserializer

        plain = TypeDeserializer().deserialize
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._pipeline.table)
        return [
            {name: plain(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Return all rows by sink."""
        found = {
            sink: [row for stored in self.objects(sink) for row in stored.rows]
            for sink in FILE_SINKS
        }
        return {**found, "readings": self.items()}

    def compared(self, payloads: Sequence[bytes]) -> list[Comparison]:
        """Return each sink's rows against those expected of these payloads."""
        return compare(expect(payloads), self.rows())


def wait_until_equal(
    reader: SinkReader, payloads: Sequence[bytes], phase: Phase, seconds: float
) -> list[Comparison]:
    """Wait until every sink holds what it should and goes on to, or the time is over.

    What the sinks hold last is what counts: a row too many may come after the last missing one,
    so a look that finds them equal is followed by another.
    """
    expected = expect(payloads)
    deadline = time.monotonic() + seconds
    while True:
        comparisons = compare(expected, reader.rows())
        if all(comparison.equal for comparison in comparisons):
            time.sleep(SETTLE_SECONDS)
            again = compare(expected, reader.rows())
            if all(comparison.equal for comparison in again):
                return again
            comparisons = again
        if time.monotonic() > deadline:
            return comparisons
        phase.waits_for(
            ", ".join(f"{c.sink} {c.found}/{c.expected}" for c in comparisons if not c.equal)
        )
        time.sleep(POLL_SECONDS)


def table(comparisons: Sequence[Comparison]) -> str:
    """Return the comparison as it is shown."""
    lines = [f"  {'sink':<10}{'expected':>10}{'found':>8}{'missing':>9}{'doubled':>9}{'other':>7}"]
    for c in comparisons:
        counts = f"{c.expected:>10}{c.found:>8}{len(c.missing):>9}{len(c.doubled):>9}"
        verdict = "equal" if c.equal else "DIFFERENT"
        lines.append(f"  {c.sink:<10}{counts}{len(c.unexpected):>7}  {verdict}")
        for title, rows in (
            ("missing", c.missing),
            ("doubled", c.doubled),
            ("other", c.unexpected),
        ):
            lines += [f"      {title}: {dict(row)}" for row in rows[:2]]
    return "\n".join(lines)
