"""What changes an application: updates, rollbacks, and what the service does by itself."""

from __future__ import annotations

from tests.lifecycle.application import SKIP, Application, Configuration, Version
from tests.lifecycle.jobs import Run, Snapshots
from tests.lifecycle.operations import (
    FAILED,
    MAINTENANCE,
    ROLLBACK,
    SCALE,
    SUCCESSFUL,
    Operation,
)
from tests.lifecycle.running import Running, StartAsked
from tests.lifecycle.snapshots import FAILED as SNAPSHOT_FAILED
from tests.lifecycle.snapshots import READY, Snapshot
from tests.lifecycle.statuses import Status

RESTART_SECONDS = 25.0


class Transitions(Running):
    """All that moves, without the calls that set it off."""

    def new_version(self, application: Application, configuration: Configuration) -> Version:
        version = Version(application.version.number + 1, configuration, self.stamp())
        application.versions.append(version)
        application.updated = self.stamp()
        return version

    def update(
        self, application: Application, operation: Operation, asked: StartAsked | None
    ) -> None:
        """`asked` is the restore that the update itself names; None leaves it to the service."""
        runs = application.run is not None
        application.turn(Status.UPDATING)
        if not runs:

            def updated() -> None:
                operation.finish(SUCCESSFUL, self.stamp())
                application.turn(Status.READY)

            application.timer = self.clock.later(self.quirks.update_seconds, updated)
            return

        def saved(taken: Snapshot | None) -> None:
            if taken and taken.status == SNAPSHOT_FAILED:
                application.versions.pop()
                operation.finish(FAILED, self.stamp(), "Failed to take a snapshot")
                application.turn(Status.RUNNING)
                return
            default = StartAsked(SKIP, taken, application.allow_non_restored, "service")
            self.launch(application, asked or default, launched)

        def launched(error: str) -> None:
            if not error:
                operation.finish(SUCCESSFUL, self.stamp())
                application.turn(Status.RUNNING)
            elif application.configuration.rollback_enabled:
                operation.finish(FAILED, self.stamp(), error)
                operation.rollback = self.revert(application, "service").identity
            else:
                operation.finish(FAILED, self.stamp(), error)
                application.turn(Status.READY)

        self.saved(application, saved)

    def previous(self, application: Application) -> Version | None:
        """The version that ran before the present one."""
        earlier = (held for held in reversed(application.versions[:-1]) if not held.rolled_back)
        return next((held for held in earlier if held.has_run), None)

    def revert(self, application: Application, by: str) -> Operation:
        """Back to the version that ran before, from the newest snapshot, whoever made that."""
        target = self.previous(application)
        usable = self.of(application, READY)
        assert target is not None
        operation = self.begin(application, ROLLBACK, by)
        application.turn(Status.ROLLING_BACK)
        if application.timer:
            application.timer.cancelled = True
        self.end_run(application)
        application.rolled_back_from = application.version.number
        application.version.rolled_back = True
        self.new_version(application, target.configuration)
        operation.versions = (application.rolled_back_from, application.version.number)
        asked = StartAsked(SKIP, usable[-1] if usable else None, True, "service")
        self.launch(application, asked, lambda error: self.started(application, operation, error))
        return operation

    # -- what the service does by itself ----------------------------------------------------

    def autoscale(self, application: Application, seconds: float = 60) -> None:
        self._interlude(application, Status.AUTOSCALING, SCALE, seconds, keeps=True)

    def maintain(self, application: Application, seconds: float = RESTART_SECONDS) -> None:
        self._interlude(application, Status.MAINTENANCE, MAINTENANCE, seconds, keeps=False)

    def _interlude(
        self, application: Application, status: Status, kind: str, seconds: float, *, keeps: bool
    ) -> None:
        """Restarts a running job with its state; `keeps` a snapshot of it, as scaling does."""
        run = application.run
        if application.status is not Status.RUNNING or run is None:
            return
        operation = self.begin(application, kind, "service")
        application.turn(status)
        name, enabled = run.restored_from, application.configuration.snapshots_enabled
        if keeps and enabled and self.outcome_of(run) is Snapshots.SUCCEED:
            taken = self.take(application, self.system_name(application), "service")
            taken.status, name = READY, taken.name
        self.end_run(application)
        state = run.state(self.clock.now)

        def again() -> None:
            operation.finish(SUCCESSFUL, self.stamp())
            application.turn(Status.RUNNING)
            self.begin_run(
                application,
                Run(
                    run.application,
                    run.version,
                    run.code,
                    run.job,
                    self.clock.now,
                    state,
                    name,
                    "service",
                ),
            )

        application.timer = self.clock.later(seconds, again)
