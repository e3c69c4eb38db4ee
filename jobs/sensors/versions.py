"""The edits of `job.sql` that the demo deploys. Neither changes the plan, so state carries over."""

from __future__ import annotations


def version_2(sql: str) -> str:
    """The job as its next version: rows of the lake say `"job_version": "2"`."""
    return _replace(sql, "'1' AS job_version", "'2' AS job_version")


def sick(sql: str) -> str:
    """A version that fails on its first good event: it takes sensors for numbers.

    The job's own exception is a NumberFormatException that shows the sensor's name.
    """
    columns = "  event_id,\n  sensor,\n"
    return _replace(sql, columns, columns.replace("sensor", "CAST(CAST(sensor AS INT) AS STRING)"))


def _replace(sql: str, old: str, new: str) -> str:
    found = sql.count(old)
    if found != 1:
        raise ValueError(
            f"jobs/sensors: {old!r} is to be replaced by {new!r} and has to stand in job.sql "
            f"exactly once, but stands there {found} times. Keep it, or adjust versions.py."
        )
    return sql.replace(old, new)
