"""Kills processes of an environment, as nobody asks first."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Final

from managed_flink_local import processes
from managed_flink_local.environment import Environment

# What their command lines hold.
JOB_MANAGER: Final = "StandaloneSessionClusterEntrypoint"
TASK_MANAGER: Final = "TaskManagerRunner"
HANDLERS: Final = "_worker.py"


def running(environment: Environment, part: str) -> list[int]:
    """The processes whose command line holds this part."""
    found = ",".join(map(str, processes.marked(str(environment.state))))
    command = ["ps", "-ww", "-o", "pid=,command=", "-p", found]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if part in line]


def kill(environment: Environment, part: str) -> int:
    """Kill each of them; returns how many there were."""
    pids = running(environment, part)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)
