"""The part of Flink's REST interface that the data plane uses."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


class FlinkError(RuntimeError):
    """Flink refused or failed; the message holds its reason."""


# The emulator's own environment may name a proxy; Flink is always on this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class FlinkRest:
    """One JobManager's REST endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(
        self, path: str, method: str = "GET", body: dict[str, Any] | None = None, wait: float = 10
    ) -> Any:  # noqa: ANN401 - JSON
        """Call and decode.

        Raises:
            FlinkError: Flink answered with an error.
            OSError: nobody answered.
        """
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with _DIRECT.open(request, timeout=wait) as response:
                raw = response.read()
        except urllib.error.HTTPError as error:
            raise FlinkError(_first_reason(error.read().decode(errors="replace"))) from error
        return json.loads(raw) if raw else {}

    def metrics(self, path: str, names: list[str] | None = None, agg: str = "") -> dict[str, float]:
        """Metrics of one scope; with no names given, which there are (as keys, without a value)."""
        if names is None:
            return {entry["id"]: 0.0 for entry in self.call(path)}
        if not names:
            return {}
        # Flink splits at commas before it decodes nothing further: names are sent encoded.
        query = f"?get={','.join(urllib.parse.quote(name, safe='') for name in names)}"
        key = agg or "value"
        found: dict[str, float] = {}
        for entry in self.call(path + query + (f"&agg={agg}" if agg else "")):
            try:
                found[entry["id"]] = float(entry[key])
            except (KeyError, TypeError, ValueError):
                continue
        return found

    def job(self, job_id: str) -> dict[str, Any]:
        """State, vertices and times of a job."""
        found: dict[str, Any] = self.call(f"/jobs/{job_id}")
        return found

    def exceptions(self, job_id: str) -> str:
        """The newest failure of the job with its causes, or an empty string.

        Read from the history: the root exception of some connectors only says that partial
        recovery is not supported.
        """
        try:
            found = self.call(f"/jobs/{job_id}/exceptions")
        except (FlinkError, OSError):
            return ""
        entries = (found.get("exceptionHistory") or {}).get("entries") or []
        texts = [entry.get("stacktrace") or "" for entry in entries] + [
            found.get("root-exception") or ""
        ]
        return next((text for text in texts if text), "")

    def savepoint(self, job_id: str, target: str, *, stop: bool, wait: float) -> str:
        """Take a savepoint, with `stop` as the last act of the job, and return where it is.

        Raises:
            FlinkError: it failed, or took longer than `wait` seconds.
        """
        if stop:
            path, body = "stop", {"targetDirectory": target, "drain": False}
        else:
            path, body = "savepoints", {"target-directory": target, "cancel-job": False}
        trigger = self.call(f"/jobs/{job_id}/{path}", "POST", body)["request-id"]
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            found = self.call(f"/jobs/{job_id}/savepoints/{trigger}")
            if found.get("status", {}).get("id") == "COMPLETED":
                operation = found.get("operation") or {}
                if operation.get("location"):
                    return str(operation["location"])
                trace = (operation.get("failure-cause") or {}).get("stack-trace", "")
                raise FlinkError(root_cause(trace) or "the savepoint failed without a cause")
            time.sleep(0.2)
        raise FlinkError(f"the savepoint did not complete within {wait:.0f} s")


def root_cause(trace: str) -> str:
    """The innermost exception of a Java stack trace, in one line."""
    causes = [line for line in trace.splitlines() if line.strip().startswith("Caused by:")]
    if causes:
        return causes[-1].strip().removeprefix("Caused by:").strip()
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    return lines[0] if lines else ""


def _first_reason(text: str) -> str:
    try:
        errors = json.loads(text).get("errors") or []
    except ValueError:
        errors = []
    joined = "\n".join(str(error) for error in errors) or text
    return root_cause(joined)[:1000]
