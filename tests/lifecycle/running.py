"""What becomes of an application's job with time: how it starts, behaves, is saved and ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from tests.lifecycle.application import Application
from tests.lifecycle.clock import Clock
from tests.lifecycle.jobs import CRASH_LOOPS, HEALTHY, Job, Run, Snapshots, Start, State
from tests.lifecycle.operations import (
    CANCELLED,
    FAILED,
    IN_PROGRESS,
    SUCCESSFUL,
    Operation,
)
from tests.lifecycle.quirks import Quirks
from tests.lifecycle.service_texts import operation_error
from tests.lifecycle.snapshots import CREATING, ENHANCED, READY, Snapshot
from tests.lifecycle.snapshots import FAILED as SNAPSHOT_FAILED
from tests.lifecycle.statuses import Status

HANG_SECONDS = 3600.0  # the checkpoint timeout, 60 minutes [DOC23:reference-flink-settings]
QUICK_CRASHES = 60.0


class Observer(Protocol):
    """Told of what a test may want to hold an opinion on."""

    def starts(self, application: Application, start: StartAsked) -> None: ...
    def runs(self, run: Run) -> None: ...
    def stops(self, run: Run, by: str, *, force: bool) -> None: ...
    def deletes(self, snapshot: Snapshot, by: str) -> None: ...
    def job_failed(self, run: Run, attempt: int, *, at_start: bool) -> None: ...


@dataclass(frozen=True)
class StartAsked:
    """A start that the service accepted: from this snapshot, or from nothing."""

    restore: str
    snapshot: Snapshot | None
    allow_non_restored: bool
    by: str


class Running:
    """Applications, their jobs and snapshots, moved by the clock."""

    def __init__(self, clock: Clock, observer: Observer, quirks: Quirks) -> None:
        self.clock = clock
        self.observer = observer
        self.quirks = quirks
        self.applications: dict[str, Application] = {}
        self.snapshots: list[Snapshot] = []
        self.jobs: dict[str, Job] = {}
        self._numbers = 0

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def began_before(self, moment: datetime, lag: float) -> bool:
        return moment + timedelta(seconds=lag) <= self.clock.now

    def stamp(self) -> datetime:
        """Now as the service writes it down: milliseconds at best."""
        now = self.clock.now
        cut = 0 if self.quirks.whole_seconds else now.microsecond // 1000 * 1000
        return now.replace(microsecond=cut)

    def begin(self, application: Application, kind: str, by: str) -> Operation:
        identity = f"{kind[:8].lower()}{self.number():06}"
        return application.operations.begin(identity, kind, self.stamp(), by)

    def of(self, application: Application, *statuses: str) -> list[Snapshot]:
        """The application's snapshots in those statuses, oldest first."""
        return [
            held
            for held in self.snapshots
            if held.application == application.name
            and held.mode == application.configuration.mode
            and (not statuses or held.status in statuses)
        ]

    def job_of(self, application: Application) -> Job:
        return self.jobs.get(application.configuration.key, HEALTHY)

    # -- start ------------------------------------------------------------------------------

    def start(self, application: Application, operation: Operation, asked: StartAsked) -> None:
        application.turn(Status.STARTING)
        self.observer.starts(application, asked)
        self.launch(application, asked, lambda error: self.started(application, operation, error))

    def started(self, application: Application, operation: Operation, error: str) -> None:
        operation.finish(FAILED if error else SUCCESSFUL, self.stamp(), error)
        application.turn(Status.READY if error else Status.RUNNING)

    def launch(
        self, application: Application, asked: StartAsked, done: Callable[[str], None]
    ) -> None:
        """Submits the job of the present version and tells `done` its error, if any, in time."""
        job = self.job_of(application)
        source = asked.snapshot

        def submitted() -> None:
            nonlocal job
            error = job.error if job.start is Start.FAILS else ""
            misfit = source is not None and source.state.schema != job.schema
            if misfit and not asked.allow_non_restored and job.start is Start.RUNS:
                if self.quirks.incompatible_fails:
                    error = "java.lang.IllegalStateException: Failed to rollback to checkpoint"
                else:
                    job = replace(CRASH_LOOPS, schema=job.schema)
            run = self._new_run(application, replace(job, error=error or job.error), asked)
            if error:
                self.observer.job_failed(run, 0, at_start=True)
                error = operation_error(error, python=job.python)
            else:
                self.begin_run(application, run)
            done(error)

        if job.start is not Start.HANGS:
            application.timer = self.clock.later(job.start_seconds, submitted)

    def _new_run(self, application: Application, job: Job, asked: StartAsked) -> Run:
        source = asked.snapshot
        if source:
            state = replace(source.state, schema=job.schema)
        else:
            state = State(self.number(), self.clock.now.timestamp(), job.schema)
        return Run(
            application=application.name,
            version=application.version.number,
            code=application.configuration.code,
            job=job,
            began=self.clock.now,
            restored=state,
            restored_from=source.name if source else "",
            by=asked.by,
        )

    def begin_run(self, application: Application, run: Run) -> None:
        assert application.run is None, f"two runs of {application.name} at once"
        application.run = run
        application.runs.append(run)
        application.version.has_run = True
        self.observer.runs(run)
        self.behave(application, run)

    def behave(self, application: Application, run: Run) -> None:
        """Lets the job behave as it does from now on."""
        job = run.job

        def when(seconds: float, act: Callable[[], None]) -> None:
            self.clock.later(seconds, lambda: act() if run.job is job and not run.ended else None)

        def crash() -> None:
            if job.crashes_every < QUICK_CRASHES:
                run.halt(self.clock.now)
            run.fail(self.clock.now)
            self.observer.job_failed(run, len(run.failures), at_start=False)
            when(job.crashes_every, crash)

        def die() -> None:
            run.halt(self.clock.now)
            run.died = self.clock.now
            self.observer.job_failed(run, len(run.failures), at_start=False)

        def finish() -> None:
            if application.status is Status.RUNNING:
                self.end_run(application)
                application.turn(Status.READY)
            else:
                when(5, finish)

        if job.crashes_from is not None:
            when(max(job.crashes_from, 5), crash)
        if job.dies_after is not None:
            when(job.dies_after, die)
        if job.hangs_from is not None:
            when(job.hangs_from, lambda: run.halt(self.clock.now))
        if job.finishes_after is not None:
            when(job.finishes_after, finish)

    def change_job(self, application: Application, job: Job) -> None:
        """The running job is another from now on: a downstream is gone, a poison record came."""
        run = application.run
        if run and not run.died:
            run.job = replace(job, schema=run.job.schema)
            self.behave(application, run)

    # -- snapshots and stops ----------------------------------------------------------------

    def take(self, application: Application, name: str, by: str) -> Snapshot:
        """Begins a snapshot of the running job; its state is that of this moment."""
        run = application.run
        assert run is not None
        taken = Snapshot(
            name=name,
            application=application.name,
            version=run.version,
            created=self.stamp(),
            runtime=application.configuration.runtime,
            state=run.state(self.clock.now),
            run=run,
            by=by,
            mode=application.configuration.mode,
            code=run.code,
            application_created=application.created,
        )
        self.snapshots.append(taken)
        return taken

    def system_name(self, application: Application) -> str:
        number = f"{self.number():08x}"
        if application.configuration.mode == ENHANCED:
            return f"SYSTEMSNAPSHOT-{application.name[:60]}-{number}"
        return f"{number}-system"

    def outcome_of(self, run: Run) -> Snapshots:
        return Snapshots.FAIL if run.died else run.job.snapshots

    def finish_snapshot(self, taken: Snapshot, status: str) -> None:
        if taken.status == CREATING:
            taken.status = status

    def saved(self, application: Application, done: Callable[[Snapshot | None], None]) -> None:
        """Saves the job with its last record and ends it, as a stop and an update both do."""
        run = application.run
        assert run is not None
        if not application.configuration.snapshots_enabled:

            def ended() -> None:
                self.end_run(application)
                done(None)

            application.timer = self.clock.later(5, ended)
            return
        taken = self.take(application, self.system_name(application), "service")
        outcome = self.outcome_of(run)

        def saved() -> None:
            if outcome is Snapshots.SUCCEED:
                self.end_run(application, keeps=taken)
                taken.state = run.state(self.clock.now)
                taken.status = READY
            else:
                taken.status = SNAPSHOT_FAILED
            done(taken)

        seconds = HANG_SECONDS if outcome is Snapshots.HANG else self.quirks.stop_seconds
        application.timer = self.clock.later(seconds, saved)

    def stop(self, application: Application, operation: Operation) -> None:
        application.turn(Status.STOPPING)

        def stopped(taken: Snapshot | None) -> None:
            if taken and taken.status == SNAPSHOT_FAILED:
                operation.finish(FAILED, self.stamp(), "Failed to take a snapshot")
                application.turn(Status.RUNNING)
            else:
                operation.finish(SUCCESSFUL, self.stamp())
                application.turn(Status.READY)

        self.saved(application, stopped)

    def force_stop(self, application: Application, operation: Operation) -> None:
        if application.timer:
            application.timer.cancelled = True
        for other in application.operations.held:
            if other is not operation and other.status == IN_PROGRESS:
                other.finish(CANCELLED, self.stamp())
        self.end_run(application)
        application.turn(Status.FORCE_STOPPING)

        def stopped() -> None:
            operation.finish(SUCCESSFUL, self.stamp())
            application.turn(Status.READY)

        application.timer = self.clock.later(self.quirks.force_stop_seconds, stopped)

    def end_run(self, application: Application, keeps: Snapshot | None = None) -> None:
        """The job is gone, and with it every snapshot of it that was not done."""
        run = application.run
        application.run = None
        if run:
            run.end(self.clock.now)
            for taken in self.snapshots:
                if taken.run is run and taken.status == CREATING and taken is not keeps:
                    taken.status = SNAPSHOT_FAILED
