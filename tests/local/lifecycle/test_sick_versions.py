"""Versions that must not stay: refused, taken back, and nothing of the state is lost by it."""

from __future__ import annotations

import pytest

from tests.local.lifecycle.probe import versions
from tests.local.lifecycle.probe.versions import Edit
from tests.local.lifecycle.stage import Stage, Version

# `make test` has the third act of tests/local/test_sensors.py, and state that does not fit in
# tests/emulator/test_data_plane.py.
pytestmark = [pytest.mark.local, pytest.mark.long]


# What the gate of a version that never fails and never works waits for.
HANGING_SECONDS = 45


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (versions.throws_at_start, "No match found for function signature CALIBRATED"),
        (versions.throws_on_every_tenth, "java.lang.ArithmeticException: / by zero"),
        (versions.runs_out_of_memory, "java.lang.OutOfMemoryError: Java heap space"),
        (versions.counts_more, "StateMigrationException"),
        (versions.drops_repetitions, "Cannot map checkpoint/savepoint state"),
    ],
)
def test_sick_version_is_taken_back(stage: Stage, edit: Edit, reason: str) -> None:
    is_taken_back(stage, stage.version(edit), reason)


def test_version_that_hangs_is_taken_back(stage: Stage) -> None:
    hanging = stage.version(versions.hangs, timeout=HANGING_SECONDS)
    is_taken_back(stage, hanging, "did not become READY")


def test_version_that_restarts_slowly_is_taken_back(stage: Stage) -> None:
    """What it commits while it works nobody can take back: it is counted apart."""
    slow, apart = stage.version(versions.restarts_slowly), stage.counts.apart
    is_taken_back(stage, slow, "java.lang.ArithmeticException: / by zero")
    assert stage.counts.by_version[slow.label] == stage.counts.apart - apart > 0


def is_taken_back(stage: Stage, sick: Version, reason: str) -> None:
    stage.set_apart(sick)
    deployed = stage.deploy(sick)
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert reason in deployed.reason, deployed.reason
    assert stage.pipeline.status() == "RUNNING"
    assert stage.counted().right, stage.counts
