"""The app as the CDK's command line synthesizes it for this environment."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import processes, toolchain
from .failure import LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .environment import Environment

CDK = toolchain.ROOT / "node_modules" / ".bin" / "cdk"


@dataclass(frozen=True)
class Assembly:
    """A synthesized app."""

    directory: Path

    @property
    def stacks(self) -> list[str]:
        """The names of its stacks."""
        manifest = json.loads((self.directory / "manifest.json").read_text(encoding="utf-8"))
        return [
            artifact.get("properties", {}).get("stackName", name)
            for name, artifact in manifest["artifacts"].items()
            if artifact["type"] == "aws:cloudformation:stack"
        ]


def variables(environment: Environment) -> dict[str, str]:
    """Return the process environment of the CDK's command line.

    CDK_HOME is the environment's own: the command line remembers account ids by access key. The
    end-of-life banner for Node.js 20 is a line of the doctor's instead, and the validation engine
    that would start for 2 seconds in every synth runs in the tests and for users of the app.
    """
    path = os.pathsep.join((str(toolchain.VENV / "bin"), os.environ.get("PATH", "")))
    return environment.variables() | {
        "PATH": path,
        "CDK_HOME": str(environment.state / "cdk-home"),
        "CDK_VALIDATION": "false",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        # Unset: without byte code each synth imports for seconds longer.
        "PYTHONDONTWRITEBYTECODE": "",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }


def synthesize(
    environment: Environment, name: str, context: Mapping[str, str], app: Path = toolchain.ROOT
) -> Assembly:
    """Synthesize the app into a directory of its own, so that environments do not meet there."""
    output = environment.state / name
    command: list[str | Path] = [CDK, "synth", "--quiet", "--no-notices", "--output", output]
    for key, value in context.items():
        command += ["--context", f"{key}={value}"]
    log = environment.logs / f"{name}.log"
    processes.run("synthesizing the app", command, log, variables(environment), app)
    return Assembly(output)


def deployed(environment: Environment, job: str) -> list[Assembly]:
    """Return what was synthesized to deploy a job here, the newest last."""
    manifests = environment.state.glob(f"cdk.out-{job}-*/manifest.json")
    return [Assembly(path.parent) for path in sorted(manifests, key=lambda p: p.stat().st_mtime)]


def latest(environment: Environment, job: str) -> Assembly:
    """Return the assembly of a job that was deployed last."""
    found = deployed(environment, job)
    if not found:
        hint = f"make deploy JOB={job}"
        raise LocalError("looking for the app", f"{job} is not deployed; deploy it: {hint}")
    return found[-1]
