"""One environment for all tests here: they are the acts of one story, in the order of the file."""

from collections.abc import Iterator

import pytest

from managed_flink_local import environment
from managed_flink_local.acts import Performance
from managed_flink_local.environment import Environment
from managed_flink_local.progress import Progress
from managed_flink_local.rollout import Rollout

NAME = "tests"


@pytest.fixture(scope="session")
def running_environment() -> Iterator[Environment]:
    started = environment.start(NAME, outlive=False)
    try:
        yield started
    finally:
        environment.stop(started.state)


@pytest.fixture(scope="session")
def rollout(running_environment: Environment) -> Rollout:
    return Rollout(running_environment, Progress())


@pytest.fixture(scope="session")
def performance(rollout: Rollout) -> Performance:
    return Performance(rollout)
