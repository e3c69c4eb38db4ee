"""One synthesis in a process of its own: ``python -m benchmarks.synth WHICH off|on OUT PIPELINES``.

Prints, as one line of JSON, the seconds of each part, the resource types and the templates' size.
Each pipeline is in a stack of its own.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import App

    Build = Callable[[App, str], object]

ROOT = Path(__file__).parents[1]
OURS, PLAIN = "ours", "plain"


def main(which: str, validation: bool, out: Path, pipelines: int) -> None:
    """Synthesize one of the two apps and say what that took."""
    began = time.perf_counter()
    build = builder(which)
    imported = time.perf_counter()
    app = app_of(out, validation=validation)
    for number in range(pipelines):
        build(app, f"Pipeline{number}")
    constructed = time.perf_counter()
    app.synth()
    synthesized = time.perf_counter()
    templates = [json.loads(p.read_text("utf-8")) for p in out.glob("*.template.json")]
    result = {
        "seconds": {
            "import": imported - began,
            "construct": constructed - imported,
            "synth": synthesized - constructed,
            "all": synthesized - began,
        },
        "types": Counter(r["Type"] for t in templates for r in t["Resources"].values()),
        "bytes": sum(len(json.dumps(template)) for template in templates),
    }
    print(json.dumps(result))


def app_of(out: Path, *, validation: bool) -> "App":
    """The app as ``cdk.json`` configures it, without cdk-nag; nothing is bundled."""
    from aws_cdk import App

    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return App(
        outdir=str(out),
        context={**flags, "aws:cdk:bundling-stacks": []},
        builtin_cloud_formation_validation=validation,
    )


def builder(which: str) -> "Build":
    """Makes the stack of one pipeline; what it takes is imported here."""
    if which == PLAIN:
        from benchmarks.plain import PlainSensorsStack

        return PlainSensorsStack
    from stacks.sensors import SensorsStack
    from stacks.settings import settings_for

    return lambda app, id: SensorsStack(app, id, jobs=ROOT / "jobs", settings=settings_for("prod"))


def environment() -> dict[str, str]:
    """The process environment; byte code is kept, as it is wherever an app is run again."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "on", Path(sys.argv[3]), int(sys.argv[4]))
