"""Thousands of deploys with faults, counted: `python -m tests.lifecycle.long_run 10000`.

Prints what came of them and writes it beside the caller (`lifecycle-long-run.md`, or the path in
FLINK_LIFECYCLE_RESULT). The seeds are 0, 1, 2, …: a scenario that broke is played again by its own.
"""

from __future__ import annotations

import os
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.lifecycle.play import BrokenError, Play, Report
from tests.lifecycle.scenarios import scenario_of

RESULT = "lifecycle-long-run.md"
MOST_BROKEN = 10


@dataclass(frozen=True)
class Result:
    text: str
    broken: list[str]


def asked_for() -> int:
    return int(os.environ.get("FLINK_LIFECYCLE_DEPLOYS", "0"))


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
    seconds = time.monotonic() - began
    result = Result(told(report, seed - first_seed, seconds, broken), broken)
    Path(os.environ.get("FLINK_LIFECYCLE_RESULT", RESULT)).write_text(result.text)
    return result


def told(report: Report, scenarios: int, seconds: float, broken: list[str]) -> str:
    outcomes = [f"| {kind} | {count} |" for kind, count in report.outcomes.most_common()]
    faults = [f"| {kind} | {count} |" for kind, count in report.faults.most_common()]
    lines = [
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
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    outcome = run(int(sys.argv[1]) if len(sys.argv) > 1 else 10000)
    print(outcome.text)
    print("\n\n".join(outcome.broken))
    sys.exit(bool(outcome.broken))
