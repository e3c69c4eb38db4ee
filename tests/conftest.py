"""What runs beside what: a group of tests on one process, the dearest groups first."""

from __future__ import annotations

from typing import Final

import pytest

from tests.groups import end, group_of

# What takes longest must not come last, when the other process has nothing left to do.
_DEAREST_FIRST: Final = (
    "local/lifecycle",
    "local/test_sensors",
    "local/test_payments",
    "jobs",
    "emulator/test_data_plane",
    "local/test_etl",
)
_REAL: Final = ("flink", "local", "emulator")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group and order what needs real processes, before xdist reads the groups."""

    def place(item: pytest.Item) -> int:
        group = group_of(item)
        return _DEAREST_FIRST.index(group) if group in _DEAREST_FIRST else len(_DEAREST_FIRST)

    for item in items:
        if any(item.get_closest_marker(mark) for mark in _REAL):
            item.add_marker(pytest.mark.xdist_group(group_of(item)))
    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what a group shares with its last test."""
    if nextitem is None or group_of(nextitem) != group_of(item):
        end(item.config)
