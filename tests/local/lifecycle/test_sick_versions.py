"""Versions that must not stay: refused, taken back, and nothing of the state is lost by it."""

from __future__ import annotations

import pytest

from tests.local.lifecycle.probe import versions
from tests.local.lifecycle.probe.versions import Edit
from tests.local.lifecycle.stage import Stage

pytestmark = pytest.mark.local


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (versions.throws_at_start, "No match found for function signature CALIBRATED"),
        (versions.throws_on_every_tenth, "java.lang.ArithmeticException: / by zero"),
        (versions.restarts_slowly, "java.lang.ArithmeticException: / by zero"),
        (versions.hangs, "did not become READY"),
        (versions.runs_out_of_memory, "java.lang.OutOfMemoryError: Java heap space"),
        (versions.counts_more, "StateMigrationException"),
        (versions.drops_repetitions, "Cannot map checkpoint/savepoint state"),
    ],
)
def test_sick_version_is_taken_back(stage: Stage, edit: Edit, reason: str) -> None:
    sick = stage.version(edit)
    stage.set_apart(sick)
    deployed = stage.deploy(sick)
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert reason in deployed.reason, deployed.reason
    assert stage.pipeline.status() == "RUNNING"
    assert stage.counted().right, stage.counts


def test_what_a_sick_version_committed_is_counted_apart(stage: Stage) -> None:
    """One that works in between commits rows, which nobody can take back."""
    slow = [n for label, n in stage.counts.by_version.items() if "restarts_slowly" in label]
    assert 0 < sum(slow) <= stage.counts.apart
    assert stage.counts.twice <= stage.counts.apart
