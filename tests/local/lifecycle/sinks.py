"""What the probe's sinks hold."""

from __future__ import annotations

from collections.abc import Sequence

from managed_flink_local.environment import Environment
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.stored import is_data, rows_of_object
from tests.local.lifecycle.counts import Row


class Sinks:
    """Reads bucket and table; an object that was read once is not fetched again."""

    def __init__(self, environment: Environment, pipeline: Pipeline) -> None:
        self._s3 = environment.client("s3")
        self._dynamodb = environment.client("dynamodb")
        self._bucket, _ = pipeline.prefix("seen")
        self._table = pipeline.value("counts", "table-name")
        self._objects: dict[str, Sequence[Row]] = {}

    def rows(self) -> list[Row]:
        """What is in the bucket, under any prefix."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return [row for key in keys if is_data(key) for row in self._object(key)]

    def _object(self, key: str) -> Sequence[Row]:
        if key not in self._objects:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            self._objects[key] = [
                Row(
                    int(str(row["number"])),
                    str(row["sensor"]),
                    int(str(row["so_far"])),
                    str(row["job_version"]),
                )
                for row in rows_of_object(key, body)
            ]
        return self._objects[key]

    def table(self) -> dict[str, int]:
        """The count of each sensor as the table has it."""
        items = self._dynamodb.scan(TableName=self._table, ConsistentRead=True)["Items"]
        return {item["sensor"]["S"]: int(item["events"]["N"]) for item in items}
