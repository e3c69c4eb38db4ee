"""The demo: an environment of its own, a job's acts, a summary, and everything taken down."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from . import environment, processes, results, rollout
from . import scenario as scenarios
from .acts import DemoRun, NewVersion, SickVersion
from .rollout import Rollout

if TYPE_CHECKING:
    from .acts import Act
    from .progress import Progress


KEPT_FAILURES = 3


def run(job: str, progress: Progress) -> int:
    """Play the demo; 0 only when every count is equal and everything happened as it should."""
    began = time.monotonic()
    _forget_old_failures()
    name = f"demo-{os.getpid()}"
    state = environment.RUNS / name
    acts: list[Act] = []
    good = interrupted = False
    scenarios.load(job)
    try:
        with progress.phase("starting the emulator", "its first answer") as phase:
            here = environment.start(name, outlive=False)
            phase.says(here.endpoint)
        rolled_out = Rollout(here, progress, job)
        performance = DemoRun(rolled_out)
        plays = performance.acts
        for number, (heading, play) in enumerate(plays.items(), start=1):
            progress.say(f"\nAct {number}: {heading}")
            act = play()
            acts.append(act)
            _show(act, progress)
            if number == 1 and performance.pipeline:
                progress.say(f"  Flink's web UI: {performance.pipeline.web_ui()}")
                progress.say(rollout.not_applied(here))
            if not act.good:
                break
        good = len(acts) == len(plays) and all(act.good for act in acts)
        progress.say()
        if good:
            rolled_out.destroy()
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        with progress.phase("stopping everything", "the emulator and Flink"):
            environment.stop(state)
        if good or interrupted:
            environment.forget(state)
        else:
            progress.say(f"logs: {state / 'logs'}")
    progress.say(_summary(acts, time.monotonic() - began))
    return 0 if good else 1


def _forget_old_failures() -> None:
    """Keep what the last failed demos left for looking into, and no more."""
    left = sorted(environment.RUNS.glob("demo-*"), key=lambda path: path.stat().st_mtime)
    for state in left[:-KEPT_FAILURES]:
        if not processes.marked(str(state)):
            environment.forget(state)


def _show(act: Act, progress: Progress) -> None:
    progress.say(results.table(act.comparisons))
    if isinstance(act, NewVersion):
        progress.say(f"  went on from snapshot {act.snapshot or '(none)'}")
        if act.gap:
            progress.say(
                f"  gap: {act.gap.seconds:.1f} s from the stop to the first row that version 2 "
                f"committed; {act.gap.down_seconds:.1f} s of it not RUNNING"
            )
    if isinstance(act, SickVersion):
        progress.say(f"  CloudFormation says: {act.error}")
        progress.say(f"  the stack is {act.stack_status}")
        progress.say(f"  the old version runs again from snapshot {act.snapshot or '(none)'}")
    for problem in act.problems:
        progress.say(f"  WRONG: {problem}")


def _summary(acts: list[Act], seconds: float) -> str:
    lines = ["", "Summary"]
    for number, act in enumerate(acts, start=1):
        verdict = "every count equal" if act.good else "NOT as it should be"
        lines.append(
            f"  act {number}: {act.title}: {act.sent} records sent so far, {verdict} "
            f"({act.seconds:.0f} s)"
        )
    lines.append(f"  {seconds:.0f} s in all")
    return "\n".join(lines)
