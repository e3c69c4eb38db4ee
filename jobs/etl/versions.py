"""The edit of `job.sql` that the demo deploys. It leaves the plan as it is: state carries over."""

from __future__ import annotations

from managed_flink_local.scenario import replaced

SCRIPT = "jobs/etl/job.sql"


def version_2(sql: str) -> str:
    """The job as its next version: rows of the lake say `job_version` 2."""
    return replaced(SCRIPT, sql, "'1' AS job_version", "'2' AS job_version")
