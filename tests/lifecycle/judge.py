"""What must hold whatever happens, said of state: of what a job has counted, not of statuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.lifecycle.application import LATEST, Application
from tests.lifecycle.faults import is_read
from tests.lifecycle.jobs import Run, Snapshots, State
from tests.lifecycle.port import Call
from tests.lifecycle.running import StartAsked
from tests.lifecycle.snapshots import READY, Snapshot
from tests.lifecycle.templates import (
    ALWAYS_RUNNING,
    EMPTY,
    FORCE_STOP,
    IN_PLACE,
    NAMED,
    NEWEST,
    Template,
    restoring,
)
from tests.lifecycle.world import HANDLERS, PROVE, RECONCILER, REPLAY, USER, Judge, World

# Between the look at a snapshot's age and the forced stop that follows from it.
SLACK_SECONDS = 180.0
HARMLESS = frozenset({"PutMetricData", "Publish"})


class Lifecycle(Judge):
    """Trusts what a completed deploy ran, and holds every later start against its state."""

    def __init__(self, name: str = "sensors") -> None:
        self.name = name
        self.world: World | None = None
        self.template: Template | None = None
        self.good: State | None = None
        self.trusted: list[Run] = []
        self.closed: list[Run] = []
        self.deploying = False
        self.rolling_back = False
        self.left_broken = False
        self.hand_stopped = False
        self._restore_is_new = False
        self._resumes = False
        self._unsure = False
        self.lost_seconds = 0.0
        self.pinned: frozenset[str] = frozenset()

    def watch(self, world: World) -> None:
        self.world = world

    # -- deploys ----------------------------------------------------------------------------

    def begins(self, template: Template, deployed: Template | None) -> None:
        """A deploy begins that asks for this."""
        self.follow()
        self.template = template
        before = deployed.restore if deployed else restoring()
        # What counts as new after a deploy that was left failed is CloudFormation's to say.
        self._unsure = self.left_broken
        self._resumes = deployed is None or deployed.desired != template.desired or self.left_broken
        self._restore_is_new = template.restore.type != NEWEST and template.restore != before

    def ends(self, deployed: Template | None) -> None:
        """The stack is deleted: with what was deployed last, not with what failed since."""
        self.template = deployed

    def stack_turns(self, status: str) -> None:
        self.follow()
        self.deploying = status.endswith("_IN_PROGRESS") and "CLEANUP" not in status
        self.rolling_back = "ROLLBACK" in status and self.deploying
        run = self._run
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            self.left_broken = False
            if run:
                self._trust(run)
                self.good = run.state(self._now)
        elif status.startswith("UPDATE_ROLLBACK_COMPLETE"):
            if run and self.good and run.restored.origin == self.good.origin:
                self._trust(run)
        elif status in ("UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE"):
            self.left_broken = True

    def runs(self, run: Run) -> None:
        if run.application != self.name:
            return
        before = [other for other in self._application.runs if other is not run]
        last = before[-1] if before else None
        follows = run.by == "service" and last in self.trusted and last and last.code == run.code
        converges = run.by == RECONCILER and not self.deploying and self.good
        if run.by == USER:
            self.hand_stopped = False
            self.good = run.restored
        if run.by == USER or follows or converges:
            self._trust(run)

    def _trust(self, run: Run) -> None:
        if run not in self.trusted:
            self.trusted.append(run)

    def follow(self) -> None:
        """The furthest that a trusted run has come."""
        for run in self.trusted[-2:]:
            if run in self.closed:
                continue
            state = run.state(self._now)
            same = self.good is not None and state.origin == self.good.origin
            if same and self.good and state.position > self.good.position:
                self.good = replace(state, schema=self.good.schema)

    # -- what the handlers do ---------------------------------------------------------------

    def called(self, call: Call) -> None:
        acts = not is_read(call.operation) and call.operation not in HARMLESS
        if call.caller == REPLAY and acts and not call.refused:
            self._wrong(f"a replayed request called {call.operation}")
        if call.operation != "StopApplication" or call.refused:
            return
        if call.caller == USER and call.parameters["ApplicationName"] == self.name:
            self.hand_stopped = True
        # The run of a forced stop is gone by now: `stops` has looked at it.

    def stops(self, run: Run, by: str, *, force: bool) -> None:
        """A stop was accepted; the run is as it was before it."""
        if by not in HANDLERS or not force or run not in self.trusted or self.template is None:
            return
        self.follow()
        state = run.state(self._now)
        best = self.best()
        kept = best.state.position if best else float("-inf")
        lost = state.position - kept
        self.lost_seconds = max(self.lost_seconds, lost if best else 0.0)
        consented = self._restore_is_new  # whoever chooses what to restore gives this up
        in_place = by == PROVE and self.template.strategy == IN_PLACE  # it is what was rejected
        bound = self.template.max_state_loss + SLACK_SECONDS
        if lost > bound and not consented and not in_place:
            self._wrong(f"a forced stop threw {lost:.0f} s of state away")
        if best:  # what is allowed to be lost is lost here, once
            self.closed.extend(self.trusted)
            self.good = best.state
        healthy = run.job.snapshots is Snapshots.SUCCEED and not run.died
        graceful = self.template.strategy not in (FORCE_STOP, IN_PLACE)
        if healthy and graceful and not self.rolling_back:
            self._wrong("a forced stop of a healthy job that could be stopped with a snapshot")

    def starts(self, application: Application, start: StartAsked) -> None:
        if start.by not in HANDLERS:
            return
        if application.name != self.name:
            self._wrong(f"{start.by} started {application.name}")
            return
        self.follow()
        if start.restore == LATEST:
            self._wrong(f"{start.by} started from the latest snapshot, whichever that is")
        if self.hand_stopped and not self._asks_to_run(start.by):
            self._wrong(f"{start.by} started what was stopped by hand")
        self.hand_stopped = False
        restore = self.template.restore if self.template else None
        chosen = (
            restore is not None
            and self.deploying
            and not self.rolling_back
            and start.by != RECONCILER
        )
        named = chosen and restore is not None and restore.type in (NAMED, EMPTY)
        if named and self._unsure:
            return
        if named and restore and self._restore_is_new:
            self._as_chosen(start, restore.type, restore.snapshot)
        else:
            self._by_itself(start)

    def _asks_to_run(self, by: str) -> bool:
        always = self.template is not None and self.template.desired == ALWAYS_RUNNING
        chosen = self._restore_is_new or self._resumes
        return always or (chosen and by != RECONCILER)

    def _as_chosen(self, start: StartAsked, kind: str, name: str) -> None:
        if kind == EMPTY and start.snapshot:
            self._wrong(f"EMPTY was asked, {start.snapshot.name} was restored")
        if kind == NAMED and (not start.snapshot or start.snapshot.name != name.rsplit("/")[-1]):
            self._wrong(f"{name} was asked, {start.snapshot and start.snapshot.name} was restored")

    def _by_itself(self, start: StartAsked) -> None:
        taken, best = start.snapshot, self.best()
        if taken is None:
            if self._ready():
                self._wrong(f"{start.by} started empty, with snapshots at hand")
            return
        if taken.application != self.name:
            self._wrong(f"{start.by} restored {taken.name} of {taken.application}")
            return
        good = self.good
        if good is None or best is None:
            return
        if taken.state.origin != good.origin:
            self._wrong(f"{start.by} restored {taken.name}, of another descent")
        if taken.run not in self.trusted and not self.left_broken:
            self._wrong(f"{start.by} restored {taken.name}, made by a version that was not proved")
        lost = max(0.0, good.position - taken.state.position)
        self.lost_seconds = max(self.lost_seconds, lost)
        in_place = self.template is not None and self.template.strategy == IN_PLACE
        if taken.state.position < best.state.position - (SLACK_SECONDS if in_place else 0):
            behind = best.state.position - taken.state.position
            self._wrong(f"{start.by} restored {taken.name}, {behind:.0f} s behind {best.name}")
        bound = self.template.max_state_loss if self.template else 0
        if start.by != RECONCILER and not self.rolling_back and lost > bound + SLACK_SECONDS:
            self._wrong(f"{lost:.0f} s of state are lost, {bound} were allowed")

    def deletes(self, snapshot: Snapshot, by: str) -> None:
        if by == USER and snapshot.application == self.name and not self._run:
            left = self.best(without=snapshot)  # a person gives up what it held
            if left:
                self.closed.extend(self.trusted)
                self.good = left.state
        if by not in HANDLERS:
            return
        if snapshot.application != self.name:
            self._wrong(f"{by} deleted {snapshot.name} of {snapshot.application}")
            return
        ready = self._ready()
        run = self._run
        proofs = [held for held in ready if "proved-" in held.name and run and held.run is run]
        why = {
            "the newest READY": ready and ready[-1] is snapshot,
            "of the user": snapshot.by == USER,
            "pinned": {snapshot.name, snapshot.arn} & self.pinned,
            "what the running version came from": run and run.restored_from == snapshot.name,
            "the running version's proof": proofs and proofs[-1] is snapshot,
            # Prove may make room for its proof at the service's limit.
            "while a deploy is under way": self.deploying and by == RECONCILER,
        }
        for reason, holds in why.items():
            if holds:
                self._wrong(f"{by} deleted {snapshot.name}, {reason}")

    # -- what there is ----------------------------------------------------------------------

    @property
    def _application(self) -> Application:
        assert self.world
        return self.world.application(self.name)

    @property
    def _run(self) -> Run | None:
        assert self.world
        found = self.world.state.applications.get(self.name)
        return found.run if found else None

    @property
    def _now(self) -> datetime:
        assert self.world
        return self.world.now

    def _ready(self) -> list[Snapshot]:
        assert self.world
        found = self.world.state.applications.get(self.name)
        return self.world.state.of(found, READY) if found else []

    def best(self, without: Snapshot | None = None) -> Snapshot | None:
        """Of the snapshots of trusted runs, the one with the most in it."""
        good = self.good
        usable = [
            held
            for held in self._ready()
            if held.run in self.trusted
            and held is not without
            and good
            and held.state.origin == good.origin
        ]
        return max(usable, key=lambda held: held.state.position, default=None)

    def _wrong(self, what: str) -> None:
        assert self.world
        self.world.illegal(what)
