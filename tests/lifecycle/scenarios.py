"""Stories of a pipeline: a first deploy, later ones, and what goes wrong meanwhile.

One generator for both uses: `choose` takes its choices from hypothesis, which shrinks towards the
first of each list (so the harmless one comes first), or from a random generator in a long run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import (
    DesiredState,
    UpdateStrategy,
)
from tests.lifecycle import jobs
from tests.lifecycle.deploys import CALM, Elsewhere, Trouble
from tests.lifecycle.faults import ANY, CHANGES, Fault, Planned
from tests.lifecycle.jobs import Job
from tests.lifecycle.quirks import PLAIN, Quirks
from tests.lifecycle.snapshots import ENHANCED, LEGACY
from tests.lifecycle.templates import (
    ALWAYS_RUNNING,
    EMPTY,
    FORCE_STOP,
    IN_PLACE,
    MAX_STATE_LOSS,
    NAMED,
    NEWEST,
    RUNNING,
    STOPPED,
    WITH_SNAPSHOT,
)
from tests.lifecycle.world import PREPARE, PROVE

AGAIN = "the choice of the deploy before"
# What becomes of the store of one table: another one is refused unless the deploy says so.
KEPT, REPLACED, REPLACED_ON_PURPOSE = "kept", "replaced", "replaced on purpose"
T = TypeVar("T")
Choose = Callable[[Sequence[T]], T]

JOBS: dict[str, Job] = {
    "healthy": jobs.HEALTHY,
    "crash loops": jobs.CRASH_LOOPS,
    "throws at start": jobs.THROWS_AT_START,
    "crashes later": jobs.CRASHES_LATER,
    "dies": jobs.DIES,
    "hangs": jobs.HANGS,
    "hangs and fails": jobs.HANGS_AND_FAILS,
    "no metrics": jobs.HAS_NO_METRICS,
    "cannot be saved": jobs.CANNOT_BE_SAVED,
    "restarts slowly": jobs.RESTARTS_SLOWLY,
    "other state": jobs.OTHER_STATE,
    "hangs at start": jobs.HANGS_AT_START,
    "slow": Job(start_seconds=240, snapshot_seconds=90),
}
SICK = frozenset(JOBS) - {"healthy", "slow", "restarts slowly", "cannot be saved"}
# What a running job may turn into between two deploys.
TURNS = ("", "", "", "crash loops", "dies", "hangs", "cannot be saved")
HAPPENINGS = (
    "",
    "",
    "",
    "stopped by hand",
    "snapshot by hand",
    "stopped and started by hand",
    "autoscaling",
    "maintenance",
)


@dataclass(frozen=True)
class Outage:
    begins: float
    seconds: float
    fault: Fault


@dataclass(frozen=True)
class Step:
    """One deploy, and what came before it."""

    job: str
    idle_minutes: int = 60
    happening: str = ""
    turn: str = ""
    strategy: UpdateStrategy = WITH_SNAPSHOT
    desired: DesiredState = RUNNING
    restore: str = NEWEST
    max_state_loss: int = MAX_STATE_LOSS
    allow_non_restored: bool = False
    same_code: bool = False
    store: str = KEPT
    trouble: Trouble = CALM
    faults: tuple[Planned, ...] = ()
    outage: Outage | None = None
    replay_after: int | None = None
    scales_after: int | None = None
    vanishes_after: int | None = None
    afterwards: str = ""

    @property
    def faulted(self) -> bool:
        calm = self.trouble in (CALM, Trouble(begins_twice=True))
        return bool(self.faults or self.outage or self.turn or not calm or self.job in SICK)


@dataclass(frozen=True)
class Scenario:
    quirks: Quirks = PLAIN
    mode: str = LEGACY
    runtime: str = "FLINK-1_20"
    system_rollback: bool = False
    keep: int = 24
    first: Step = Step("healthy")
    steps: tuple[Step, ...] = ()


FAULTED_CALLS = (
    ANY,
    CHANGES,
    "StartApplication",
    "StopApplication",
    "DescribeApplication",
    "ListApplicationSnapshots",
    "ListSnapshots",
    "CreateApplicationSnapshot",
    "CreateSnapshot",
    "ListApplicationOperations",
    "DescribeStacks",
    "DescribeStackEvents",
    "FilterLogEvents",
    "GetMetricData",
    "DeleteApplicationSnapshot",
    "DeleteSnapshot",
)


def _fault(choose: Choose) -> Planned:  # type: ignore[type-arg]
    operation = choose(FAULTED_CALLS)
    nth = choose((0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144) if operation == ANY else (0, 1, 2))
    return Planned(choose(tuple(Fault)), operation, nth, choose((1, 1, 2, 3)))


def _outage(choose: Choose) -> Outage | None:  # type: ignore[type-arg]
    seconds = choose((0, 0, 0, 0, 60, 300, 600))
    if not seconds:
        return None
    fault = choose((Fault.THROTTLED, Fault.INTERNAL, Fault.NOT_SENT))
    return Outage(choose((0, 30, 60, 120, 300)), seconds, fault)


def _trouble(choose: Choose) -> Trouble:  # type: ignore[type-arg]
    twice = choose((False, False, True))
    kind = choose(("", "", "", "elsewhere", "cancel", "no rollback"))
    if kind == "elsewhere":
        return Trouble(choose(tuple(Elsewhere)[1:]), begins_twice=twice)
    if kind == "cancel":
        after = choose((5, 25, 60, 120, 240))
        return Trouble(cancels=choose((PREPARE, PROVE)), cancels_after=after, begins_twice=twice)
    return Trouble(no_rollback=kind == "no rollback", begins_twice=twice)


def step_of(choose: Choose) -> Step:  # type: ignore[type-arg]
    healthy = choose((True, True, True, False))
    return Step(
        job="healthy" if healthy else choose(tuple(JOBS)),
        idle_minutes=choose((60, 5, 20, 150)),
        happening=choose(HAPPENINGS),
        turn=choose(TURNS),
        strategy=choose((WITH_SNAPSHOT,) * 4 + (FORCE_STOP, IN_PLACE)),
        desired=choose((RUNNING,) * 6 + (ALWAYS_RUNNING, STOPPED)),
        restore=choose((NEWEST,) * 7 + (NAMED, EMPTY, AGAIN)),
        max_state_loss=choose((MAX_STATE_LOSS, MAX_STATE_LOSS, 7200, 60)),
        allow_non_restored=choose((False, False, True)),
        same_code=choose((False,) * 5 + (True,)),
        store=choose((KEPT,) * 8 + (REPLACED, REPLACED_ON_PURPOSE)),
        trouble=_trouble(choose),
        faults=tuple(_fault(choose) for _ in range(choose((0, 1, 1, 2, 3)))),
        outage=_outage(choose),
        replay_after=choose((None, None, 10, 90, 400)),
        scales_after=choose((None, None, None, None, 0, 30)),
        vanishes_after=choose((None,) * 12 + (27, 200)),
        afterwards=choose(("",) * 8 + ("deleted",)),
    )


def scenario_of(choose: Choose, most: int = 3) -> Scenario:  # type: ignore[type-arg]
    quirks = Quirks(
        whole_seconds=choose((False, True)),
        list_lag=choose((0, 0, 3, 8, 15)),
        operations_lag=choose((None, None, 0)),
        page_size=choose((50, 3)),
        newest_first=choose((True, False)),
        mode_told=choose((True, False)),
        incompatible_fails=choose((True, False)),
        one_snapshot_error=choose(("ResourceInUseException", "LimitExceededException")),
        stop_refusal=choose(("InvalidRequestException", "ResourceInUseException")),
        metric_lag=choose((30, 90)),
    )
    return Scenario(
        quirks=quirks,
        mode=choose((LEGACY, ENHANCED)),
        runtime=choose(("FLINK-1_20", "FLINK-2_2")),
        system_rollback=choose((False, False, True)),
        keep=choose((24, 24, 1)),
        first=Step(
            choose(("healthy",) * 9 + ("crash loops", "throws at start", "hangs")),
            faults=tuple(_fault(choose) for _ in range(choose((0, 0, 1)))),
        ),
        steps=tuple(step_of(choose) for _ in range(choose(tuple(range(1, most + 1))))),
    )
