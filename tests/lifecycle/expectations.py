"""What must come of a deploy, given what was found and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass

from tests.lifecycle.deploys import Elsewhere
from tests.lifecycle.faults import Fault
from tests.lifecycle.jobs import Snapshots, Start
from tests.lifecycle.judge import Lifecycle
from tests.lifecycle.port import Call
from tests.lifecycle.scenarios import AGAIN, JOBS, SICK, Step
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import (
    EMPTY,
    FORCE_STOP,
    NAMED,
    NEWEST,
    STOPPED,
    Template,
)
from tests.lifecycle.world import World


@dataclass(frozen=True)
class Before:
    """The application as a deploy found it."""

    status: Status
    sick: bool
    savable: bool
    loss: float
    has_snapshot: bool
    hand_stopped: bool
    schema: str

    @staticmethod
    def of(world: World, judge: Lifecycle) -> Before:
        found = world.application(judge.name)
        stopped = found.status is Status.READY
        run = found.run or (None if stopped or not found.runs else found.runs[-1])
        judge.follow()
        best, now = judge.best(), world.now
        state = run.state(now) if run else judge.good
        loss = state.position - best.state.position if best and state else float("inf")
        sick = run is not None and (
            run.died is not None or bool(run.failures) or run.job.snapshots is not Snapshots.SUCCEED
        )
        savable = run is None or (not run.died and run.job.snapshots is Snapshots.SUCCEED)
        age = (now - best.created).total_seconds() if best else float("inf")
        return Before(
            status=found.status,
            sick=sick,
            savable=savable,
            loss=max(loss, age),
            has_snapshot=best is not None,
            hand_stopped=judge.hand_stopped,
            schema=best.state.schema if best else state.schema if state else "",
        )


def unlike_plain(told: object) -> str:
    """What of a scenario is not as it is by default."""
    if isinstance(told, tuple):
        return "(" + ", ".join(unlike_plain(held) for held in told) + ")"
    if not is_dataclass(told):
        return repr(told)
    parts = [
        f"{held.name}={unlike_plain(getattr(told, held.name))}"
        for held in fields(told)
        if getattr(told, held.name) != held.default
    ]
    return f"{type(told).__name__}({', '.join(parts)})"


def told(call: Call) -> str:
    """What a call said, without what all of them say."""
    return str({k: v for k, v in call.parameters.items() if k != "ApplicationName"})[:200]


SURVIVABLE = frozenset(Fault) - {Fault.DENIED}


def expected(step: Step, template: Template, before: Before | None) -> tuple[bool, bool]:
    """Whether the deploy must fail, and whether it must succeed; neither where both are right."""
    runs = template.desired != STOPPED and not (before and before.hand_stopped)
    job = JOBS[step.job]
    goes_on = before is not None and bool(before.schema) and template.restore.type != EMPTY
    misfits = goes_on and before is not None and job.schema != before.schema
    incompatible = misfits and not step.allow_non_restored
    sick = (step.job in SICK and step.job != "other state") or incompatible
    calm = step.trouble.elsewhere is Elsewhere.NOWHERE and not step.trouble.cancels
    if not calm:
        return False, False
    if template.restore.type == NAMED and incompatible:
        return False, False  # the snapshot that was named may fit
    must_fail = sick and runs and not step.same_code
    if before and before.status not in (Status.READY, Status.RUNNING):
        return False, False
    well = job.start is Start.RUNS and step.job in ("healthy", "slow") and not incompatible
    simple = (
        step.restore in (NEWEST, AGAIN)
        and step.vanishes_after is None
        and step.outage is None
        and step.scales_after is None
    )
    if template.strategy == FORCE_STOP:
        simple = simple and before is not None and before.loss < template.max_state_loss - 120
    survivable = all(planned.fault in SURVIVABLE for planned in step.faults)
    savable = before is None or (before.savable and not before.sick and before.has_snapshot)
    must_succeed = well and simple and survivable and savable and not step.same_code
    return must_fail and not (before and before.hand_stopped), must_succeed
