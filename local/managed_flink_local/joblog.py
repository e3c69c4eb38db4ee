"""The job's log lines in CloudWatch Logs, as people read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pipeline import Pipeline


class JobLog:
    """Reads an application's log stream, each line once."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._client = pipeline.environment.client("logs")
        self._group, self._stream = pipeline.log_group()
        self._token: str | None = None

    def new_lines(self) -> list[str]:
        """Return what came since the last call."""
        lines: list[str] = []
        while True:
            position = {"nextToken": self._token} if self._token else {}
            answer = self._client.get_log_events(
                logGroupName=self._group,
                logStreamName=self._stream,
                startFromHead=True,
                **position,
            )
            lines += [told(event) for event in answer["events"]]
            reached, self._token = self._token, answer["nextForwardToken"]
            if not answer["events"] or reached == self._token:
                return lines


def told(event: dict[str, Any]) -> str:
    """Return a log event as a line: time, level, logger, message, and the exception below it."""
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    try:
        entry = json.loads(event["message"])
    except ValueError:
        return f"{at:%H:%M:%S} {event['message']}"
    logger = str(entry.get("logger", "")).rpartition(".")[2]
    line = f"{at:%H:%M:%S} {entry.get('messageType', ''):<5} {logger}: {entry.get('message', '')}"
    thrown = entry.get("throwableInformation")
    if isinstance(thrown, list):
        thrown = "\n".join(str(part) for part in thrown)
    return f"{line}\n{thrown}" if thrown else line
