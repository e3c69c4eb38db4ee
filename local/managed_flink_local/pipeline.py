"""A deployed pipeline: what its stack says of itself, and what the service says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import deployment
from .failure import LocalError

if TYPE_CHECKING:
    from .assembly import Assembly
    from .environment import Environment

# A construct's output carries the construct's path before it and a hash after it.
OUTPUT = r".*{}([0-9A-F]{{8}})?"


@dataclass(frozen=True)
class Pipeline:
    """An application, and what it reads and writes as its own property groups say."""

    environment: Environment
    stack: str
    application: str
    restored_from: str
    """The snapshot that the newest deployment started from, or nothing."""

    groups: dict[str, dict[str, str]]

    def value(self, group: str, key: str) -> str:
        """Return a value of a property group."""
        try:
            return self.groups[group][key]
        except KeyError:
            reason = f"{self.application} has no property {key} in a group {group}"
            raise LocalError("looking at the application", reason) from None

    def connector(self, name: str) -> str:
        """Return what serves a source or a sink."""
        return self.value(name, "connector")

    def format(self, name: str) -> str:
        """Return the format of a source or a sink; Kafka's connector knows two keys for it."""
        return self.groups.get(name, {}).get("value.format") or self.value(name, "format")

    def stream(self, source: str) -> str:
        """Return the name of a Kinesis source's stream; newer connectors take its ARN."""
        group = self.groups.get(source, {})
        return group.get("stream") or self.value(source, "stream.arn").rpartition("/")[2]

    def servers(self, name: str) -> str:
        """Return the brokers of a source or a sink."""
        return self.value(name, "properties.bootstrap.servers")

    def prefix(self, sink: str) -> tuple[str, str]:
        """Return the bucket and the prefix of a file sink."""
        path = urlsplit(self.value(sink, "path"))
        return path.netloc, path.path.lstrip("/")

    def described(self) -> dict[str, Any]:
        """Return the application as the service describes it."""
        client = self.environment.client("kinesisanalyticsv2")
        answer = client.describe_application(ApplicationName=self.application)
        detail: dict[str, Any] = answer["ApplicationDetail"]
        return detail

    def status(self) -> str:
        """Return the application's status."""
        return str(self.described()["ApplicationStatus"])

    def started_from(self) -> str:
        """Return the snapshot that the running job was started from, as the service records it."""
        configuration = self.described().get("ApplicationConfigurationDescription", {})
        run = configuration.get("RunConfigurationDescription", {})
        restore = run.get("ApplicationRestoreConfigurationDescription", {})
        return str(restore.get("SnapshotName", ""))

    def stack_status(self) -> str:
        """Return the stack's status."""
        return str(deployment.stack(self.environment, self.stack)["StackStatus"])

    def web_ui(self) -> str:
        """Return the address of the running job's own Flink web UI, or nothing."""
        record = self.environment.applications / self.application / "cluster.json"
        try:
            return str(json.loads(record.read_text(encoding="utf-8"))["rest_url"])
        except (OSError, ValueError, KeyError):
            return ""

    def log_group(self) -> tuple[str, str]:
        """Return the log group and stream that the job writes to."""
        options = self.described().get("CloudWatchLoggingOptionDescriptions", [])
        if not options:
            raise LocalError("reading the logs", f"{self.application} has no logging option")
        parts = options[0]["LogStreamARN"].split(":")
        return parts[parts.index("log-group") + 1], parts[-1]


def find(environment: Environment, app: Assembly) -> Pipeline:
    """Return the pipeline that an assembly's stacks deployed."""
    for name in app.stacks:
        found = of_stack(environment, name)
        if found is not None:
            return found
    reason = f"none of the stacks {', '.join(app.stacks)} has an output ApplicationName"
    raise LocalError("reading the stack's outputs", reason)


def of_stack(environment: Environment, name: str) -> Pipeline | None:
    """Return the pipeline of a stack, or None when it has none."""
    outputs = deployment.outputs(environment, name)
    application = _output(outputs, "ApplicationName")
    if not application:
        return None
    restored_from = _output(outputs, "RestoredFrom")
    return Pipeline(
        environment, name, application, restored_from, _groups(environment, application)
    )


def _output(outputs: dict[str, str], name: str) -> str:
    pattern = re.compile(OUTPUT.format(name))
    return next((value for key, value in outputs.items() if pattern.fullmatch(key)), "")


def _groups(environment: Environment, application: str) -> dict[str, dict[str, str]]:
    client = environment.client("kinesisanalyticsv2")
    detail = client.describe_application(ApplicationName=application)["ApplicationDetail"]
    configuration = detail["ApplicationConfigurationDescription"]
    properties = configuration.get("EnvironmentPropertyDescriptions", {})
    groups = properties.get("PropertyGroupDescriptions", [])
    return {group["PropertyGroupId"]: group["PropertyMap"] for group in groups}
