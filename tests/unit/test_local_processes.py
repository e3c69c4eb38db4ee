"""Nothing outlives its purpose: not after an end, an interrupt, or a stubborn child."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from managed_flink_local import processes
from managed_flink_local.failure import LocalError

LOCAL = Path(__file__).parents[2] / "local"
# A child that ignores SIGTERM and starts a grandchild in a session of its own, as Flink does.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
print("ready", flush=True)
time.sleep(300)
"""
LAUNCHER = """
import sys, time
from pathlib import Path
from managed_flink_local import processes
mark, log, stubborn = sys.argv[1:]
processes.GRACE_SECONDS = 0.3
processes.end.__defaults__ = (0.3,)
import os
with processes.interruptible():
    try:
        processes.run(
            "waiting", [sys.executable, "-c", stubborn], Path(log),
            {**os.environ, processes.MARK: mark},
        )
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    finally:
        processes.sweep(mark)
"""


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def says(log: Path, text: str) -> bool:
    return log.exists() and text in log.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    mark, log = str(tmp_path), tmp_path / "child.log"
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, mark, str(log), STUBBORN],
        env={**os.environ, "PYTHONPATH": str(LOCAL)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert wait_for(lambda: says(log, "ready"))
    assert len(processes.marked(mark)) == 2
    launcher.send_signal(number)
    output, _ = launcher.communicate(timeout=60)
    assert "interrupted" in output
    assert processes.marked(mark) == []


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    child = processes.start([sys.executable, "-c", STUBBORN], log)
    assert wait_for(lambda: says(log, "ready"))
    processes.end(child, grace=0.3)
    assert child.poll() == -signal.SIGKILL


def test_a_failure_names_phase_reason_and_log(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    with pytest.raises(LocalError) as failure:
        processes.run("counting", [sys.executable, "-c", "raise SystemExit('no stars')"], log)
    told = failure.value.told()
    assert "counting" in told
    assert "no stars" in told
    assert str(log) in told


def test_a_sweep_finds_only_what_carries_the_mark(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
    ours = processes.start(sleep, tmp_path / "a", {**os.environ, processes.MARK: str(tmp_path)})
    other = processes.start(sleep, tmp_path / "b", {**os.environ, processes.MARK: f"{tmp_path}2"})
    try:
        assert wait_for(lambda: processes.marked(str(tmp_path)) == [ours.pid])
        assert processes.sweep(str(tmp_path)) == [ours.pid]
        assert processes.alive(other.pid)
    finally:
        processes.end(ours)
        processes.end(other)


def test_a_zombie_is_not_alive(tmp_path: Path) -> None:
    child = processes.start([sys.executable, "-c", ""], tmp_path / "log")
    try:
        assert wait_for(lambda: not processes.alive(child.pid))
    finally:
        processes.end(child)
