"""The library's own two metrics of an application, which its alarms watch."""

from __future__ import annotations

from datetime import datetime

from .calls import Client, ServiceError, TransientError, call
from .step_log import StepLog

# Seconds since the newest snapshot, 0 while nothing runs; and 1 while a person is needed.
AGE, STUCK = "newestSnapshotAge", "stuck"


def publish(
    cloudwatch: Client,
    log: StepLog,
    *,
    namespace: str,
    application: str,
    at: datetime,
    stuck: bool,
    age: float | None,
) -> None:
    """Publishes them; an age that is not known is left out. Never a reason to fail."""
    values = [(STUCK, float(stuck), "None")]
    if age is not None:
        values.append((AGE, age, "Seconds"))
    try:
        call(
            cloudwatch,
            "put_metric_data",
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": "Application", "Value": application}],
                    "Timestamp": at,
                    "Value": value,
                    "Unit": unit,
                }
                for name, value, unit in values
            ],
        )
    except (TransientError, ServiceError) as refused:
        log.step("no metric", refused=str(refused))


def values(
    cloudwatch: Client,
    *,
    namespace: str,
    application: str,
    name: str,
    since: datetime,
    now: datetime,
) -> list[float]:
    """What was published of one of them, a value a minute, oldest first."""
    found = call(
        cloudwatch,
        "get_metric_data",
        MetricDataQueries=[
            {
                "Id": "published",
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": name,
                        "Dimensions": [{"Name": "Application", "Value": application}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
                "ReturnData": True,
            }
        ],
        StartTime=since,
        EndTime=now,
        ScanBy="TimestampAscending",
    )
    return [value for result in found.get("MetricDataResults") or [] for value in result["Values"]]
