"""Reads the job's own words in the application's log stream."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..rules.failure_log import PYTHON_DRIVER, Failures, LogLine, error_cause, failures
from .calls import Client, NotFoundError, call

# A phrase each: what every version of the pattern syntax agrees on.
_FAILURE_PHRASES = ('"to FAILED"', '"to RESTARTING"')
_ERROR_PHRASES = ('"ERROR"', f'"{PYTHON_DRIVER}"')
# Each page may hold up to 1 MB: enough to judge, and bounded under a crash loop.
_MAX_LOG_PAGES = 10


class JobLog:
    """The log stream of one application."""

    def __init__(self, logs: Client, group: str, stream: str) -> None:
        self._logs = logs
        self._log_group = group
        self._log_stream = stream

    def failures(self, start: datetime) -> Failures:
        """The failures of a job that ran."""
        return failures(self._lines(start, *_FAILURE_PHRASES))

    def where(self, start: datetime, now: datetime) -> str:
        """The log group, the stream and the time to open, for a person."""
        if not self._log_group or not self._log_stream:
            return ""
        span = f"{start:%Y-%m-%d %H:%M:%S} to {now:%H:%M:%S} UTC"
        return f"Log: {self._log_group}, stream {self._log_stream}, {span}."

    def error(self, start: datetime) -> str:
        """Why a job never came to run, from its errors and what Python printed."""
        return error_cause(self._lines(start, *_ERROR_PHRASES))

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
