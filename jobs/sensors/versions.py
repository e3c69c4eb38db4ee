"""The edits of `job.sql` that the demo deploys. Neither changes the plan, so state carries over."""

from __future__ import annotations

from managed_flink_local.scenario import replaced

SCRIPT = "jobs/sensors/job.sql"


def version_2(sql: str) -> str:
    """The job as its next version: rows of the lake say `"job_version": "2"`."""
    return replaced(SCRIPT, sql, "'1' AS job_version", "'2' AS job_version")


def sick(sql: str) -> str:
    """A version that fails on its first good event: it takes sensors for numbers.

    The job's own exception is a NumberFormatException that shows the sensor's name.
    """
    columns = "  event_id,\n  sensor,\n"
    cast = columns.replace("sensor", "CAST(CAST(sensor AS INT) AS STRING)")
    return replaced(SCRIPT, sql, columns, cast)
