"""Tests that share an application run one after the other, on one process of the test run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

_TESTS: Final = Path(__file__).parent
# Folders whose tests share an application; elsewhere those of a module do.
_FOLDERS: Final = ("local/lifecycle", "jobs")
_ENDS: Final = pytest.StashKey[list[Callable[[], None]]]()


def group_of(item: pytest.Item) -> str:
    """The folder or module whose tests stay together."""
    path = item.path.relative_to(_TESTS).with_suffix("").as_posix()
    return next((folder for folder in _FOLDERS if path.startswith(f"{folder}/")), path)


def at_the_end(config: pytest.Config, end: Callable[[], None]) -> None:
    """Call this after the last test of each group, so that nothing runs beside other groups."""
    config.stash.setdefault(_ENDS, []).append(end)


def end(config: pytest.Config) -> None:
    """End what the group has used."""
    for each in config.stash.get(_ENDS, []):
        each()
