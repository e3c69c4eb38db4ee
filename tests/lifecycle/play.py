"""Plays a scenario through and holds the outcome of every deploy against what it must be."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from botocore.exceptions import ClientError

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Store
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.lifecycle import faults
from tests.lifecycle.application import Application
from tests.lifecycle.deploys import Deploys, Outcome
from tests.lifecycle.expectations import Before, expected, told, unlike_plain
from tests.lifecycle.faults import HandlerDiedError
from tests.lifecycle.judge import Lifecycle
from tests.lifecycle.provider import begun, stepped
from tests.lifecycle.scenarios import AGAIN, JOBS, KEPT, REPLACED_ON_PURPOSE, Scenario, Step
from tests.lifecycle.snapshots import READY, Snapshot
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import (
    ALWAYS_RUNNING,
    EMPTY,
    NAMED,
    STOPPED,
    TABLE,
    TABLE_STORE,
    Schedule,
    Template,
    restoring,
)
from tests.lifecycle.world import REPLAY, World

NAME, NEIGHBOUR = "sensors", "neighbour"
PINNED = "audit"
CONVERGENCE_SECONDS = 3600
LONGEST_SECONDS = 3600
STABLE, REVERTED, STUCK, AS_IT_WAS = "stable", "reverted", "stuck", "left as it was"


@dataclass
class Report:
    """What a run of scenarios came to."""

    deploys: int = 0
    faulted: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    lost_seconds: float = 0.0


class BrokenError(AssertionError):
    """Something that must hold did not."""


class Play:
    def __init__(self, scenario: Scenario, report: Report | None = None) -> None:
        self.scenario = scenario
        self.report = report or Report()
        self.judge = Lifecycle(NAME)
        self.world = World(scenario.quirks, self.judge)
        self.judge.watch(self.world)
        self.deploys = Deploys(self.world)
        self.template = Template(
            "v0",
            mode=scenario.mode,
            runtime=scenario.runtime,
            rollback_enabled=scenario.system_rollback,
            schedule=Schedule(keep=scenario.keep, pinned=(PINNED,)),
        )
        self.judge.pinned = frozenset({PINNED})
        self.number = 0

    def run(self) -> Report:
        self._neighbour()
        self._deploy(self.scenario.first)
        for step in self.scenario.steps:
            if self.deploys.deployed:
                self._happen(step)
            self._deploy(step)
            if step.afterwards and self.deploys.deployed:
                self._delete()
        for fault, count in self.world.faults.injected.items():
            self.report.faults[fault.value] += count
        self.report.calls += len(self.world.calls)
        self.report.lost_seconds = max(self.report.lost_seconds, self.judge.lost_seconds)
        return self.report

    # -- before a deploy --------------------------------------------------------------------

    def _neighbour(self) -> None:
        """Another application of the account, with snapshots that are nobody else's business."""
        held = Template("n", NEIGHBOUR, mode=self.scenario.mode).configuration
        self.world.create(NEIGHBOUR, held, JOBS["healthy"])
        self.world.user.start_application(ApplicationName=NEIGHBOUR)
        self.world.clock.advance(120)
        self._user_snapshot(NEIGHBOUR, "neighbours")
        self.world.clock.advance(60)

    def _user_snapshot(self, application: str, name: str) -> None:
        found = self.world.application(application)
        call = (
            self.world.user.create_snapshot
            if found.enhanced
            else self.world.user.create_application_snapshot
        )
        call(ApplicationName=application, SnapshotName=name)

    def _happen(self, step: Step) -> None:
        world, found = self.world, self._application
        self._let_be(step.idle_minutes * 60)
        if step.turn and found.run:
            world.state.change_job(found, JOBS[step.turn])
            world.clock.advance(120)
        try:
            if step.happening == "snapshot by hand":
                taken = [held.name for held in self.world.state.of(found)]
                self._user_snapshot(NAME, f"m{self.number}" if PINNED in taken else PINNED)
            elif step.happening == "autoscaling":
                world.state.autoscale(found)
            elif step.happening == "maintenance":
                world.state.maintain(found)
            elif "stopped" in step.happening:
                world.user.stop_application(ApplicationName=NAME)
                world.clock.run_until(lambda: found.status is Status.READY, 600)
                self.judge.hand_stopped = found.status is Status.READY
                if "started" in step.happening and found.status is Status.READY:
                    world.user.start_application(ApplicationName=NAME)
                    world.clock.advance(120)
        except ClientError:
            return  # it is in no status for that
        if "hand" in step.happening:
            self._let_be(400)  # somebody looks at it for a while

    def _let_be(self, seconds: float) -> None:
        self.world.faults.set()
        self.world.clock.advance(seconds)
        self._check("while nothing is deployed")

    # -- a deploy ---------------------------------------------------------------------------

    def _deploy(self, step: Step) -> None:
        world, deployed = self.world, self.deploys.deployed
        self.number += 1
        template = self._template(step)
        world.state.jobs.setdefault(template.code, JOBS[step.job])
        before = Before.of(self.world, self.judge) if NAME in world.state.applications else None
        self.judge.begins(template, deployed)
        refused = self.deploys.refuses(template)
        self._plan(step)
        self._meanwhile(step)
        outcome = self.deploys.deploy(template, step.trouble)
        world.clock.advance(60)
        world.faults.set()
        self._check(f"in deploy {self.number}, {outcome.status}: {outcome.reason}")
        if outcome.longest > LONGEST_SECONDS:
            self._broken(f"a request took {outcome.longest:.0f} s")
        if outcome.succeeded:
            self.template = template
        self._settle()
        if refused and outcome.succeeded:
            self._broken("a table got a new, empty store")
        kind = self._kind(step, template, before, outcome, refused=refused)
        self.report.deploys += 1
        self.report.faulted += step.faulted
        self.report.outcomes[kind] += 1

    def _delete(self) -> None:
        """The stack goes, the application stays, stopped, with all of its state in a snapshot."""
        before = Before.of(self.world, self.judge)
        self.judge.ends(self.deploys.deployed)
        outcome = self.deploys.delete()
        self.world.clock.advance(60)
        self._check(f"when the stack was deleted, {outcome.status}")
        found = self._application
        if outcome.succeeded and found.status is not Status.READY:
            self._broken(f"the stack is gone and its application is {found.status}")
        best, good = self.judge.best(), self.judge.good
        if before.savable and before.status is Status.RUNNING and not before.sick:
            if not outcome.succeeded:
                self._broken(f"it was not deleted: {outcome.reason}")
            if good and (not best or best.state.position < good.position):
                self._broken("the stack was deleted and state was lost")

    def _template(self, step: Step) -> Template:
        present = self.template
        restore = restoring()
        if step.restore == AGAIN:
            restore = present.restore
        elif step.restore == EMPTY:
            restore = restoring(EMPTY)
        elif step.restore == NAMED:
            usable = self._usable()
            if usable:
                oldest = usable[0]
                told = oldest.arn if self._application.enhanced else oldest.name
                restore = restoring(NAMED, told)
        return Template(
            code=present.code if step.same_code else f"v{self.number}",
            mode=present.mode,
            runtime=present.runtime,
            rollback_enabled=present.rollback_enabled,
            schedule=present.schedule,
            strategy=step.strategy,
            desired=step.desired,
            restore=restore,
            max_state_loss=step.max_state_loss,
            allow_non_restored=step.allow_non_restored,
            stores=self._stores(step),
            replace_stores=(TABLE,) if step.store == REPLACED_ON_PURPOSE else (),
        )

    def _stores(self, step: Step) -> Mapping[str, Store]:
        if step.store == KEPT:
            return self.template.stores
        return {**self.template.stores, TABLE: Store(TABLE_STORE, f"{TABLE}-{self.number}")}

    def _usable(self) -> list[Snapshot]:
        found = self.world.state.applications.get(NAME)
        return self.world.state.of(found, READY) if found else []

    def _plan(self, step: Step) -> None:
        outages: tuple[faults.Outage, ...] = ()
        if step.outage:
            begin = self.world.now + timedelta(seconds=step.outage.begins)
            end = begin + timedelta(seconds=step.outage.seconds)
            outages = (faults.Outage(begin, end, step.outage.fault),)
        self.world.faults.set(*step.faults, outages=outages)

    def _meanwhile(self, step: Step) -> None:
        if step.scales_after is not None and self.deploys.deployed:
            self.world.clock.later(
                step.scales_after, lambda: self.world.state.autoscale(self._application)
            )
        if step.vanishes_after is not None and self.deploys.deployed:
            self.world.clock.later(step.vanishes_after, self._vanish)
        if step.replay_after is not None:
            for event in self.deploys.events[-3:]:
                self.world.clock.later(step.replay_after, partial(self._replay, event))

    def _vanish(self) -> None:
        """Somebody deletes the newest snapshot in the middle of a deploy."""
        usable = self._usable()
        if len(usable) < 2:
            return
        user = self.world.user
        named = {
            "SnapshotName": usable[-1].name,
            "SnapshotCreationTimestamp": usable[-1].created,
        }
        with contextlib.suppress(ClientError):
            if self._application.enhanced:
                user.delete_snapshot(**named)
            else:
                user.delete_application_snapshot(ApplicationName=NAME, **named)

    def _replay(self, event: dict[str, object]) -> None:
        """An old request comes once more: it is to do nothing, whatever it answers."""
        try:
            stepped(self.world, event, REPLAY)
        except (HandlerDiedError, DeployFailedError):
            return

    def _settle(self) -> None:
        """Time for the reconciler to converge; then every request so far comes once more."""
        world = self.world
        found = world.state.applications.get(NAME)
        if found and self.deploys.deployed:
            world.clock.run_until(lambda: self._well(found), CONVERGENCE_SECONDS)
        for event in self.deploys.events[-4:]:
            self._replay(event)
            self._replay(begun(world, event, REPLAY, twice=False))
        self._check("when old requests came once more")

    # -- what must have come of it ----------------------------------------------------------

    def _well(self, found: Application) -> bool:
        run = found.run
        if found.status is Status.READY:
            stopped = self.template.desired == STOPPED or self.judge.hand_stopped
            return stopped or bool(self._stuck())
        healthy = run is not None and not run.died and not run.failures
        return found.status is Status.RUNNING and healthy and run in self.judge.trusted

    def _stuck(self) -> str:
        """The reconciler's message to people, if its latest look found it stuck."""
        looks = [look for look in self.deploys.decisions if look["Decision"] != "not now"]
        return str(looks[-1]["Stuck"]) if looks and looks[-1].get("Stuck") else ""

    def _kind(
        self,
        step: Step,
        template: Template,
        before: Before | None,
        outcome: Outcome,
        *,
        refused: bool,
    ) -> str:
        must_fail, must_succeed = expected(step, template, before)
        must_succeed = must_succeed and not refused
        if outcome.succeeded and must_fail:
            self._broken(f"{step.job} was accepted")
        if not outcome.succeeded and must_succeed:
            self._broken(f"a healthy deploy failed: {outcome.reason}")
        if outcome.succeeded:
            self._must_run(step, template)
            return STABLE
        for response in outcome.responses.values():
            if response.failed and NAME not in response.reason:
                self._broken(f"the reason names no application: {response.reason}")
        found = self.world.state.applications.get(NAME)
        if not found or not before or not self.deploys.deployed:
            return "first deploy undone"
        if self._well(found) and not self._stuck():
            return REVERTED
        stuck = self._stuck()
        if stuck:
            if NAME not in stuck or "aws " not in stuck:
                self._broken(f"stuck without its name or the next command: {stuck}")
            return STUCK
        if before.sick or (found.status is Status.RUNNING and self.judge.left_broken):
            return AS_IT_WAS
        self._broken(
            f"neither reverted nor said to be stuck: {found.status}, after {outcome.status}: "
            f"{outcome.reason}"
        )
        return ""

    def _must_run(self, step: Step, template: Template) -> None:
        """A deploy that succeeded has brought what it was asked for."""
        found = self._application
        if found.configuration.key != template.code:
            self._broken(f"the deploy succeeded, and {found.configuration.key} is what there is")
        run = found.run
        if run and run.code != template.code:
            self._broken(f"the deploy succeeded, and {run.code} is what runs")
        stopped = not run and found.status is Status.READY
        if stopped and template.desired == ALWAYS_RUNNING and not step.same_code:
            self._broken("the deploy succeeded, and nothing runs")

    @property
    def _application(self) -> Application:
        return self.world.application(NAME)

    def _check(self, when: str) -> None:
        if self.world.violations:
            self._broken(f"{'; '.join(dict.fromkeys(self.world.violations))}, {when}")

    def _broken(self, what: str) -> None:
        raise BrokenError(f"{what}\n{self.story()}")

    def story(self) -> str:
        """The calls that changed something, and what was decided, for whoever reads a failure."""
        lines = [
            f"{call.at:%d %H:%M:%S} {call.caller:14} {call.operation} {told(call)} {call.refused}"
            for call in self.world.calls
            if not faults.is_read(call.operation) and call.operation != "PutMetricData"
        ]
        events = [
            f"{event['Timestamp']:%d %H:%M:%S} stack          {event['LogicalResourceId']} "
            f"{event['ResourceStatus']} {event.get('ResourceStatusReason', '')[:300]}"
            for stack in self.world.cloudformation.stacks
            for event in stack.events
        ]
        return "\n".join([*sorted(lines + events)[-60:], unlike_plain(self.scenario)])
