"""What runs beside what, the same examples on every machine, and a quiet collector."""

from __future__ import annotations

import gc
from typing import Final

import pytest
from hypothesis import settings

from tests.groups import ByGroup, end, group_of

settings.load_profile("ci")  # no deadline, no chance, nothing kept from the last run

# What takes longest must not come last, when the other process has nothing left to do.
_DEAREST_FIRST: Final = (
    "tests/local/lifecycle",
    "tests/local/test_sensors",
    "tests/local/test_payments",
    "tests/jobs",
    "tests/emulator/test_data_plane",
    "tests/local/test_etl",
)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByGroup | None:
    """Of `--dist loadgroup`; other ways of distributing are xdist's own."""
    return ByGroup(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The dearest first, all others where they are."""

    def place(item: pytest.Item) -> int:
        group = group_of(item.nodeid)
        return _DEAREST_FIRST.index(group) if group in _DEAREST_FIRST else len(_DEAREST_FIRST)

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what a group shares with its last test."""
    if nextitem is None or group_of(nextitem.nodeid) != group_of(item.nodeid):
        end(item.config)


def pytest_collection_finish() -> None:
    """Leave what importing has made: it stays anyway."""
    gc.collect()
    gc.freeze()
