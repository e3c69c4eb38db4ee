"""Synth of the sensors stack against the same resources written with plain CDK.

What counts are the ratios: both are measured in one run, in turn, each in a fresh process, so that
both see the same machine. CPU seconds are the steadier number on a machine that is busy.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.report import ratio, table
from benchmarks.same import check_same
from benchmarks.synth import OURS, PLAIN, ROOT, environment
from managed_flink_local.progress import Progress

BOTH = (OURS, PLAIN)
PARTS = {
    "import": "import",
    "construct": "construct",
    "synth": "app.synth()",
    "all": "all of it",
    "cpu": "CPU of the process",
}


@dataclass(frozen=True)
class Case:
    """How many pipelines, each in a stack of its own, and whether CDK's own validation is on."""

    pipelines: int
    validation: str
    rounds: int


# The validation's engine starts in every process and takes most of one.
ONE, CHECKED, FIVE, TWENTY = CASES = (
    Case(1, "off", 5),
    Case(1, "on", 3),
    Case(5, "off", 3),
    Case(20, "off", 5),
)


@dataclass(frozen=True)
class Run:
    """One synthesis: seconds by part, resources by type, size of the templates."""

    seconds: Mapping[str, float]
    types: Mapping[str, int]
    size: int

    @property
    def work(self) -> float:
        """Construction and synth, without the import, which comes once."""
        return self.seconds["construct"] + self.seconds["synth"]


Runs = dict[tuple[Case, str], list[Run]]


def measure(progress: Progress) -> Runs:
    """Synthesize each app in each case several times, in turn.

    Raises:
        DifferentResourcesError: The apps differ in their resource types or counts.
    """
    runs: Runs = defaultdict(list)
    with progress.phase("synthesizing") as phase:
        phase.waits_for("a first run of each, not counted")
        first = {which: _synthesize(which, ONE) for which in BOTH}
        check_same(first[OURS].types, first[PLAIN].types)
        for case, number in _rounds():
            phase.waits_for(f"{case.pipelines} pipelines, round {number + 1} of {case.rounds}")
            # Neither always comes second.
            for which in BOTH if number % 2 else reversed(BOTH):
                runs[case, which].append(_synthesize(which, case))
        check_same(*(runs[TWENTY, which][0].types for which in BOTH))
    return runs


def told(runs: Runs) -> str:
    """The comparison, as a section of the page."""
    first = {which: runs[ONE, which][0] for which in BOTH}
    resources = sum(first[OURS].types.values())
    sizes = " and ".join(f"{first[which].size / 1000:.0f} kB" for which in BOTH)
    return "\n".join(
        [
            f"One pipeline of {resources} resources (templates of {sizes}), seconds in fresh "
            f"processes; CDK's own validation off ({ONE.rounds} runs) and on ({CHECKED.rounds}), "
            "no cdk-nag, nothing bundled.",
            "",
            table(
                ["seconds, median (least)", "ours", "plain CDK", "ours / plain"],
                [row for case in (ONE, CHECKED) for row in _parts(runs, case)],
            ),
            "",
            "More pipelines, each in a stack of its own; construction and synth, without the "
            "import.",
            "",
            table(
                ["pipelines", "ours, s", "plain, s", "ours / plain", "CPU, with the import"],
                [_slope(runs, case) for case in (ONE, FIVE, TWENTY)],
            ),
        ]
    )


def _parts(runs: Runs, case: Case) -> Iterator[list[str]]:
    for part, title in PARTS.items():
        ours, plain = ([run.seconds[part] for run in runs[case, which]] for which in BOTH)
        yield [
            f"{title}, validation {case.validation}",
            _pair(ours),
            _pair(plain),
            _of(ours, plain),
        ]


def _slope(runs: Runs, case: Case) -> list[str]:
    ours, plain = ([run.work for run in runs[case, which]] for which in BOTH)
    cpu = [[run.seconds["cpu"] for run in runs[case, which]] for which in BOTH]
    return [str(case.pipelines), _pair(ours), _pair(plain), _of(ours, plain), _of(*cpu)]


def _pair(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f})"


def _of(ours: Sequence[float], plain: Sequence[float]) -> str:
    return (
        f"{ratio(statistics.median(ours), statistics.median(plain))} "
        f"({ratio(min(ours), min(plain))})"
    )


def _rounds() -> Iterator[tuple[Case, int]]:
    for number in range(max(case.rounds for case in CASES)):
        for case in CASES:
            if number < case.rounds:
                yield case, number


def _synthesize(which: str, case: Case) -> Run:
    before = children_cpu()
    arguments = [which, case.validation]
    with tempfile.TemporaryDirectory() as out:
        said = subprocess.run(
            [sys.executable, "-m", "benchmarks.synth", *arguments, out, str(case.pipelines)],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found = json.loads(said.stdout.splitlines()[-1])
    seconds = {**found["seconds"], "cpu": children_cpu() - before}
    return Run(seconds=seconds, types=found["types"], size=found["bytes"])


def children_cpu() -> float:
    """CPU seconds of all processes that have ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
