"""One synthesis in a process of its own: ``python -m benchmarks.synth ours|plain off|on OUT``.

Prints, as one line of JSON, the seconds of each part, the resource types and the template's size.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import App

    Build = Callable[[App], object]

ROOT = Path(__file__).parents[1]
STACK = "Benchmark"


def main(which: str, validation: bool, out: Path) -> None:
    """Synthesize one of the two stacks and say what that took."""
    began = time.perf_counter()
    build = _ours() if which == "ours" else _plain()
    imported = time.perf_counter()
    app = _app(validation, out)
    build(app)
    constructed = time.perf_counter()
    app.synth()
    synthesized = time.perf_counter()
    template = json.loads((out / f"{STACK}.template.json").read_text(encoding="utf-8"))
    result = {
        "seconds": {
            "import": imported - began,
            "construct": constructed - imported,
            "synth": synthesized - constructed,
            "all": synthesized - began,
        },
        "types": Counter(resource["Type"] for resource in template["Resources"].values()),
        "bytes": len(json.dumps(template)),
    }
    print(json.dumps(result))


def _app(validation: bool, out: Path) -> "App":
    """The app as ``cdk.json`` configures it, without cdk-nag; nothing is bundled."""
    from aws_cdk import App

    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return App(
        outdir=str(out),
        context={**flags, "aws:cdk:bundling-stacks": []},
        builtin_cloud_formation_validation=validation,
    )


def _ours() -> "Build":
    from stacks.sensors import SensorsStack
    from stacks.settings import settings_for

    return lambda app: SensorsStack(app, STACK, jobs=ROOT / "jobs", settings=settings_for("prod"))


def _plain() -> "Build":
    from benchmarks.plain import PlainSensorsStack

    return lambda app: PlainSensorsStack(app, STACK)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "on", Path(sys.argv[3]))
