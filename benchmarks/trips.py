"""Round trips to CDK's process, by kind: ``python -m benchmarks.trips ours|plain [PIPELINES]``.

Each call of a Python app into aws-cdk-lib, each property that is read and each call back is one. A
count has no noise, so a test can hold the library to it.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import table
from benchmarks.synth import ROOT, app_of, builder, environment

# In all phases of both; what is rarer is one line.
_OFTEN = 6
PHASES = ("import", "construct", "synth")


@dataclass(frozen=True)
class Trips:
    """How many trips of each kind each phase makes; the app itself is part of its synth."""

    by_phase: Mapping[str, Mapping[str, int]]

    def of(self, phase: str) -> int:
        return sum(self.by_phase[phase].values())

    @property
    def construct(self) -> int:
        return self.of("construct")

    @property
    def beside(self) -> int:
        """What is not construction: the import of the modules, and the synth."""
        return self.of("import") + self.of("synth")


def count(which: str, pipelines: int = 1) -> Trips:
    """Count in a process of its own."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.trips", which, str(pipelines)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return Trips(json.loads(said.stdout.splitlines()[-1]))


def told(ours: Trips, plain: Trips) -> str:
    """The counts by kind, as a section of the page; kinds that are rare are summed up."""
    kinds: Counter[str] = Counter()
    for phase in PHASES:
        for trips in (ours, plain):
            kinds.update(trips.by_phase[phase])
    often = sorted((kind for kind, number in kinds.items() if number >= _OFTEN), key=_by(kinds))
    columns = [(trips, phase) for phase in PHASES for trips in (ours, plain)]
    rows = [[kind, *(str(t.by_phase[p].get(kind, 0) or "") for t, p in columns)] for kind in often]
    rest = [t.of(p) - sum(t.by_phase[p].get(kind, 0) for kind in often) for t, p in columns]
    rows += [["all others", *map(str, rest)], ["**all**", *(f"**{t.of(p)}**" for t, p in columns)]]
    head = [f"{name}: {phase}" for phase in PHASES for name in ("ours", "plain")]
    return "\n".join(
        [
            "Round trips to CDK's process for one pipeline, by kind.",
            "",
            table(["trips", *head], rows),
        ]
    )


def _by(kinds: Counter[str]) -> Callable[[str], tuple[int, str]]:
    return lambda kind: (-kinds[kind], kind)


def main(which: str, pipelines: int) -> None:
    """Build and synthesize, and print the counts as one line of JSON."""
    counts: dict[str, Counter[str]] = {phase: Counter() for phase in PHASES}
    phase = "import"
    # The one place that all requests go through; no public name tells of them.
    from jsii._kernel.providers.process import _NodeProcess

    send = _NodeProcess.send

    def counted(process: Any, request: Any, response_type: Any) -> Any:  # noqa: ANN401
        counts[phase][_kind(request)] += 1
        return send(process, request, response_type)

    _NodeProcess.send = counted  # type: ignore[method-assign, assignment]
    build = builder(which)
    with tempfile.TemporaryDirectory() as out:
        phase = "synth"
        app = app_of(Path(out), validation=False)
        phase = "construct"
        for number in range(pipelines):
            build(app, f"Pipeline{number}")
        phase = "synth"
        app.synth()
    print(json.dumps(counts))


def _kind(request: Any) -> str:  # noqa: ANN401
    """What a request asks for, such as ``Stack.of`` or ``new Metric``."""
    name = type(request).__name__
    of = getattr(request, "objref", None)
    owner = of.ref.split("@")[0] if of is not None else getattr(request, "fqn", "")
    owner = owner.rsplit(".", 1)[-1]
    match name:
        case "CreateRequest":
            return f"new {owner}"
        case "GetRequest" | "StaticGetRequest" | "SetRequest":
            return f"{owner}.{request.property}"
        case "InvokeRequest" | "StaticInvokeRequest":
            return f"{owner}.{request.method}()"
        case "_CompleteRequest":
            return "answer to a call back"
        case "LoadRequest":
            return "load a library"
    return name


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
