"""One emulator and one cluster a runtime for all jobs here, started when the first one asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from managed_flink_local.environment import Environment
from tests import environments
from tests.groups import at_the_end
from tests.jobs.clusters import Clusters


@pytest.fixture(scope="session")
def emulator() -> Iterator[Environment]:
    with environments.running("jobs-tests") as started:
        yield started


@pytest.fixture(scope="session")
def clusters(
    emulator: Environment, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Clusters]:
    made = Clusters(tmp_path_factory.mktemp("clusters"), emulator)
    at_the_end(pytestconfig, made.close)
    yield made
    made.close()
