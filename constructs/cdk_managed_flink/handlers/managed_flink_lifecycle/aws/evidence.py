"""Reads what the job left in its log stream and in its metrics."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from ..contract import Metrics
from ..rules.failure_log import LogLine, error_cause, failures
from ..rules.gate import Datapoint, Observation
from .calls import Client, NotFoundError, call

# A phrase each: what every version of the pattern syntax agrees on.
_FAILURE_PHRASES = ('"to FAILED"', '"to RESTARTING"')
_ERROR_PHRASE = '"ERROR"'
# Each page may hold up to 1 MB: enough to judge, and bounded under a crash loop.
_MAX_LOG_PAGES = 10
_STATISTICS = {
    "uptime": "Minimum",  # a restart inside the period shows
    "restarts": "Maximum",
    "failed_checkpoints": "Maximum",
    "records_in": "Maximum",
}


class Evidence:
    """The log stream and the metrics of one application."""

    def __init__(
        self,
        *,
        logs: Client,
        cloudwatch: Client,
        application: str,
        log_group: str,
        log_stream: str,
        metrics: Metrics,
        period_seconds: int,
    ) -> None:
        self._logs = logs
        self._cloudwatch = cloudwatch
        self._application = application
        self._log_group = log_group
        self._log_stream = log_stream
        self._metrics = metrics
        self._period = period_seconds

    def observe(self, start: datetime, now: datetime) -> Observation:
        """Failures and fresh datapoints since the start."""
        series = self._series(start, now)
        return Observation(
            failures=failures(self._lines(start, *_FAILURE_PHRASES)),
            uptime=series["uptime"],
            restarts=series["restarts"],
            failed_checkpoints=series["failed_checkpoints"],
            records_in=series["records_in"],
        )

    def error(self, start: datetime) -> str:
        """The first error since the start, for a job that never came to fail as a job."""
        return error_cause(self._lines(start, _ERROR_PHRASE))

    def _lines(self, start: datetime, *phrases: str) -> list[LogLine]:
        if not self._log_group or not self._log_stream:
            return []
        found: dict[str, tuple[int, str]] = {}
        for phrase in phrases:
            for entry in self._events(start, phrase):
                line = (entry["timestamp"], entry["message"])
                found[entry.get("eventId") or repr(line)] = line
        # Python's sort is stable: lines of one millisecond keep the order they came in.
        ordered = sorted(found.values(), key=lambda line: line[0])
        return [LogLine.of(message) for _, message in ordered]

    def _events(self, start: datetime, phrase: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        for _ in range(_MAX_LOG_PAGES):
            try:
                page = call(
                    self._logs,
                    "filter_log_events",
                    logGroupName=self._log_group,
                    logStreamNames=[self._log_stream],
                    startTime=int(start.timestamp() * 1000),
                    filterPattern=phrase,
                    **token,
                )
            except NotFoundError:  # nothing was logged yet
                return events
            events.extend(page.get("events") or [])
            if not page.get("nextToken"):
                break
            token = {"nextToken": page["nextToken"]}
        return events

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
