"""Starts the emulator whose applications run nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from managed_flink_local import environment, processes, toolchain
from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.environment import ACCOUNT, REGION, RUNS, Environment
from managed_flink_local.ports import free_ports
from tests.environments import name_of
from tests.waiting import until

NAME, RUNTIMES = "idle-emulator-tests", ("FLINK-1_19", "FLINK-1_20")


@contextmanager
def running() -> Iterator[Environment]:
    """One that ends with this process at the latest."""
    state = RUNS / name_of(NAME)
    environment.forget(state)
    state.mkdir(parents=True)
    file = state / "emulator.json"
    values = {
        "port": free_ports(1)[0],
        "state_dir": str(state),
        "runtimes": dict.fromkeys(RUNTIMES, sys.executable),
        "parent_pid": os.getpid(),
    }
    file.write_text(json.dumps(values))
    config = EmulatorConfig.read(file)
    path = os.pathsep.join([str(toolchain.ROOT), str(toolchain.ROOT / "local")])
    variables = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")} | {
        "PYTHONPATH": path,
        processes.MARK: str(state),
    }
    command: list[str | Path] = [
        toolchain.EMULATOR / "bin" / "python",
        "-m",
        "tests.emulator.idle_flink",
    ]
    log = state / "logs" / "emulator.log"
    process = processes.start([*command, "--config", file], log, variables, toolchain.ROOT)
    try:
        _wait(config)
        yield Environment(
            state=state,
            endpoint=config.endpoint,
            region=REGION,
            account=ACCOUNT,
            ca_bundle=str(config.ca_bundle),
            pid=process.pid,
            applications=config.applications_dir,
            logs=state / "logs",
        )
    finally:
        processes.end(process)
        environment.forget(state)


def _wait(config: EmulatorConfig) -> None:
    until(lambda: environment._answers(config), poll=0.05)
