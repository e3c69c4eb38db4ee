"""Deploys with faults at every step: whatever goes wrong, state is kept and every deploy ends.

`long_run` plays thousands.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.lifecycle.deploys import Elsewhere
from tests.lifecycle.faults import Fault
from tests.lifecycle.play import AS_IT_WAS, REVERTED, STABLE, STUCK, Play, Report
from tests.lifecycle.scenarios import (
    JOBS,
    KEPT,
    REPLACED,
    REPLACED_ON_PURPOSE,
    Scenario,
    Step,
    scenario_of,
)
from tests.lifecycle.world import PREPARE, PROVE

SEEDS = range(1470, 1500)  # together they meet all there is

pytestmark = pytest.mark.slow


@st.composite
def scenarios(draw: Any) -> Scenario:  # noqa: ANN401
    return scenario_of(lambda options: draw(st.sampled_from(options)))


@pytest.mark.parametrize("examples", [25, pytest.param(150, marks=pytest.mark.long)])
def test_state_is_kept_and_every_deploy_ends(examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    @given(scenarios())
    def every_one(scenario: Scenario) -> None:
        Play(scenario).run()

    every_one()


def test_it_is_so_with_every_fault_and_every_outcome() -> None:
    played = [scenario_of(random.Random(seed).choice) for seed in SEEDS]
    report = Report()
    for scenario in played:
        Play(scenario, report).run()
    assert set(report.faults) == {fault.value for fault in Fault}
    assert set(report.outcomes) == {STABLE, REVERTED, STUCK, AS_IT_WAS, "first deploy undone"}
    steps = [step for scenario in played for step in scenario.steps]
    assert {step.job for step in steps} == set(JOBS)
    assert {step.trouble.elsewhere for step in steps} == set(Elsewhere)
    assert {step.store for step in steps} == {KEPT, REPLACED, REPLACED_ON_PURPOSE}
    assert {step.trouble.cancels for step in steps} == {"", PREPARE, PROVE}


def test_without_faults_nothing_is_lost() -> None:
    report = Play(Scenario(steps=(Step("healthy"), Step("crash loops"), Step("healthy")))).run()
    assert report.outcomes == {"stable": 3, "reverted": 1}
    assert report.lost_seconds == 0
