from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lifecycle.application import Application, Configuration
from tests.lifecycle.case import Case
from tests.lifecycle.jobs import (
    HEALTHY,
)
from tests.lifecycle.model_calls import NAME, start
from tests.lifecycle.snapshots import ENHANCED
from tests.lifecycle.world import World


@pytest.fixture
def case() -> Iterator[Case]:
    """A pipeline; whatever the test looks at, no invariant may be broken in it."""
    made = Case()
    yield made
    assert made.world.violations == []


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def made(world: World) -> Application:
    return world.create(NAME, Configuration("a"), HEALTHY)


@pytest.fixture
def running(world: World, made: Application) -> Iterator[Application]:
    start(world)
    world.clock.advance(600)
    yield made
    assert len([run for run in made.runs if not run.ended]) <= 1


@pytest.fixture
def two(world: World) -> Iterator[World]:
    """Two applications of one account in enhanced mode, running."""
    for name in (NAME, "other"):
        world.create(name, Configuration(name, mode=ENHANCED), HEALTHY)
        start(world, name)
    world.clock.advance(300)
    yield world
    assert not world.violations
