"""CloudFormation with one pipeline in a stack: deploys, their rollbacks, deletion, import.

The order is Prepare, application, Prove. A rollback goes the same way with the old properties,
but only to what the update had reached (tried on the emulator).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import Trigger
from tests.lifecycle.faults import HandlerDiedError
from tests.lifecycle.port import Port
from tests.lifecycle.provider import KINDS, LOGICAL, Response, Waiter, begun, reconciled
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import Template
from tests.lifecycle.world import CLOUDFORMATION, PREPARE, PROVE, RECONCILER, World

RESOURCE_SECONDS = 60 * 60
STEP_SECONDS = 3
ANOTHER_FAILED = "The following resource(s) failed"
APPLICATION = "application"
Properties = dict[str, Any]


class Elsewhere(StrEnum):
    """Where in the deploy a resource that is none of ours fails."""

    NOWHERE = ""
    BEFORE = "before Prepare"
    BETWEEN = "between Prepare and the application"
    AFTER_UPDATE = "between the application and Prove"
    AFTER = "after Prove"


@dataclass(frozen=True)
class Trouble:
    """What goes wrong around the handlers in one deploy."""

    elsewhere: Elsewhere = Elsewhere.NOWHERE
    cancels: str = ""  # PREPARE or PROVE: CloudFormation gives up on it …
    cancels_after: float = 0  # … so many seconds after asking, while its waiter polls on
    no_rollback: bool = False
    begins_twice: bool = False


CALM = Trouble()


@dataclass
class Outcome:
    status: str
    reason: str = ""
    seconds: float = 0
    longest: float = 0
    responses: dict[str, Response] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")


class FailedError(Exception):
    """A resource failed; the message is its reason."""


class Deploys:
    """One stack, from its first deploy to its deletion."""

    def __init__(self, world: World, name: str = "pipeline") -> None:
        self.world = world
        self.name = name
        self.stack = world.cloudformation.new_stack(name)
        self.deployed: Template | None = None
        self.events: list[dict[str, Any]] = []
        self.waiters: list[Waiter] = []
        self.decisions: list[dict[str, Any]] = []
        self.ticking = False
        self._flink = Port("kinesisanalyticsv2", world.flink, world, CLOUDFORMATION)
        self._requests = 0
        self._begin()

    def _begin(self) -> None:
        """What CloudFormation remembers of each resource."""
        self.deployed = None
        self._held: dict[str, Properties] = {}
        self._prepared: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._unfinished: set[str] = set()
        self._reached: list[str] = []
        self._outcome = Outcome("")
        self._imported = False

    # -- deploys ----------------------------------------------------------------------------

    def deploy(self, template: Template, trouble: Trouble = CALM) -> Outcome:
        """A deploy to its end: the first, or an update of what is there."""
        kind = "Update" if self.deployed else "Create"
        began = self.world.now
        self._outcome = Outcome("")
        self._reached = []
        self._turn(f"{kind.upper()}_IN_PROGRESS")
        prepared = dict(self._prepared)
        try:
            self._pass(kind, template, trouble)
        except FailedError as failure:
            self._outcome.reason = str(failure)
            if kind == "Create":
                self._undo_create(template, str(failure))
            elif trouble.no_rollback:
                self._turn("UPDATE_FAILED", str(failure))
            else:
                self._roll_back(prepared, str(failure))
        else:
            self.deployed = template
            if kind == "Update":
                self._turn("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
                self.world.clock.advance(STEP_SECONDS)
            self._turn(f"{kind.upper()}_COMPLETE")
        if self.deployed:
            self._outcome.status = self.stack.status
        self._outcome.seconds = (self.world.now - began).total_seconds()
        if self.deployed:
            self._wake_reconciler()
        return self._outcome

    def refuses(self, template: Template) -> bool:
        """Whether a table would lose its store or its read position, and the deploy allows none."""
        before = self._held.get(PREPARE, {}).get("Stores", {})
        after = template.prepare()["Stores"]
        changed = {name for name in before if name in after and before[name] != after[name]}
        readers = self._held.get(PREPARE, {}).get("Readers", {})
        moved = {name for name in readers if readers[name] != template.reader}
        return bool(
            changed - set(template.replace_stores) or moved - set(template.replace_positions)
        )

    def _pass(self, kind: str, new: Template, trouble: Trouble) -> None:
        def fails(where: Elsewhere) -> None:
            if trouble.elsewhere is where:
                raise FailedError(f"{ANOTHER_FAILED}: [Dashboard] {where.value}")

        fails(Elsewhere.BEFORE)
        self._ask_if_changed(PREPARE, kind, new.prepare(), trouble)
        fails(Elsewhere.BETWEEN)
        applied = {"Configuration": new.configuration}
        if self._changed(APPLICATION, applied):
            self._apply(new)
            self._held[APPLICATION] = applied
        fails(Elsewhere.AFTER_UPDATE)
        self._ask_if_changed(PROVE, kind, new.prove(self._prepared), trouble)
        fails(Elsewhere.AFTER)

    def _changed(self, resource: str, properties: Properties) -> bool:
        return self._held.get(resource) != properties or resource in self._unfinished

    def _ask_if_changed(
        self, caller: str, kind: str, properties: Properties, trouble: Trouble = CALM
    ) -> None:
        if self._changed(caller, properties):
            self._ask(caller, kind, properties, trouble)

    def _roll_back(self, prepared: dict[str, str], reason: str) -> None:
        """The same way again with the old properties, to what was reached."""
        self._turn("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        assert self.deployed
        # Back to the last stable state: what an earlier deploy had left failed counts as reached.
        applied = {"Configuration": self.deployed.configuration}
        reached = {*self._reached, *self._unfinished}
        if self._held[APPLICATION] != applied:
            reached.add(APPLICATION)
        try:
            if PREPARE in reached:
                self._ask(PREPARE, "Update", self.deployed.prepare())
            if APPLICATION in reached:
                self._apply(self.deployed)
                self._held[APPLICATION] = applied
            if PROVE in reached:
                self._ask(PROVE, "Update", self.deployed.prove(self._prepared))
        except FailedError as failure:
            self._outcome.reason += f"; in the rollback: {failure}"
            self._turn("UPDATE_ROLLBACK_FAILED", str(failure))
            return
        if PREPARE not in reached:
            self._prepared = prepared
        self._turn("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self.world.clock.advance(STEP_SECONDS)
        self._turn("UPDATE_ROLLBACK_COMPLETE")

    def _undo_create(self, template: Template, reason: str) -> None:
        """After a failed create everything goes, the application too: it holds nothing yet."""
        self._turn("ROLLBACK_IN_PROGRESS", reason)
        self._end("ROLLBACK", template, retain=self._imported)

    def delete(self) -> Outcome:
        """The application is retained, as everything that holds data is."""
        assert self.deployed
        self._outcome = Outcome("")
        self._turn("DELETE_IN_PROGRESS")
        self._reached = [PREPARE, APPLICATION, PROVE]
        self.ticking = False
        self._end("DELETE", self.deployed, retain=True)
        return self._outcome

    def _end(self, kind: str, template: Template, *, retain: bool) -> None:
        """Takes everything down, the last first; the next deploy makes a stack of its own."""
        try:
            if PROVE in self._reached:
                self._ask(PROVE, "Delete", template.prove(self._prepared))
            if APPLICATION in self._reached and not retain:
                self._delete_application(template.application)
            if PREPARE in self._reached:
                self._ask(PREPARE, "Delete", template.prepare())
        except FailedError as failure:
            self._outcome.reason += str(failure)
            self._turn(f"{kind}_FAILED", str(failure))
        else:
            self._turn(f"{kind}_COMPLETE")
        outcome = self._outcome
        outcome.status = self.stack.status
        self.world.clock.advance(STEP_SECONDS)
        self._begin()
        self._outcome = outcome
        self.stack = self.world.cloudformation.new_stack(self.name)

    # -- resources --------------------------------------------------------------------------

    def _apply(self, template: Template) -> None:
        """CloudFormation's own update: no restore choice, and it waits for nothing."""
        name, held = template.application, template.configuration
        self._reached.append(APPLICATION)
        self.stack.resources["Application"] = ("AWS::KinesisAnalyticsV2::Application", name)
        found = self.world.state.applications.get(name)
        if not found:
            self.world.logs.create(name)
            self.world.flink.create(name, held)
        elif not self.deployed:
            self._imported = True  # --import-existing-resources takes it as it is
        else:
            try:
                self._flink.update_application(
                    ApplicationName=name,
                    CurrentApplicationVersionId=found.version.number,
                    RuntimeEnvironmentUpdate=held.runtime,
                    ApplicationConfigurationUpdate={
                        "ApplicationCodeConfigurationUpdate": {
                            "CodeContentUpdate": {
                                "S3ContentLocationUpdate": {"FileKeyUpdate": held.key}
                            }
                        },
                        "ApplicationSnapshotConfigurationUpdate": {
                            "SnapshotsEnabledUpdate": held.snapshots_enabled,
                            "SnapshotModeUpdate": held.mode,
                        },
                        "ApplicationSystemRollbackConfigurationUpdate": {
                            "RollbackEnabledUpdate": held.rollback_enabled
                        },
                    },
                )
            except ClientError as error:
                raise FailedError(f"{name}: {error}") from None
        self.world.clock.advance(STEP_SECONDS)

    def _delete_application(self, name: str) -> None:
        found = self.world.state.applications.get(name)
        if not found:
            return
        if found.status not in (Status.READY, Status.RUNNING):
            raise FailedError(f"{name} is {found.status}")
        self._flink.delete_application(ApplicationName=name, CreateTimestamp=found.created)
        self.world.clock.advance(20)

    def _ask(self, caller: str, kind: str, properties: Properties, trouble: Trouble = CALM) -> None:
        """One request to a custom resource, until it answers or CloudFormation gives it up."""
        self._requests += 1
        self._reached.append(caller)
        self._unfinished.add(caller)
        event = self._event(caller, kind, properties)
        self._tell(event, f"{kind.upper()}_IN_PROGRESS")
        event = begun(self.world, event, caller, twice=trouble.begins_twice)
        self._ids[caller] = event["PhysicalResourceId"]
        self._held[caller] = properties
        self.events.append(event)
        waiter = Waiter(self.world, event, caller, self.world.now)
        self.waiters.append(waiter)
        self.world.clock.later(0, waiter.poll)
        limit = trouble.cancels_after if trouble.cancels == caller else RESOURCE_SECONDS
        self.world.clock.run_until(lambda: waiter.response is not None, limit)
        response = waiter.response or Response(cancelled=True)
        self._outcome.responses[f"{caller} {kind}"] = response
        self._outcome.longest = max(self._outcome.longest, response.seconds)
        if response.cancelled or response.failed:
            reason = response.reason or f"Resource {kind.lower()} cancelled"
            self._tell(event, f"{kind.upper()}_FAILED", reason)
            raise FailedError(reason)
        self._unfinished.discard(caller)
        if caller == PREPARE:
            self._prepared = response.data
        self._tell(event, f"{kind.upper()}_COMPLETE")

    def _event(self, caller: str, kind: str, properties: Properties) -> dict[str, Any]:
        event: dict[str, Any] = {
            "ResourceType": KINDS[caller],
            "RequestType": kind,
            "RequestId": f"request-{self._requests:04}",
            "StackId": self.stack.identity,
            "LogicalResourceId": LOGICAL[caller],
            "ResponseURL": "https://example.com/secret",
            "ServiceToken": "arn:aws:lambda:us-east-1:111111111111:function:provider",
            "ResourceProperties": properties,
        }
        if kind == "Update":
            event["OldResourceProperties"] = self._held[caller]
        if kind != "Create":
            event["PhysicalResourceId"] = self._ids[caller]
        return event

    # -- the stack's voice ------------------------------------------------------------------

    def _turn(self, status: str, reason: str = "") -> None:
        self.world.cloudformation.turn(self.stack, status, reason)
        self.world.judge.stack_turns(status)

    def _tell(self, event: dict[str, Any], status: str, reason: str = "") -> None:
        physical = event.get("PhysicalResourceId", "")
        logical, kind = event["LogicalResourceId"], event["ResourceType"]
        self.world.cloudformation.tell(self.stack, logical, physical, kind, status, reason)

    # -- the reconciler ---------------------------------------------------------------------

    def _wake_reconciler(self) -> None:
        """The rule on the stack's terminal status, at least once; and its schedule from now on."""
        for seconds in (2, 9):
            self.world.clock.later(seconds, lambda: self.reconcile(Trigger.STACK))
        if not self.ticking:
            self.ticking = True
            self._next_tick()
        self.world.clock.advance(STEP_SECONDS)

    def _next_tick(self) -> None:
        if self.deployed:
            self.world.clock.later(self.deployed.schedule.period_seconds, self._tick)

    def _tick(self) -> None:
        if self.ticking and self.deployed:
            self.reconcile(Trigger.SCHEDULE)
            self._next_tick()

    def reconcile(self, trigger: Trigger) -> None:
        if not self.deployed:
            return
        event = self.deployed.reconcile(self.stack.identity, trigger)
        try:
            answer = reconciled(self.world, event, RECONCILER)
        except HandlerDiedError:
            return
        self.decisions.append({"At": self.world.now, "Trigger": trigger, **answer})
