"""CloudWatch, CloudWatch Logs and SNS, as far as the handlers use them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.lifecycle.application import Application
from tests.lifecycle.clock import Clock
from tests.lifecycle.faults import refusal
from tests.lifecycle.jobs import Run
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.service_texts import records
from tests.lifecycle.snapshots import ACCOUNT

NAMESPACE = "AWS/KinesisAnalytics"
# The only one that the functions' role may publish in.
OWN_NAMESPACE = "ManagedFlink"
# https://docs.aws.amazon.com/managed-flink/latest/java/metrics-dimensions.html
METRICS = {
    "uptime": "uptime",
    "runningTime": "uptime",
    "fullRestarts": "restarts",
    "numRestarts": "restarts",
    "numberOfFailedCheckpoints": "checkpoints",
    "numRecordsIn": "records",
}
ONLY_1_X, ONLY_2_X = (
    frozenset({"uptime", "fullRestarts"}),
    frozenset({"runningTime", "numRestarts"}),
)
SAMPLE_SECONDS = 15
STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Minimum": min,
    "Maximum": max,
    "Sum": math.fsum,
    "SampleCount": lambda values: float(len(values)),
    "Average": lambda values: math.fsum(values) / len(values),
}
Parameters = dict[str, Any]


class CloudWatch:
    def __init__(
        self, clock: Clock, quirks: Quirks, applications: Callable[[], dict[str, Application]]
    ) -> None:
        self.clock = clock
        self.quirks = quirks
        self.applications = applications
        self.put: list[tuple[datetime, str, dict[str, Any]]] = []

    def call(self, operation: str, parameters: Parameters, _: str) -> dict[str, Any]:
        if operation == "PutMetricData":
            if parameters["Namespace"] != OWN_NAMESPACE:
                raise refusal(operation, "AccessDeniedException", "not in this namespace")
            for datum in parameters.get("MetricData", []):
                self.put.append((self.clock.now, parameters["Namespace"], datum))
            return {}
        assert operation == "GetMetricData", operation
        assert parameters["StartTime"] < parameters["EndTime"], "an empty span of time"
        results = [self._result(query, parameters) for query in parameters["MetricDataQueries"]]
        return {"MetricDataResults": results, "Messages": []}

    def _result(self, query: dict[str, Any], asked: Parameters) -> dict[str, Any]:
        stat = query["MetricStat"]
        period, metric = stat["Period"], stat["Metric"]
        points = self._points(metric, period, asked["StartTime"], asked["EndTime"])
        moments = sorted(points, reverse=asked.get("ScanBy") != "TimestampAscending")
        return {
            "Id": query["Id"],
            "Label": metric["MetricName"],
            "Timestamps": moments,
            "Values": [STATISTICS[stat["Stat"]](points[moment]) for moment in moments],
            "StatusCode": "Complete",
        }

    def _points(
        self, metric: dict[str, Any], period: int, begin: datetime, end: datetime
    ) -> dict[datetime, list[float]]:
        """Samples by the period they fall into; a period is in the answer if it begins in it."""
        if metric["Namespace"] != NAMESPACE:
            return self._published(metric, period, begin, end)
        name = metric["MetricName"]
        dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
        application = self.applications().get(dimensions.get("Application", ""))
        known = metric["Namespace"] == NAMESPACE and name in METRICS and len(dimensions) == 1
        if not application or not known:
            return {}
        other = ONLY_1_X if application.configuration.runtime > "FLINK-2" else ONLY_2_X
        if name in other:
            return {}
        first = math.ceil(begin.timestamp() / period) * period
        told = self.clock.now - timedelta(seconds=self.quirks.metric_lag)
        last = min(math.ceil(end.timestamp() / period) * period, told.timestamp())
        points: dict[datetime, list[float]] = {}
        for run in application.runs:
            self._of_run(run, METRICS[name], period, (first, last), points)
        return points

    def _published(
        self, metric: dict[str, Any], period: int, begin: datetime, end: datetime
    ) -> dict[datetime, list[float]]:
        points: dict[datetime, list[float]] = {}
        for at, namespace, datum in self.put:
            same = (namespace, datum["MetricName"]) == (metric["Namespace"], metric["MetricName"])
            told = (self.clock.now - at).total_seconds() >= self.quirks.metric_lag
            floor = datetime.fromtimestamp(at.timestamp() // period * period, UTC)
            same = same and datum["Dimensions"] == metric["Dimensions"]
            if same and told and begin <= floor < end:
                points.setdefault(floor, []).append(datum["Value"])
        return points

    def _of_run(
        self,
        run: Run,
        kind: str,
        period: int,
        span: tuple[float, float],
        points: dict[datetime, list[float]],
    ) -> None:
        if not run.job.has_metrics or (run.ended and run.ended.timestamp() < span[0]):
            return
        begin = max(span[0], run.began.timestamp())
        at = math.ceil(begin / SAMPLE_SECONDS) * SAMPLE_SECONDS
        while at < span[1]:
            value = run.sample(kind, datetime.fromtimestamp(at, UTC))
            if value is None:
                return
            moment = datetime.fromtimestamp(at // period * period, UTC)
            points.setdefault(moment, []).append(value)
            at += SAMPLE_SECONDS


@dataclass
class Logs:
    """One stream in one group for each application."""

    clock: Clock
    quirks: Quirks
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    page_size: int = 100
    _rest: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def group(self, application: str) -> str:
        return f"/aws/kinesis-analytics/{application}"

    def create(self, application: str) -> None:
        self.lines.setdefault(self.group(application), [])

    def call(self, operation: str, asked: Parameters, _: str) -> dict[str, Any]:
        assert operation == "FilterLogEvents", operation
        lines = self.lines.get(asked.get("logGroupName", ""))
        streams = asked.get("logStreamNames", [STREAM])
        if lines is None or streams != [STREAM]:
            raise refusal(operation, "ResourceNotFoundException", "The specified log group …")
        if "nextToken" in asked:
            found = self._rest[asked["nextToken"]]
        else:
            shown = (self.clock.now - timedelta(seconds=self.quirks.log_lag)).timestamp() * 1000
            end = min(asked.get("endTime", shown), shown)
            fits = matcher(asked.get("filterPattern", ""))
            found = [
                line
                for line in lines
                if asked.get("startTime", 0) <= line["timestamp"] <= end and fits(line["message"])
            ]
        size = min(asked.get("limit", self.page_size), self.page_size)
        answer: dict[str, Any] = {"events": found[:size], "searchedLogStreams": []}
        if found[size:]:
            answer["nextToken"] = f"more-{len(self._rest)}"
            self._rest[answer["nextToken"]] = found[size:]
        return answer

    def write(
        self, run: Run, logger: str, message: str, throwable: str = "", level: str = "INFO"
    ) -> None:
        """A line as the service writes it."""
        line = {
            "locationInformation": "",
            "logger": logger,
            "message": message,
            "threadName": "flink-pekko.actor.default-dispatcher-4",
            "applicationARN": f"arn:aws:kinesisanalytics:us-east-1:{ACCOUNT}:application/"
            + run.application,
            "applicationVersionId": str(run.version),
            "messageSchemaVersion": "1",
            "messageType": level,
            **({"throwableInformation": throwable} if throwable else {}),
        }
        held = self.lines.setdefault(self.group(run.application), [])
        held.append(
            {
                "logStreamName": STREAM,
                "timestamp": int(self.clock.now.timestamp() * 1000),
                "message": json.dumps(line),
                "ingestionTime": int(self.clock.now.timestamp() * 1000),
                "eventId": str(len(held)),
            }
        )

    def job_failed(self, run: Run, attempt: int, *, at_start: bool) -> None:
        throwable = f"{run.job.error}\n\tat com.example.Job.map(Job.java:12)\n"
        if at_start:
            for record in records(run.job.error, python=run.job.python):
                self.write(run, record.logger, record.message, record.throwable, record.level)
            return
        task = f"Source: readings[1] -> Calc[2] (1/1)#{attempt} (a1b2_c3_0_{attempt})"
        failed = "switched from RUNNING to FAILED"
        runtime = "org.apache.flink.runtime"
        graph = f"{runtime}.executiongraph.ExecutionGraph"
        self.write(
            run, f"{runtime}.taskmanager.Task", f"{task} {failed} with failure cause:", throwable
        )
        self.write(run, graph, f"{task} {failed} on 10.0.0.1:6122 @ host", throwable)
        job = "Job insert-into_lake (00000000000000000000000000000001)"
        becomes = "FAILED" if run.died else "RESTARTING"
        self.write(run, graph, f"{job} switched from state RUNNING to {becomes}.", throwable)


STREAM = "kinesis-analytics-log-stream"


def matcher(pattern: str) -> Callable[[str], bool]:
    """Terms of a filter pattern: all of them, none with `-`, and one of those with `?`."""
    assert not pattern.startswith(("{", "[", "%")), f"not modelled: {pattern}"
    terms = re.findall(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))', pattern)
    sought = [(sign, quoted or bare) for sign, quoted, bare in terms]
    needed = [term for sign, term in sought if not sign]
    unwanted = [term for sign, term in sought if sign == "-"]
    optional = [term for sign, term in sought if sign == "?"]

    def fits(message: str) -> bool:
        return (
            all(term in message for term in needed)
            and not any(term in message for term in unwanted)
            and (bool(needed) or not optional or any(term in message for term in optional))
        )

    return fits


@dataclass
class Notifications:
    clock: Clock
    sent: list[tuple[datetime, str, str]] = field(default_factory=list)

    def call(self, operation: str, asked: Parameters, _: str) -> dict[str, Any]:
        assert operation == "Publish", operation
        assert len(asked.get("Subject", "").encode()) <= 100, "SNS takes subjects up to 100"
        self.sent.append((self.clock.now, asked.get("Subject", ""), asked["Message"]))
        return {"MessageId": str(len(self.sent))}
