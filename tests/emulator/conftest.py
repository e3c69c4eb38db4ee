"""One emulator for all tests here, started as the launcher starts it, and one without Flink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from managed_flink_local.environment import Environment
from tests import environments
from tests.emulator import idle_emulator
from tests.emulator.cloud import Cloud


@pytest.fixture(scope="session")
def emulator() -> Iterator[Environment]:
    with environments.running("emulator-tests") as started:
        yield started


@pytest.fixture(scope="session")
def cloud(emulator: Environment) -> Cloud:
    return Cloud(emulator)


@pytest.fixture(scope="session")
def idle_cloud() -> Iterator[Cloud]:
    """Applications here start, stop and save at once, because they run nothing."""
    with idle_emulator.running() as emulator:
        yield Cloud(emulator)
