"""make bench: our synth against plain CDK, and the phases of a local deploy."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "local")]
ROUNDS = 5
PARTS = ("import", "construct", "synth", "all")


def synth(which: str, validation: str) -> dict[str, Any]:
    """One synthesis in a process of its own."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, str(ROOT / "benchmarks" / "synth.py"), which, validation, out]
        said = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"},
        )
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def compare(console: Console, validation: str) -> None:
    """Ours and plain CDK in turn, so that both see the same machine."""
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "plain": []}
    for _ in range(ROUNDS):
        for which, results in runs.items():
            results.append(synth(which, validation))
    ours, plain = (runs[which][0]["types"] for which in ("ours", "plain"))
    if ours != plain:
        differ = {t: (ours.get(t, 0), plain.get(t, 0)) for t in {*ours, *plain}}
        wrong = {t: pair for t, pair in differ.items() if pair[0] != pair[1]}
        sys.exit(f"the stacks differ, so nothing can be compared (ours, plain): {wrong}")
    count = sum(ours.values())
    table = Table(title=f"Synth of {count} resources, CDK's validation {validation}")
    for heading in ("part", "ours, s", "plain CDK, s", "ours / plain"):
        table.add_column(heading, justify="right" if "s" in heading[-1:] else "left")
    for part in PARTS:
        medians = [
            statistics.median(run["seconds"][part] for run in runs[which])
            for which in ("ours", "plain")
        ]
        table.add_row(
            part, f"{medians[0]:.2f}", f"{medians[1]:.2f}", f"{medians[0] / medians[1]:.2f}"
        )
    console.print(table)


def phases(console: Console) -> None:
    """A first local deploy, phase by phase."""
    from managed_flink_local import environment
    from managed_flink_local.progress import Progress
    from managed_flink_local.rollout import Rollout

    progress = Progress()
    with progress.phase("starting the emulator", "its first answer"):
        here = environment.start(f"bench-{os.getpid()}", outlive=False)
    try:
        Rollout(here, progress).deploy("deploying, the job started and proved healthy")
    finally:
        environment.stop(here.state)
        environment.forget(here.state)
    show(console, progress.timings)


def show(console: Console, timings: Iterable[tuple[str, float]]) -> None:
    rows: Sequence[tuple[str, float]] = list(timings)
    whole = sum(seconds for _, seconds in rows)
    table = Table(title="A first local deploy (bootstrapping goes on beside the synthesis)")
    for heading in ("phase", "s", "share"):
        table.add_column(heading)
    for name, seconds in rows:
        table.add_row(name, f"{seconds:.1f}", f"{seconds / whole:.0%}")
    console.print(table)


def main() -> None:
    console = Console()
    for validation in ("off", "on"):
        compare(console, validation)
    phases(console)


if __name__ == "__main__":
    main()
