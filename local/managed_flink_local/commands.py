"""What each command for daily work does: all but the demo."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import assembly, environment, explanation, joblog, pipeline, results, rollout
from . import scenario as scenarios
from .acts import account
from .rollout import Rollout
from .sender import Sender, channel

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from .environment import Environment
    from .pipeline import Pipeline
    from .progress import Progress

FOLLOW_SECONDS = 2.0


def up(options: argparse.Namespace, progress: Progress) -> int:
    """Start an environment that stays, and make it ready to deploy to."""
    name = options.environment
    found = environment.load(name)
    if found:
        progress.say(f"{name} is running already: {found.endpoint}")
        return 0
    state = environment.RUNS / name
    try:
        with progress.phase("starting the emulator", "its first answer") as phase:
            here = environment.start(name, outlive=True)
            phase.says(here.endpoint)
        Rollout(here, progress, options.job).bootstrap()
    except BaseException:
        environment.stop(state)
        raise
    progress.say(f"running: {here.endpoint} (logs: {here.logs})")
    progress.say("next: make deploy, make send, make results, make logs; in the end: make down")
    return 0


def down(options: argparse.Namespace, progress: Progress) -> int:
    """Stop an environment, whatever state it is in."""
    state = environment.RUNS / options.environment
    with progress.phase("stopping everything", "the emulator and Flink"):
        environment.stop(state)
    environment.forget(state)
    return 0


def deploy(options: argparse.Namespace, progress: Progress) -> int:
    """Deploy a job's stack as it is now."""
    here = environment.running(options.environment)
    found = Rollout(here, progress, options.job).deploy("deploying")
    progress.say(rollout.not_applied(here))
    _tell(found, progress)
    return 0


def send(options: argparse.Namespace, progress: Progress) -> int:
    """Put the next records into the job's source."""
    scenario = scenarios.load(options.job)
    found = _deployed(options)
    sent = account(found.environment, options.job)
    already = len(sent.records)
    records = scenario.stream(already + options.events)[already:]
    sender = Sender(channel(found, scenario.source), sent)
    with progress.phase("sending records", sender.channel.name) as phase:
        sender.send(records)
        phase.says(f"{len(records)} records, {already + len(records)} in all")
    return 0


def compare_results(options: argparse.Namespace, progress: Progress) -> int:
    """Show each sink next to what is expected of everything sent."""
    scenario = scenarios.load(options.job)
    found = _deployed(options)
    sent = account(found.environment, options.job).records
    comparisons = results.SinkReader(found, scenario).compared(sent)
    progress.say(f"{len(sent)} records were sent to {scenario.source}")
    progress.say(results.table(comparisons))
    equal = all(comparison.equal for comparison in comparisons)
    if not equal:
        progress.say("  rows are committed with checkpoints, a few seconds after they were sent")
    return 0 if equal else 1


def logs(options: argparse.Namespace, progress: Progress) -> int:
    """Show the job's log as CloudWatch Logs holds it."""
    found = _deployed(options)
    reader = joblog.JobLog(found)
    for _ in itertools.count():
        for line in reader.new_lines():
            progress.say(line)
        if not options.follow:
            return 0
        time.sleep(FOLLOW_SECONDS)
    return 0


def status(options: argparse.Namespace, progress: Progress) -> int:
    """Show what runs, and where."""
    here = environment.running(options.environment)
    progress.say(f"{here.id}: {here.endpoint}, process {here.pid}, logs in {here.logs}")
    deployed = [job for job in scenarios.names() if assembly.deployed(here, job)]
    for job in deployed:
        _tell(pipeline.find(here, assembly.latest(here, job)), progress)
    if not deployed:
        progress.say("  nothing is deployed: make deploy")
    return 0


def explain(options: argparse.Namespace, progress: Progress) -> int:
    """Show Flink's plan of a job without running it."""
    name = f"explain-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
    progress.say(explanation.plan(scenarios.load(options.job), name, progress))
    return 0


def _deployed(options: argparse.Namespace) -> Pipeline:
    here: Environment = environment.running(options.environment)
    return pipeline.find(here, assembly.latest(here, options.job))


def _tell(found: Pipeline, progress: Progress) -> None:
    progress.say(f"  application {found.application} is {found.status()}")
    progress.say(f"  Flink's web UI: {found.web_ui() or 'none, the job does not run'}")
    if found.restored_from:
        progress.say(f"  started from snapshot {found.restored_from}")


BY_NAME: dict[str, Callable[[argparse.Namespace, Progress], int]] = {
    "up": up,
    "down": down,
    "deploy": deploy,
    "send": send,
    "results": compare_results,
    "logs": logs,
    "status": status,
    "explain": explain,
}
