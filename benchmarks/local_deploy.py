"""The phases of a first deploy to this machine, as its tool and the service record them.

One after the other, as ``make up`` and ``make deploy`` go through them. What happens inside the
deploy comes from the stack's events and from the application's own operations.
"""

import itertools
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.report import table
from managed_flink_local import deployment, environment
from managed_flink_local.environment import Environment
from managed_flink_local.failure import LocalError
from managed_flink_local.pipeline import Pipeline
from managed_flink_local.progress import Progress
from managed_flink_local.rollout import Rollout

DEPLOYING = "deploying"
PROVE = "Custom::FlinkProve"
START = "StartApplication"


@dataclass(frozen=True)
class Step:
    """A phase and how long it took."""

    title: str
    seconds: float


def measure(progress: Progress) -> list[Step]:
    """Deploy the reference app to an environment of its own and take it down again.

    Raises:
        LocalError: The deploy failed.
    """
    name = f"bench-{os.getpid()}"
    state = environment.RUNS / name
    before = len(progress.timings)
    try:
        with progress.phase("starting the emulator", "its first answer"):
            here = environment.start(name, outlive=False)
        rollout = Rollout(here, progress)
        rollout.bootstrap()
        began = time.time()
        deployed = rollout.deploy(DEPLOYING)
        inside = _inside(here, deployed, began)
    except LocalError:
        environment.stop(state)  # its logs stay: the message names one
        raise
    except BaseException:
        environment.stop(state)
        environment.forget(state)
        raise
    with progress.phase("stopping everything", "the emulator and Flink"):
        environment.stop(state)
    environment.forget(state)
    timings = dict(progress.timings[before:])
    whole = timings.pop(DEPLOYING)
    del timings["stopping everything"]
    outside = [Step(title, took) for title, took in timings.items()]
    rest = whole - sum(step.seconds for step in inside)
    return [*outside, *inside, Step("deploying: the command line and the assets", max(rest, 0.0))]


def told(steps: Sequence[Step]) -> str:
    """The phases, as a section of the page."""
    whole = sum(step.seconds for step in steps)
    rows = [[s.title, f"{s.seconds:.1f}", f"{s.seconds / whole:.0%}"] for s in steps]
    return "\n".join(
        [
            "A first local deploy, from nothing to a job that is proved healthy.",
            "",
            table(["phase", "seconds", "share"], [*rows, ["all", f"{whole:.1f}", ""]]),
        ]
    )


def _inside(here: Environment, deployed: Pipeline, since: float) -> list[Step]:
    """What the deploy consists of, from marks that follow each other in time."""
    events = deployment.events(here, deployed.stack, since)
    of_stack = [event for event in events if event["LogicalResourceId"] == deployed.stack]
    of_prove = [event for event in events if event["ResourceType"] == PROVE]
    started = _operation(here, deployed, START)
    marks = [
        ("deploying: the resources", _at(of_stack, "CREATE_IN_PROGRESS", first=True)),
        ("deploying: until the start is asked for", _at(of_prove, "CREATE_IN_PROGRESS")),
        ("deploying: start to RUNNING", started["StartTime"]),
        ("deploying: RUNNING to proved (gate, snapshot)", started["EndTime"]),
        ("", _at(of_prove, "CREATE_COMPLETE")),
    ]
    return [
        Step(title, (after - at).total_seconds())
        for (title, at), (_, after) in itertools.pairwise(marks)
    ]


def _at(events: Sequence[dict[str, Any]], status: str, *, first: bool = False) -> datetime:
    found: list[datetime] = [e["Timestamp"] for e in events if e["ResourceStatus"] == status]
    if not found:
        raise LocalError("reading the deploy's events", f"there is none that says {status}")
    return found[0 if first else -1]


def _operation(here: Environment, deployed: Pipeline, name: str) -> dict[str, Any]:
    client = here.client("kinesisanalyticsv2")
    answer = client.list_application_operations(
        ApplicationName=deployed.application, Operation=name
    )
    operations: list[dict[str, Any]] = answer["ApplicationOperationInfoList"]
    if not operations:
        raise LocalError("reading the application's operations", f"there is no {name}")
    return operations[0]
