"""Environments of this machine for tests, one of each name for a process of the test run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from managed_flink_local import environment
from managed_flink_local.environment import Environment


def name_of(name: str) -> str:
    """The name with that of the process, of which several may run the tests."""
    return f"{name}-{os.environ.get('PYTEST_XDIST_WORKER', 'only')}"


def start(name: str) -> Environment:
    """Start one that ends with this process at the latest."""
    return environment.start(name_of(name), outlive=False)


@contextmanager
def running(name: str) -> Iterator[Environment]:
    """One that is stopped afterwards; its logs stay."""
    started = start(name)
    try:
        yield started
    finally:
        environment.stop(started.state)
