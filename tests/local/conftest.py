"""Environments for the stories here, each told in the order of its file."""

from collections.abc import Callable, Iterator

import pytest

from managed_flink_local import environment
from managed_flink_local.acts import Performance
from managed_flink_local.environment import Environment
from managed_flink_local.progress import Progress
from managed_flink_local.rollout import Rollout

NAME = "tests"


@pytest.fixture(scope="session")
def running_environment() -> Iterator[Environment]:
    """What the sensors' story runs in, and stops."""
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


@pytest.fixture(scope="session")
def environment_with_kafka() -> Iterator[Environment]:
    """What the stories of the jobs on Kafka share."""
    started = environment.start(f"{NAME}-kafka", outlive=False)
    try:
        yield started
    finally:
        environment.stop(started.state)


@pytest.fixture(scope="module")
def on_kafka(environment_with_kafka: Environment) -> Iterator[Callable[[str], Performance]]:
    """Makes a job's performance; its stack is gone afterwards, to leave the room to the next."""
    made: list[tuple[Rollout, Performance]] = []

    def perform(job: str) -> Performance:
        rollout = Rollout(environment_with_kafka, Progress(), job)
        made.append((rollout, Performance(rollout)))
        return made[-1][1]

    yield perform
    for rollout, performance in made:
        if performance.pipeline is not None:
            rollout.destroy()
