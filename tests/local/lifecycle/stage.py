"""The probe's stack on one machine: its versions, deployed one after the other, and counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from managed_flink_local import pipeline as pipelines
from managed_flink_local.assembly import Assembly
from managed_flink_local.environment import Environment
from managed_flink_local.pipeline import Pipeline
from tests.local.lifecycle import counts
from tests.local.lifecycle.counts import Counts, SetApart
from tests.local.lifecycle.events import Sender
from tests.local.lifecycle.formation import Deployed, Formation
from tests.local.lifecycle.probe import stack, versions
from tests.local.lifecycle.probe.stack import Kept
from tests.local.lifecycle.probe.versions import Edit
from tests.local.lifecycle.sinks import Sinks
from tests.waiting import until

POLL_SECONDS: Final = 0.5
# A row too many may come with the checkpoint after the one that brought the last missing row.
CHECKPOINT_SECONDS: Final = 2.5


@dataclass(frozen=True)
class Version:
    """One version of the job, ready to be deployed; its label is in each row that it writes."""

    label: str
    assembly: Assembly


class Stage:
    """One application through all its deploys, and every event that was ever sent to it.

    Attributes:
        current: The version that runs, or did before it was stopped.
        counts: The last that were counted.
        kept: What a destroyed stack left, for all that come after.
    """

    pipeline: Pipeline
    sender: Sender
    current: Version
    _sinks: Sinks

    def __init__(self, environment: Environment, folder: Path) -> None:
        self.environment = environment
        self.service = environment.client("kinesisanalyticsv2")
        self.formation = Formation(environment, stack.STACK)
        self._folder = folder
        self._versions = 0
        self._set_apart: list[SetApart] = []
        self.counts: Counts = counts.count([], [], {})
        self.kept: Kept | None = None

    def open(self) -> None:
        """Deploy the first version, and begin to count."""
        self.current = self.version(versions.healthy)
        deployed = self.formation.deploy(self.current.assembly)
        assert deployed.status == "CREATE_COMPLETE", deployed
        self.pipeline = pipelines.find(self.environment, self.current.assembly)
        self.sender = Sender(self.environment.client("kinesis"), self.pipeline.stream("events"))
        self._sinks = Sinks(self.environment, self.pipeline)

    @property
    def application(self) -> str:
        """The application's name."""
        return self.pipeline.application

    def version(self, edit: Edit, **changed: Any) -> Version:  # noqa: ANN401
        """Make the next version; `changed` is handed to the pipeline."""
        self._versions += 1
        label = f"{self._versions}-{edit.__name__}"
        sql = versions.version(edit, label)
        output = self._folder / label
        return Version(label, stack.synthesize(sql, output, kept=self.kept, **changed))

    def deploy(self, version: Version) -> Deployed:
        """Deploy while events are sent."""
        with self.deploying(version) as began:
            deployed = self.formation.wait(began)
        if deployed.status == "UPDATE_COMPLETE":
            self.current = version
        return deployed

    @contextmanager
    def deploying(self, version: Version) -> Iterator[float]:
        """Begin a deploy, and send events for as long as the block runs."""
        with self.sender:
            yield self.formation.begin(version.assembly)

    def runs(self) -> bool:
        """Whether nothing is under way and the application runs."""
        self.formation.settled(time.time())
        return self.pipeline.status() == "RUNNING"

    def await_status(self, *wanted: str) -> str:
        """Wait until the application has one of these statuses."""
        began = time.time() - 1
        return until(
            self.pipeline.status,
            lambda status: status in wanted,
            progress=lambda: self.formation.progress(began),
            poll=POLL_SECONDS / 5,
        )

    def await_snapshot(self, name: str) -> None:
        """Wait until a snapshot is READY."""
        until(lambda: self._snapshots().get(name), lambda status: status == "READY")

    def _snapshots(self) -> dict[str, str]:
        listed = self.service.list_application_snapshots(ApplicationName=self.application)
        return {s["SnapshotName"]: s["SnapshotStatus"] for s in listed["SnapshotSummaries"]}

    def set_apart(self, version: Version, after: int = 0) -> None:
        """Count apart what the version has written beyond an event."""
        self._set_apart.append(SetApart(version.label, after))

    def last_before(self, version: Version) -> int:
        """The last event before those that a version has read: it began after this one."""
        return min(r.number for r in self._sinks.rows() if r.version == version.label) - 1

    def counted(self) -> Counts:
        """Count once all that was sent has come through, or nothing more comes."""
        try:
            until(self._count, lambda counts: counts.through, poll=POLL_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"not everything came through: {error}") from None
        time.sleep(CHECKPOINT_SECONDS)
        self.counts = self._count()
        return self.counts

    def _count(self) -> Counts:
        sinks = self._sinks
        return counts.count(self.sender.sent, sinks.rows(), sinks.table(), self._set_apart)
