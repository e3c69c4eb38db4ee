"""Thousands of deploys with faults, counted: `make test-all`.

Writes what came of them to the file that is named. The seeds are 0, 1, 2, …: a scenario that broke
is played again by its own.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.lifecycle.expected_faults import EXPECTED
from tests.lifecycle.play import BrokenError, Play, Report
from tests.lifecycle.scenarios import scenario_of

MOST_BROKEN = 10


@dataclass(frozen=True)
class Result:
    text: str
    broken: list[str]


def run(deploys: int, first_seed: int = 0) -> Result:
    """Plays scenarios until that many deploys met a fault."""
    report = Report()
    broken: list[str] = []
    began = time.monotonic()
    seed = first_seed
    while report.faulted < deploys and len(broken) < MOST_BROKEN:
        try:
            Play(scenario_of(random.Random(seed).choice), report).run()
        except BrokenError as error:
            broken.append(f"seed {seed}: {error}")
        seed += 1
    broken += [f"mended? No longer found: {fault.name}" for fault in EXPECTED if not fault.found]
    seconds = time.monotonic() - began
    return Result(told(report, seed - first_seed, seconds, broken), broken)


def told(report: Report, scenarios: int, seconds: float, broken: list[str]) -> str:
    outcomes = [f"| {kind} | {count} |" for kind, count in report.outcomes.most_common()]
    faults = [f"| {kind} | {count} |" for kind, count in report.faults.most_common()]
    lines = [
        "# Deploys with faults: the last run of `make test-all`",
        "",
        "Played against a strict model of the service and of CloudFormation (`tests/lifecycle`).",
        "",
        f"{report.faulted} deploys with faults ({report.deploys} in all, {scenarios} pipelines, "
        f"{report.calls} calls checked) in {seconds:.0f} s: {len(broken)} broken.",
        "",
        "| outcome | deploys |",
        "|---|---|",
        *outcomes,
        "",
        "| fault injected | times |",
        "|---|---|",
        *faults,
        "",
        "## Faults that are still expected",
        "",
        "Until mended, each is found by its story in `tests/lifecycle/expected_faults.py`.",
        "",
        *(f"- {fault.name}" for fault in EXPECTED),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    _, deploys_asked, file = sys.argv
    outcome = run(int(deploys_asked))
    Path(file).write_text(outcome.text, encoding="utf-8")
    print(outcome.text)
    print("\n\n".join(outcome.broken))
    sys.exit(bool(outcome.broken))
