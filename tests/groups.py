"""Tests that share an application run one after the other, on one process of the test run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

# Folders whose tests share an application; elsewhere those of a module do.
_FOLDERS: Final = ("tests/local/lifecycle", "tests/jobs")
_ENDS: Final = pytest.StashKey[list[Callable[[], None]]]()


def group_of(nodeid: str) -> str:
    """The folder or module whose tests stay together."""
    path = nodeid.partition("::")[0].removesuffix(".py")
    return next((folder for folder in _FOLDERS if path.startswith(f"{folder}/")), path)


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """xdist's scheduler with these groups (its own by marks knows no node ids of pytest 9.2)."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def at_the_end(config: pytest.Config, end: Callable[[], None]) -> None:
    """Call this after the last test of each group, so that nothing runs beside other groups."""
    config.stash.setdefault(_ENDS, []).append(end)


def end(config: pytest.Config) -> None:
    """End what the group has used."""
    for each in config.stash.get(_ENDS, []):
        each()
