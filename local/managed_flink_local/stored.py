"""The objects that a file sink wrote, and the rows in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from .pipeline import Pipeline


@dataclass(frozen=True)
class StoredObject:
    """One object of a file sink: when it was committed, and its rows."""

    committed: datetime
    rows: Sequence[dict[str, object]]


class FileSink:
    """Reads one file sink; an object that was read once is not fetched again."""

    def __init__(self, pipeline: Pipeline, sink: str) -> None:
        self._s3 = pipeline.environment.client("s3")
        self._bucket, self._prefix = pipeline.prefix(sink)
        self._format = pipeline.value(sink, "format")
        self._scratch = pipeline.environment.state / "found" / pipeline.application / sink
        self._objects: dict[tuple[str, str], StoredObject] = {}

    def objects(self) -> list[StoredObject]:
        """Return its objects."""
        listed = self._s3.get_paginator("list_objects_v2")
        pages = listed.paginate(Bucket=self._bucket, Prefix=self._prefix)
        return [self._object(entry) for page in pages for entry in page.get("Contents", [])]

    def _object(self, entry: dict[str, Any]) -> StoredObject:
        identity = (entry["Key"], entry["ETag"])
        if identity not in self._objects:
            key = entry["Key"]
            rows: list[dict[str, object]] = []
            if is_data(key):
                body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
                rows = rows_of_object(key, body, self._format, self._scratch)
            self._objects[identity] = StoredObject(entry["LastModified"], rows)
        return self._objects[identity]


def is_data(key: str) -> bool:
    """Whether an object of a file sink is finished.

    Only these should be fetched: an unfinished one may vanish between the listing and the look.
    """
    return not key.rpartition("/")[2].startswith(("_", "."))


def rows_of_object(
    key: str, body: bytes, format: str = "json-lines", scratch: Path | None = None
) -> list[dict[str, object]]:
    """Return the rows of one object that a file sink wrote, and partitions from its key.

    An unfinished object has none.

    Args:
        key: The object's key.
        body: The object.
        format: `json-lines` or `parquet`.
        scratch: Where a Parquet file may lie while it is read.
    """
    if not is_data(key):
        return []
    folders = key.split("/")[:-1]
    partitions = dict(folder.split("=", 1) for folder in folders if "=" in folder)
    named = {name: unquote(value) for name, value in partitions.items()}
    rows = parquet_rows(body, scratch) if format == "parquet" and scratch else _json_rows(body)
    return [named | row for row in rows]


def _json_rows(body: bytes) -> list[dict[str, object]]:
    return [json.loads(line, parse_float=Decimal) for line in body.splitlines() if line]


def parquet_rows(body: bytes, scratch: Path) -> list[dict[str, object]]:
    """Return the rows of a Parquet file, as DuckDB reads it."""
    import duckdb

    scratch.mkdir(parents=True, exist_ok=True)
    file = scratch / "object.parquet"
    file.write_bytes(body)
    with duckdb.connect() as connection:
        read = connection.execute("SELECT * FROM read_parquet(?)", [str(file)])
        names = [str(column[0]) for column in read.description or ()]
        return [dict(zip(names, row, strict=True)) for row in read.fetchall()]
