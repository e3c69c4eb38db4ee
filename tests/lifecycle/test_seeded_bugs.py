"""What holds the handlers finds bugs: each that is put in is found, and without it nothing is."""

from __future__ import annotations

import pytest

from tests.lifecycle.case import Case
from tests.lifecycle.seeded_bugs import BUGS, SeededBug


def told(bug: SeededBug) -> None:
    """The bug's story, with every invariant watched."""
    case = Case()
    bug.found_by(case)
    assert case.world.violations == []


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_seeded_bug_is_found(bug: SeededBug, monkeypatch: pytest.MonkeyPatch) -> None:
    told(bug)
    bug.put_in(monkeypatch)
    with pytest.raises(AssertionError):
        told(bug)
