"""One story a module; a test that fails leaves the next one a new environment."""

from collections.abc import Callable, Generator, Iterator

import pytest

from tests.local.story import Story

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture
def failed(request: pytest.FixtureRequest) -> Callable[[], bool]:
    """Whether the test has failed, for what comes after it."""
    return lambda: request.node.stash.get(_FAILED, False)


@pytest.fixture(scope="module")
def _story(request: pytest.FixtureRequest) -> Iterator[Story]:
    told = Story(request.module.JOB)
    yield told
    told.end()


@pytest.fixture
def story(_story: Story, failed: Callable[[], bool]) -> Iterator[Story]:
    yield _story
    if failed():
        _story.end()
