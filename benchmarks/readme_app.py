"""``cdk synth`` as a user meets it: the README's own app against plain CDK's, in turn.

Both are warm: what is packaged lies in the cache and in ``cdk.out``, and byte code is there. CDK's
own validation is on, as it is by default.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.comparison import children_cpu
from benchmarks.report import ratio, table
from benchmarks.same import check_same
from benchmarks.synth import OURS, PLAIN, ROOT, environment
from managed_flink_local.progress import Progress

ROUNDS = 5


class Took(NamedTuple):
    """Seconds of one synth, by the clock and of all its processes."""

    wall: float
    cpu: float


_PLAIN = """\
from pathlib import Path
from aws_cdk import App
from benchmarks.plain import PlainWebStack

app = App()
PlainWebStack(app, "Web", code=Path("jobs/clickstream"))
app.synth()
"""


def measure(progress: Progress) -> dict[str, list[Took]]:
    """What each synth took.

    Raises:
        DifferentResourcesError: The apps differ in their resource types or counts.
    """
    took: dict[str, list[Took]] = {OURS: [], PLAIN: []}
    with _apps() as folders, progress.phase("cdk synth of the README's app") as phase:
        phase.waits_for("a first run of each, not counted")
        for folder in folders.values():
            _synthesize(folder)
        check_same(*(_types(folders[which]) for which in (OURS, PLAIN)))
        for number in range(ROUNDS):
            phase.waits_for(f"round {number + 1} of {ROUNDS}")
            # Neither always comes second.
            for which in (OURS, PLAIN) if number % 2 else (PLAIN, OURS):
                began, used = time.perf_counter(), children_cpu()
                _synthesize(folders[which])
                took[which].append(Took(time.perf_counter() - began, children_cpu() - used))
    return took


def told(took: dict[str, list[Took]]) -> str:
    """The comparison, as a section of the page."""
    rows = []
    for title, of in (("median", statistics.median), ("least", min)):
        for kind in ("wall", "cpu"):
            ours, plain = (of([getattr(t, kind) for t in took[w]]) for w in (OURS, PLAIN))
            rows.append([f"{title}, {kind}", f"{ours:.2f}", f"{plain:.2f}", ratio(ours, plain)])
    return "\n".join(
        [
            f"`cdk synth` of the README's own app, warm, {ROUNDS} runs each in turn, CDK's own "
            "validation on.",
            "",
            table(["seconds", "ours", "plain CDK", "ours / plain"], rows),
        ]
    )


@contextmanager
def _apps() -> Iterator[dict[str, Path]]:
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = {
        name: match[1]
        for name in ("app", "job")
        if (match := re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", readme, re.DOTALL))
    }
    flags = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    with tempfile.TemporaryDirectory() as directory:
        folders = {which: Path(directory, which) for which in (OURS, PLAIN)}
        for which, folder in folders.items():
            job = folder / "jobs" / "clickstream"
            job.mkdir(parents=True)
            (job / "job.sql").write_text(blocks["job"], "utf-8")
            app = blocks["app"] if which == OURS else _PLAIN
            (folder / "app.py").write_text(app, "utf-8")
            settings = {"app": f"{sys.executable} app.py", "context": flags}
            (folder / "cdk.json").write_text(json.dumps(settings), "utf-8")
        yield folders


def _synthesize(folder: Path) -> None:
    path = f"{ROOT / 'constructs'}:{ROOT}"
    subprocess.run(
        [str(ROOT / "node_modules" / ".bin" / "cdk"), "synth", "--quiet"],
        cwd=folder,
        env=environment() | {"PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )


def _types(folder: Path) -> Counter[str]:
    template = json.loads((folder / "cdk.out" / "Web.template.json").read_text("utf-8"))
    return Counter(resource["Type"] for resource in template["Resources"].values())
