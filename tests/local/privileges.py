"""Takes each statement of an application's role away in turn, and looks whether the job notices."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from managed_flink_local.pipeline import Pipeline
from tests.waiting import until

Statement = dict[str, Any]
# A running job calls everything it ever calls within this many checkpoints of two seconds.
_LIVE_SECONDS: Final = 8.0
_LATEST: Final = {
    "ApplicationRestoreConfiguration": {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}
}
_PUT_LOG: Final = "logs:PutLogEvents"


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

    def not_noticed(self, statements: Sequence[Statement]) -> list[str]:
        """Actions of the statements without which all goes on as before.

        What a running job calls again and again shows while it runs; the rest shows at a start.
        """
        at_start = [each for each in statements if not self._noticed_running(each)]
        return [
            " ".join(listed(each["Action"]))
            for each in at_start
            if not self._noticed_at_start(each)
        ]

    def again(self) -> str:
        """Start with every statement back in its place; returns the status."""
        self._stop()
        return self._start()

    def _noticed_running(self, statement: Statement) -> bool:
        with self._without(statement) as since:
            return self._shows(statement, since, _LIVE_SECONDS)

    def _noticed_at_start(self, statement: Statement) -> bool:
        self._stop()
        with self._without(statement) as since:
            return self._start() != "RUNNING" or self._shows(statement, since, 3 * _LIVE_SECONDS)

    def _shows(self, statement: Statement, since: int, seconds: float) -> bool:
        """Whether a refusal of one of its actions is logged, or nothing is logged any more."""
        actions = listed(statement["Action"])
        if _PUT_LOG in actions:
            return self._is_silent(seconds)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._feed()
            if any(self._logged(since, f'"not authorized to perform: {a}"') for a in actions):
                return True
            time.sleep(0.5)
        return False

    def _is_silent(self, seconds: float) -> bool:
        """Whether a job that logs each checkpoint logs nothing; what was on its way comes first."""
        time.sleep(seconds / 2)
        since = int(time.time() * 1000)
        time.sleep(seconds / 2)
        return not self._logged(since)

    def _logged(self, since: int, pattern: str = "") -> bool:
        group, _ = self.pipeline.log_group()
        found = self._logs.filter_log_events(
            logGroupName=group, startTime=since, filterPattern=pattern
        )
        return bool(found["events"])

    @contextmanager
    def _without(self, statement: Statement) -> Iterator[int]:
        """The policy without it; what is handed out is when that began, in milliseconds."""
        kept = [found for found in self.statements if found != statement]
        self._put({**self.document, "Statement": kept})
        try:
            yield int(time.time() * 1000)
        finally:
            self._put(self.document)

    def _put(self, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(
            RoleName=self._role, PolicyName=self._name, PolicyDocument=json.dumps(document)
        )

    def _stop(self) -> None:
        if self.pipeline.status() != "READY":
            self._service.stop_application(ApplicationName=self.pipeline.application, Force=True)
        until(self.pipeline.status, lambda status: status == "READY")

    def _start(self) -> str:
        self._service.start_application(
            ApplicationName=self.pipeline.application, RunConfiguration=_LATEST
        )
        return until(self.pipeline.status, lambda status: status in ("RUNNING", "READY"))
