"""Faults that the lifecycle still has, each with a story that finds it: expected until mended.

A story asserts what is right, so it fails as long as the fault is there. Whoever mends one moves
its story to the named cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.lifecycle.case import Case
from tests.lifecycle.jobs import HANGS_AT_START, HEALTHY
from tests.lifecycle.templates import GATE


def a_job_stays_starting() -> None:
    case = Case().running()
    gate = replace(GATE, deadline_seconds="600")
    outcome = case.deploy("v2", HANGS_AT_START, gate=gate)
    assert outcome.longest < 900


def a_stop_takes_half_an_hour() -> None:
    case = Case().running(job=replace(HEALTHY, snapshot_seconds=1800))
    case.deploy("v2")
    assert [call.parameters["Force"] for call in case.made("StopApplication")] == [False]
    assert case.run.code == "v2"


@dataclass(frozen=True)
class ExpectedFault:
    name: str
    found_by: Callable[[], None]

    @property
    def found(self) -> bool:
        try:
            self.found_by()
        except AssertionError:
            return True
        return False


EXPECTED = (
    ExpectedFault(
        "The gate's timeout counts from RUNNING: a job that stays STARTING is waited for until the "
        "deadline of the whole request.",
        a_job_stays_starting,
    ),
    ExpectedFault(
        "A graceful stop that takes longer than 25 minutes is given up while its snapshot is still "
        "being written.",
        a_stop_takes_half_an_hour,
    ),
)
