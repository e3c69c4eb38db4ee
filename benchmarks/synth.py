"""Synthesizes one of the two stacks in a fresh process and prints seconds and resources as JSON."""

import json
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "constructs")]


def main(which: str, validation: bool, out: str) -> None:
    began = time.perf_counter()
    import aws_cdk as cdk

    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(
        outdir=out,
        context={**flags, "aws:cdk:bundling-stacks": []},
        builtin_cloud_formation_validation=validation,
    )
    if which == "ours":
        from stacks.sensors import SensorsStack
        from stacks.settings import settings_for

        imported = time.perf_counter()
        SensorsStack(app, "Stack", jobs=ROOT / "jobs", settings=settings_for("prod"))
    else:
        from benchmarks.plain import PlainStack

        imported = time.perf_counter()
        PlainStack(app, "Stack")
    constructed = time.perf_counter()
    app.synth()
    ended = time.perf_counter()
    template = json.loads(Path(out, "Stack.template.json").read_text(encoding="utf-8"))
    types = Counter(resource["Type"] for resource in template["Resources"].values())
    seconds = {
        "import": imported - began,
        "construct": constructed - imported,
        "synth": ended - constructed,
        "all": ended - began,
    }
    print(json.dumps({"seconds": seconds, "types": types}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "on", sys.argv[3])
