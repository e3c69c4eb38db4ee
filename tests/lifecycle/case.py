"""One pipeline with every invariant watched, for a test that tells one story."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Trigger
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.lifecycle.application import Application
from tests.lifecycle.deploys import CALM, Deploys, Outcome, Trouble
from tests.lifecycle.jobs import HEALTHY, Job, Run
from tests.lifecycle.judge import Lifecycle
from tests.lifecycle.port import Call
from tests.lifecycle.provider import stepped
from tests.lifecycle.quirks import PLAIN, Quirks
from tests.lifecycle.snapshots import READY, Snapshot
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import Template
from tests.lifecycle.world import HANDLERS, REPLAY, World

NAME = "sensors"


class Case:
    def __init__(self, quirks: Quirks = PLAIN) -> None:
        self.judge = Lifecycle(NAME)
        self.world = World(quirks, self.judge)
        self.judge.watch(self.world)
        self.deploys = Deploys(self.world)
        self.template = Template("v1")

    # -- what a test does -------------------------------------------------------------------

    def deploy(
        self,
        code: str = "",
        job: Job = HEALTHY,
        trouble: Trouble = CALM,
        **changes: Any,  # noqa: ANN401
    ) -> Outcome:
        """Deploys that code, which behaves so, with these changes to the template."""
        asked = replace(self.template, code=code or self.template.code, **changes)
        self.world.state.jobs.setdefault(asked.code, job)
        self.judge.begins(asked, self.deploys.deployed)
        outcome = self.deploys.deploy(asked, trouble)
        if outcome.succeeded:
            self.template = asked
        return outcome

    def running(self, minutes: float = 20, **changes: Any) -> Case:  # noqa: ANN401
        """Version v1 is deployed and runs for a while."""
        outcome = self.deploy("v1", **changes)
        assert outcome.status == "CREATE_COMPLETE", outcome.reason
        self.wait(minutes)
        self.world.calls.clear()
        return self

    def delete(self) -> Outcome:
        self.judge.ends(self.deploys.deployed)
        return self.deploys.delete()

    def wait(self, minutes: float) -> None:
        self.world.clock.advance(minutes * 60)

    def later(self, seconds: float, act: Any) -> None:  # noqa: ANN401
        self.world.clock.later(seconds, act)

    def turn(self, job: Job, minutes: float = 2) -> None:
        """The job that runs becomes another."""
        self.world.state.change_job(self.application, job)
        self.wait(minutes)

    def stop_by_hand(self) -> None:
        self.world.user.stop_application(ApplicationName=NAME)
        self.wait(1)
        assert self.application.status is Status.READY

    def snapshot_by_hand(self, name: str) -> None:
        self.world.user.create_application_snapshot(ApplicationName=NAME, SnapshotName=name)

    def delete_by_hand(self, snapshot: Snapshot) -> None:
        self.world.user.delete_application_snapshot(
            ApplicationName=NAME,
            SnapshotName=snapshot.name,
            SnapshotCreationTimestamp=snapshot.created,
        )

    def replay(self, *events: dict[str, Any]) -> None:
        """These requests come once more."""
        for event in events:
            with contextlib.suppress(DeployFailedError):  # nobody listens to it any more
                stepped(self.world, event, REPLAY)

    def reconcile(self, trigger: Trigger = Trigger.SCHEDULE) -> str:
        self.deploys.reconcile(trigger)
        return str(self.deploys.decisions[-1]["Decision"])

    # -- what there is ----------------------------------------------------------------------

    @property
    def application(self) -> Application:
        return self.world.application(NAME)

    @property
    def run(self) -> Run:
        assert self.application.run, f"{NAME} is {self.application.status}"
        return self.application.run

    @property
    def ready(self) -> list[Snapshot]:
        return self.world.state.of(self.application, READY)

    @property
    def names(self) -> list[str]:
        return [held.name for held in self.ready]

    def made(self, operation: str) -> list[Call]:
        return self.world.made(operation)

    @property
    def changes(self) -> list[str]:
        """What the handlers changed at the service, in order."""
        told = ("Start", "Stop", "Create", "Update", "Rollback", "Delete")
        return [
            call.operation
            for call in self.world.calls
            if call.caller in HANDLERS and not call.refused and call.operation.startswith(told)
        ]

    @property
    def restores(self) -> list[str]:
        """What each start of the handlers restored."""
        return [
            restore.get("SnapshotName", restore["ApplicationRestoreType"])
            for call in self.made("StartApplication")
            for restore in [call.parameters["RunConfiguration"]["ApplicationRestoreConfiguration"]]
        ]

    @property
    def messages(self) -> list[str]:
        return [message for _, _, message in self.world.sns.sent]

    def measured(self, name: str) -> list[float]:
        put = self.world.cloudwatch.put
        return [float(datum["Value"]) for _, _, datum in put if datum["MetricName"] == name]

    def lost(self, run: Run, before: Run) -> timedelta:
        """How much of what `before` had counted `run` did not go on from."""
        assert run.restored.origin == before.restored.origin, "another descent"
        behind = before.state(self.world.now).position - run.restored.position
        return timedelta(seconds=round(behind))
