"""The parts of the suite: what each one runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / ".local" / "test-results"
_REAL: Final = "flink or local or emulator"
_FOLDERS: Final = ("tests/emulator", "tests/jobs", "tests/local")
# A group of tests stays on one process; tests/conftest.py says in which order.
_GROUPS: Final = ("-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder")
_PATHS: Final = ("constructs", "local", ".")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Commands that are run one after the other, until one fails.

    Attributes:
        name: What `PART=` says.
        what: A line for people.
        commands: The commands; those of pytest write their counts where `counted` says.
    """

    name: str
    what: str
    commands: tuple[tuple[str, ...], ...]

    @property
    def counted(self) -> Path:
        """Pytest's own report."""
        return RESULTS / f"{self.name}.xml"


def _pytest(name: str, marks: str, *arguments: str) -> tuple[str, ...]:
    report = f"--junitxml={RESULTS / f'{name}.xml'}"
    return (sys.executable, "-m", "pytest", *arguments, "-m", marks, report)


PLAIN: Final = Part(
    name="plain",
    what="lint, types, and all tests that need no Flink and no emulator",
    commands=(
        ("make", "--no-print-directory", "checks"),
        _pytest("plain", f"not ({_REAL}) and not long", "-n", "2", "--dist", "loadfile"),
    ),
)
REAL: Final = Part(
    name="real",
    what="each promise on a real Flink, the emulator and a real broker",
    commands=(_pytest("real", f"({_REAL}) and not long", *_GROUPS, *_FOLDERS),),
)
SCENARIOS: Final = Part(
    name="scenarios",
    what="further scenarios, most of them on a real Flink",
    commands=(_pytest("scenarios", "long", *_GROUPS),),
)
DEPLOYS: Final = Part(
    name="deploys",
    what="10,000 deploys with faults against the model of the service",
    commands=(
        (sys.executable, "-m", "tests.lifecycle.long_run", "10000", "docs/lifecycle-faults.md"),
    ),
)
TEST: Final = (PLAIN, REAL)
ALL: Final = (PLAIN, REAL, SCENARIOS, DEPLOYS)


def variables() -> Mapping[str, str]:
    """The environment of every command."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(_PATHS)}
