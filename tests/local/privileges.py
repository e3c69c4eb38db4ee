"""Takes each statement of an application's role away in turn, and looks whether the job notices."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from managed_flink_local.pipeline import Pipeline

Statement = dict[str, Any]
_REFUSED = ("is not authorized to perform", "AccessDenied", "403")
_NOTICED_SECONDS = 45.0
# Longer than the emulator waits for all tasks to run.
_START_SECONDS = 180.0
_LATEST = {
    "ApplicationRestoreConfiguration": {
        "ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT",
    }
}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


class Privileges:
    """The one inline policy of an application's role."""

    def __init__(self, pipeline: Pipeline, feed: Callable[[], None]) -> None:
        self.pipeline, self._feed = pipeline, feed
        self._iam = pipeline.environment.client("iam")
        self._service = pipeline.environment.client("kinesisanalyticsv2")
        self._logs = pipeline.environment.client("logs")
        self._role = str(pipeline.described()["ServiceExecutionRole"]).rsplit("/", 1)[-1]
        (self._name,) = self._iam.list_role_policies(RoleName=self._role)["PolicyNames"]
        self.document = self._iam.get_role_policy(RoleName=self._role, PolicyName=self._name)[
            "PolicyDocument"
        ]

    @property
    def statements(self) -> list[Statement]:
        return list(self.document["Statement"])

    def noticed(self, without: Statement) -> str:
        """How it shows that the statement is gone; empty when all goes on as before."""
        with self._without(without):
            self._stop()
            started = int(time.time() * 1000)
            if (status := self._start()) != "RUNNING":
                return f"it does not start: {status}"
            deadline = time.monotonic() + _NOTICED_SECONDS
            while time.monotonic() < deadline:
                self._feed()
                if refused := self._refusal() or self._logged(started):
                    return refused
                time.sleep(1)
            group, _ = self.pipeline.log_group()
            if not self._logs.filter_log_events(logGroupName=group, startTime=started)["events"]:
                return "nothing is logged"
        return ""

    def again(self) -> str:
        """Start with every statement back in its place; returns the status."""
        self._stop()
        return self._start()

    @contextmanager
    def _without(self, statement: Statement) -> Iterator[None]:
        kept = [found for found in self.statements if found != statement]
        self._put({**self.document, "Statement": kept})
        try:
            yield
        finally:
            self._put(self.document)

    def _put(self, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(
            RoleName=self._role, PolicyName=self._name, PolicyDocument=json.dumps(document)
        )

    def _stop(self) -> None:
        if self.pipeline.status() != "READY":
            self._service.stop_application(ApplicationName=self.pipeline.application, Force=True)
        self._until("READY")

    def _start(self) -> str:
        self._service.start_application(
            ApplicationName=self.pipeline.application, RunConfiguration=_LATEST
        )
        return self._until("RUNNING", "READY")

    def _until(self, *statuses: str) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while (status := self.pipeline.status()) not in statuses:
            assert time.monotonic() < deadline, f"it is {status}, not {' or '.join(statuses)}"
            time.sleep(0.3)
        return status

    def _logged(self, since: int) -> str:
        """A refusal in the log: DynamoDB's sink asks again and again, and the job never fails."""
        group, _ = self.pipeline.log_group()
        found = self._logs.filter_log_events(
            logGroupName=group, startTime=since, filterPattern=f'"{_REFUSED[0]}"'
        )["events"]
        return found[0]["message"][:240] if found else ""

    def _refusal(self) -> str:
        """The refusal among the job's exceptions."""
        with suppress(OSError, ValueError, KeyError):
            base = self.pipeline.web_ui()
            for job in _read(f"{base}/jobs")["jobs"]:
                told = json.dumps(_read(f"{base}/jobs/{job['id']}/exceptions"))
                for word in _REFUSED:
                    if (at := told.find(word)) >= 0:
                        return told[max(0, at - 120) : at + 120]
        return ""


def _read(url: str) -> Any:  # noqa: ANN401
    with urllib.request.urlopen(url, timeout=3) as answer:
        return json.load(answer)
