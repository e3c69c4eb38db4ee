"""From the app's source to a deployed pipeline, in the order that wastes the least time."""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from . import assembly, deployment, pipeline, processes
from .scenario import DEFAULT_JOB

if TYPE_CHECKING:
    from pathlib import Path

    from .assembly import Assembly
    from .environment import Environment
    from .pipeline import Pipeline
    from .progress import Progress

APP_ENVIRONMENT = "local"


class Rollout:
    """Deploys one version of a job's stack after the other to an environment."""

    def __init__(
        self, environment: Environment, progress: Progress, job: str = DEFAULT_JOB
    ) -> None:
        self.environment = environment
        self.progress = progress
        self.job = job
        self.number = len(list(environment.state.glob(f"cdk.out-{job}-*")))

    def bootstrap(self) -> None:
        """Make what every deployment needs, once an environment."""
        done = self.environment.state / "bootstrapped"
        if not done.exists():
            with self.progress.phase("bootstrapping", "cdk bootstrap"):
                deployment.bootstrap(self.environment)
            done.write_text(str(len(_noted(self.environment))), encoding="utf-8")

    def synthesize(self, jobs: Path | None = None) -> Assembly:
        """Synthesize the app with its own jobs or changed ones."""
        self.number += 1
        context = {"env": APP_ENVIRONMENT, "job": self.job}
        if jobs:
            context["jobs"] = str(jobs)
        name = f"cdk.out-{self.job}-{self.number}"
        with self.progress.phase("synthesizing the app", "cdk synth, the job's package"):
            return assembly.synthesize(self.environment, name, context)

    def deploy(self, title: str, jobs: Path | None = None, *, must_fail: bool = False) -> Pipeline:
        """Deploy the app; bootstrapping, if needed, runs in parallel with the synthesis.

        Raises:
            DeployFailedError: CloudFormation refused it or rolled it back.
        """
        with ThreadPoolExecutor(max_workers=1) as pool:
            try:
                bootstrapped = pool.submit(self.bootstrap)
                app = self.synthesize(jobs)
                bootstrapped.result()
            except BaseException:
                processes.end_started()
                raise
        with self.progress.phase(title, "CloudFormation") as phase:
            if must_fail:
                phase.failure = "refused, as it has to be,"
            deployment.deploy(self.environment, app, f"deploy-{self.job}-{self.number}", phase)
        return pipeline.find(self.environment, app)

    def destroy(self) -> None:
        """Delete what was deployed, as a user of the app would."""
        app = assembly.latest(self.environment, self.job)
        deployment.destroy(self.environment, app, self.progress)


def not_applied(environment: Environment) -> str:
    """Return what of the app's templates has no effect here, a line a resource type."""
    try:
        of_bootstrap = int((environment.state / "bootstrapped").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        of_bootstrap = 0
    properties: dict[str, set[str]] = defaultdict(set)
    for entry in _noted(environment)[of_bootstrap:]:
        properties[entry["type"].removeprefix("AWS::")].add(entry["property"].rpartition(".")[2])
    if not properties:
        return ""
    told = [f"    {name}: {', '.join(sorted(known))}" for name, known in sorted(properties.items())]
    return "\n".join(("  accepted here without effect (tested in the templates):", *told))


def _noted(environment: Environment) -> list[dict[str, str]]:
    try:
        lines = environment.not_applied.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [json.loads(line) for line in lines]
