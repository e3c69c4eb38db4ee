"""Synth of the sensors stack against the same resources written with plain CDK.

What counts are the ratios: both are measured in one run, in turn, each in a fresh process, so that
both see the same machine. CPU seconds are the steadier number on a machine that is busy.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from managed_flink_local.progress import Progress

ROOT = Path(__file__).parents[1]
STACKS = ("ours", "plain")
# Rounds by CDK's own validation; its engine starts in every process and takes most of one.
ROUNDS = {"off": 5, "on": 3}
PARTS = {
    "import": "import",
    "construct": "construct",
    "synth": "app.synth()",
    "all": "all of it",
    "cpu": "CPU of the process",
}


@dataclass(frozen=True)
class Run:
    """One synthesis: seconds by part, resources by type, size of the template."""

    seconds: Mapping[str, float]
    types: Mapping[str, int]
    size: int


Runs = dict[tuple[str, str], list[Run]]


class DifferentResourcesError(Exception):
    """The two stacks are not of the same resources, so there is nothing to compare."""


def measure(progress: Progress) -> Runs:
    """Synthesize each stack with each setting several times, in turn.

    Raises:
        DifferentResourcesError: The stacks differ in their resource types or counts.
    """
    runs: Runs = defaultdict(list)
    with progress.phase("synthesizing") as phase:
        phase.waits_for("a first run of each, not counted")
        first = {which: _synthesize(which, "off") for which in STACKS}
        _check_same(first["ours"].types, first["plain"].types)
        last = max(ROUNDS.values())
        for number in range(last):
            phase.waits_for(f"round {number + 1} of {last}")
            for validation in (v for v, rounds in ROUNDS.items() if number < rounds):
                # Neither stack always comes second.
                for which in STACKS if number % 2 else reversed(STACKS):
                    runs[validation, which].append(_synthesize(which, validation))
    return runs


def table(runs: Runs) -> str:
    """The comparison as it is shown."""
    first = {which: runs["off", which][0] for which in STACKS}
    count = sum(first["ours"].types.values())
    sizes = " and ".join(f"{first[which].size / 1000:.0f} kB" for which in STACKS)
    lines = [
        f"Synth of the same {count} resources, ours against plain CDK (templates of {sizes});",
        "seconds in fresh processes, in turn; no cdk-nag, no bundling",
        "",
        f"{'':<36}{'ours':>15}{'plain CDK':>17}{'ours / plain':>17}",
        f"{'validation':<14}{'':<22}{'min':>7}{'median':>8}{'min':>9}{'median':>8}"
        f"{'min':>9}{'median':>8}",
    ]
    for validation, rounds in ROUNDS.items():
        heading = f"{validation}, {rounds} runs"
        ours, plain = (runs[validation, which] for which in STACKS)
        for part, title in PARTS.items():
            lines.append(
                f"{heading:<14}{title:<22}{_row(_seconds(ours, part), _seconds(plain, part))}"
            )
        shares = [
            statistics.median(run.seconds["import"] / run.seconds["all"] for run in which)
            for which in (ours, plain)
        ]
        lines.append(f"{heading:<14}{'share of the import':<22}{_share(shares)}")
    return "\n".join(lines)


def _row(ours: Sequence[float], plain: Sequence[float]) -> str:
    ratios = (min(ours) / min(plain), statistics.median(ours) / statistics.median(plain))
    return (
        f"{min(ours):>7.2f}{statistics.median(ours):>8.2f}"
        f"{min(plain):>9.2f}{statistics.median(plain):>8.2f}"
        f"{ratios[0]:>8.2f}x{ratios[1]:>7.2f}x"
    )


def _share(shares: Sequence[float]) -> str:
    ours, plain = shares
    return f"{'':>7}{ours:>8.0%}{'':>9}{plain:>8.0%}"


def _seconds(runs: Sequence[Run], part: str) -> list[float]:
    return [run.seconds[part] for run in runs]


def _synthesize(which: str, validation: str) -> Run:
    before = _children_cpu()
    with tempfile.TemporaryDirectory() as out:
        said = subprocess.run(
            [sys.executable, "-m", "benchmarks.synth", which, validation, out],
            cwd=ROOT,
            env=_variables(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found = json.loads(said.stdout.splitlines()[-1])
    seconds = {**found["seconds"], "cpu": _children_cpu() - before}
    return Run(seconds=seconds, types=found["types"], size=found["bytes"])


def _variables() -> dict[str, str]:
    """The process environment; byte code is kept, as it is wherever an app is run again."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _check_same(ours: Mapping[str, int], plain: Mapping[str, int]) -> None:
    differences = [
        f"  {name}: {ours.get(name, 0)} in ours, {plain.get(name, 0)} in plain"
        for name in sorted({*ours, *plain})
        if ours.get(name, 0) != plain.get(name, 0)
    ]
    if differences:
        told = "\n".join(differences)
        raise DifferentResourcesError(
            f"the stacks are not of the same resources; adjust benchmarks/plain.py:\n{told}"
        )
