"""Deploys with faults at every step: whatever goes wrong, state is kept and every deploy ends.

`long_run` plays thousands.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.lifecycle.play import Play
from tests.lifecycle.scenarios import Scenario, Step, scenario_of

EXAMPLES = 150

pytestmark = pytest.mark.slow


@st.composite
def scenarios(draw: Any) -> Scenario:  # noqa: ANN401
    return scenario_of(lambda options: draw(st.sampled_from(options)))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
@given(scenarios())
def test_state_is_kept_and_every_deploy_ends(scenario: Scenario) -> None:
    Play(scenario).run()


def test_without_faults_nothing_is_lost() -> None:
    report = Play(Scenario(steps=(Step("healthy"), Step("crash loops"), Step("healthy")))).run()
    assert report.outcomes == {"stable": 3, "reverted": 1}
    assert report.lost_seconds == 0
