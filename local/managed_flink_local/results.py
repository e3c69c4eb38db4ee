"""What came out of each sink, next to what was expected."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import topic
from .comparison import compare
from .failure import LocalError
from .stored import FileSink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .comparison import Comparison
    from .pipeline import Pipeline
    from .progress import Phase
    from .scenario import Record, Scenario
    from .stored import StoredObject

POLL_SECONDS = 1.5
SETTLE_SECONDS = 3.0


class SinkReader:
    """Reads the sinks of a deployed job, each by the connector that its properties name."""

    def __init__(self, pipeline: Pipeline, scenario: Scenario) -> None:
        self._pipeline = pipeline
        self.scenario = scenario
        self._files = {
            sink: FileSink(pipeline, sink)
            for sink in scenario.sinks
            if pipeline.connector(sink) == "filesystem"
        }

    def lake_objects(self) -> list[StoredObject]:
        """Return the objects of the sink whose rows tell their version."""
        return self._files[self.scenario.lake].objects()

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Return all rows by sink."""
        return {sink: self._rows(sink) for sink in self.scenario.sinks}

    def _rows(self, sink: str) -> list[dict[str, object]]:
        match self._pipeline.connector(sink):
            case "filesystem":
                return [row for stored in self._files[sink].objects() for row in stored.rows]
            case "dynamodb":
                return self._items(self._pipeline.value(sink, "table-name"))
            case "kafka":
                name = self._pipeline.value(sink, "topic")
                form = self._pipeline.format(sink)
                return topic.rows(self._pipeline.servers(sink), name, form)
            case other:
                raise LocalError("reading the sinks", f"nothing is known to read {other} with")

    def _items(self, table: str) -> list[dict[str, object]]:
        """Return the items of a table with plain values."""
        from boto3.dynamodb.types import TypeDeserializer

        plain = TypeDeserializer().deserialize
        client = self._pipeline.environment.client("dynamodb")
        pages = client.get_paginator("scan").paginate(TableName=table)
        return [
            {name: plain(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]

    def compared(self, sent: Sequence[Record]) -> list[Comparison]:
        """Return each sink's rows against those expected of these records."""
        return compare(self.scenario.sinks, self.scenario.expect(sent), self.rows())


def wait_until_equal(
    reader: SinkReader, sent: Sequence[Record], phase: Phase, seconds: float
) -> list[Comparison]:
    """Wait until every sink holds what it should and goes on to, or none got a row for so long.

    What the sinks hold last is what counts: a row too many may come after the last missing one,
    so a look that finds them equal is followed by another.
    """
    expected = reader.scenario.expect(sent)
    sinks = reader.scenario.sinks
    found: list[int] = []
    while True:
        comparisons = compare(sinks, expected, reader.rows())
        if found != [comparison.found for comparison in comparisons]:
            found = [comparison.found for comparison in comparisons]
            deadline = time.monotonic() + seconds
        if all(comparison.equal for comparison in comparisons):
            time.sleep(SETTLE_SECONDS)
            again = compare(sinks, expected, reader.rows())
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
