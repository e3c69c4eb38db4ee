"""Reads what shows the health of a job: its log and its metrics."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from ..contract import Metrics
from ..rules.gate import Datapoint, Observation
from .calls import Client, call
from .job_log import JobLog

_STATISTICS = {
    "uptime": "Minimum",  # a restart inside the period shows
    "restarts": "Maximum",
    "failed_checkpoints": "Maximum",
    "records_in": "Maximum",
}


class Evidence:
    """The log and the metrics of one application."""

    def __init__(
        self,
        *,
        log: JobLog,
        cloudwatch: Client,
        application: str,
        metrics: Metrics,
        period_seconds: int,
    ) -> None:
        self.log = log
        self._cloudwatch = cloudwatch
        self._application = application
        self._metrics = metrics
        self._period = period_seconds

    def observe(self, start: datetime, now: datetime) -> Observation:
        """Failures and fresh datapoints since the start."""
        series = self._series(start, now)
        return Observation(
            failures=self.log.failures(start),
            uptime=series["uptime"],
            restarts=series["restarts"],
            failed_checkpoints=series["failed_checkpoints"],
            records_in=series["records_in"],
        )

    def _series(self, start: datetime, now: datetime) -> dict[str, list[Datapoint]]:
        series: defaultdict[str, list[Datapoint]] = defaultdict(list)
        queries = [
            {
                "Id": name,
                "MetricStat": {
                    "Metric": {
                        "Namespace": self._metrics.namespace,
                        "MetricName": getattr(self._metrics, name),
                        "Dimensions": [{"Name": "Application", "Value": self._application}],
                    },
                    "Period": self._period,
                    "Stat": statistic,
                },
                "ReturnData": True,
            }
            for name, statistic in _STATISTICS.items()
        ]
        token: dict[str, str] = {}
        while True:
            page = call(
                self._cloudwatch,
                "get_metric_data",
                MetricDataQueries=queries,
                StartTime=start,
                EndTime=now + timedelta(seconds=self._period),
                ScanBy="TimestampAscending",
                **token,
            )
            for result in page.get("MetricDataResults") or []:
                points = zip(result["Timestamps"], result["Values"], strict=True)
                # A period that begins before the start may hold the version before.
                series[result["Id"]].extend(
                    Datapoint(at, value) for at, value in points if at >= start
                )
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        for points_of_one in series.values():
            points_of_one.sort(key=lambda point: point.at)
        return series
