"""Flink's log files into the application's log stream, as the service's JSON lines."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any

from managed_flink_local.emulator import execution_role
from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.flink.cluster import Cluster

logger = logging.getLogger("managed_flink")

_POLL_SECONDS = 0.4
_MAX_EVENT = 200_000
# A cluster that was ended has written its last line by then.
_GRACE_SECONDS = 3.0


class _File:
    """A log file that is being written; `read` returns the complete new lines."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster, self._path = cluster, cluster.logs / name
        self._offset = cluster.log_begin.get(name, 0)

    def read(self) -> list[str]:
        ends = self._cluster.log_end
        size = -1 if ends is None else max(0, ends.get(self._path.name, 0) - self._offset)
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(size)
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        return data[:end].decode(errors="replace").splitlines()


class _Source:
    """One cluster's files and the application version that runs on it."""

    def __init__(self, application: Application, cluster: Cluster) -> None:
        self.application = application
        self.cluster = cluster
        self.ended: float | None = None
        names = ("jobmanager.json", "taskmanager.json", "client.json")
        self.files = [_File(cluster, name) for name in names]
        self.output = _File(cluster, "client.out")

    def events(self) -> list[dict[str, Any]]:
        found = [
            event
            for file in self.files
            for line in file.read()
            if (event := self._parsed(line)) is not None
        ]
        found += [self._driver(line) for line in self.output.read() if line.strip()]
        return sorted(found, key=lambda event: int(event["timestamp"]))

    def _parsed(self, line: str) -> dict[str, Any] | None:
        try:
            record: dict[str, Any] = json.loads(line, strict=False)
        except ValueError:
            return None
        timestamp = record.pop("timestamp")
        if not record.get("throwableInformation"):
            record.pop("throwableInformation", None)
        return self._event(timestamp, record)

    def _driver(self, line: str) -> dict[str, Any]:
        """What main prints appears under this logger, and not as an error, as on the service."""
        return self._event(
            int(time.time() * 1000),
            {
                "locationInformation": "",
                "logger": "PythonDriver",
                "message": line,
                "threadName": "main",
                "messageType": "INFO",
            },
        )

    def _event(self, timestamp: int, record: dict[str, Any]) -> dict[str, Any]:
        body = {
            **record,
            "applicationARN": self.application.arn,
            "applicationVersionId": str(self.application.version),
            "messageSchemaVersion": "1",
        }
        message = json.dumps(body, ensure_ascii=False)
        if len(message) > _MAX_EVENT:
            for key in ("throwableInformation", "message"):
                body[key] = str(body.get(key, ""))[: _MAX_EVENT // 4]
            message = json.dumps(body, ensure_ascii=False)
        return {"timestamp": timestamp, "message": message}


class LogShipper:
    """One thread that follows the files of every cluster."""

    def __init__(self) -> None:
        self._sources: list[_Source] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to follow."""
        threading.Thread(target=self._follow, daemon=True, name="flink-logs").start()

    def follow(self, application: Application, cluster: Cluster) -> None:
        """Ship this cluster's files from now on."""
        with self._lock:
            self._sources.append(_Source(application, cluster))

    def _follow(self) -> None:
        while True:
            time.sleep(_POLL_SECONDS)
            with self._lock:
                sources = list(self._sources)
            for source in sources:
                try:
                    self._ship(source)
                except Exception:
                    logger.exception("shipping the log of %s", source.application.name)
                if source.cluster.closed and source.ended is None:
                    source.ended = time.monotonic()
                if source.ended is not None and time.monotonic() - source.ended > _GRACE_SECONDS:
                    with self._lock:
                        self._sources.remove(source)

    def _ship(self, source: _Source) -> None:
        events = source.events()
        if not events:
            return
        application = source.application
        with ministack.scope(application.account, application.region):
            target = self._target(application)
            if target is None:
                return  # No logging option: the service drops the log, too.
            group, stream = target
            if not self._allowed(application, group, stream):
                return  # The service drops it then, without a word.
            ministack.service("cloudwatch_logs")._put_log_events(
                {"logGroupName": group, "logStreamName": stream, "logEvents": events}
            )

    @staticmethod
    def _allowed(application: Application, group: str, stream: str) -> bool:
        where = f"arn:aws:logs:{application.region}:{application.account}:log-group:{group}"
        return execution_role.allows(
            application.role_arn,
            application.arn,
            "logs:PutLogEvents",
            f"{where}:log-stream:{stream}",
        )

    @staticmethod
    def _target(application: Application) -> tuple[str, str] | None:
        """Read anew each time: the option may be added after the application was started."""
        record = ministack.service("kinesisanalyticsv2")._applications.get(application.name)
        if record is None:
            return application.log_group_and_stream
        return Application.of(record).log_group_and_stream
