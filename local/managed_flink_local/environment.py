"""One running environment: an emulator with its ports, its directories and its way out."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import processes, toolchain
from .emulator.config import EmulatorConfig
from .failure import LocalError, last_words
from .ports import free_ports

if TYPE_CHECKING:
    import subprocess

    from botocore.client import BaseClient

RUNS = toolchain.LOCAL / "run"
REGION = "us-east-1"
ACCOUNT = "000000000000"
CREDENTIALS = "test"
START_SECONDS = 30.0
STOP_SECONDS = 6.0
ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The addresses and directories of a running environment, as its own file records them."""

    state: Path
    endpoint: str
    region: str
    account: str
    ca_bundle: str | None
    pid: int
    applications: Path
    logs: Path

    @property
    def id(self) -> str:
        """The name it is started and stopped by."""
        return self.state.name

    @property
    def not_applied(self) -> Path:
        """Where the emulator notes the template properties it does not apply."""
        return self.state / "not-applied.jsonl"

    @property
    def emulator_log(self) -> Path:
        """What the emulator says."""
        return self.logs / "emulator.log"

    def alive(self) -> bool:
        """Whether its emulator runs."""
        return processes.alive(self.pid)

    def variables(self) -> dict[str, str]:
        """Return the process environment in which AWS is this environment and nothing else."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        kept.pop("VIRTUAL_ENV", None)
        # It is on this machine, whatever proxy the machine uses for the rest.
        others = os.environ.get("NO_PROXY", os.environ.get("no_proxy", ""))
        direct = f"127.0.0.1,localhost,{others}".rstrip(",")
        aws = {
            "NO_PROXY": direct,
            "no_proxy": direct,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": CREDENTIALS,
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            processes.MARK: str(self.state),
        }
        if self.ca_bundle:
            aws |= {"AWS_CA_BUNDLE": self.ca_bundle, "NODE_EXTRA_CA_CERTS": self.ca_bundle}
        return kept | aws

    def client(self, service: str) -> BaseClient:
        """Return a boto3 client that talks to this environment."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=CREDENTIALS,
            aws_secret_access_key=CREDENTIALS,
            verify=self.ca_bundle or True,
            config=Config(
                retries={"max_attempts": 3}, connect_timeout=5, read_timeout=60, proxies={}
            ),
        )


def load(name: str) -> Environment | None:
    """Return an environment that runs, or None."""
    try:
        record = json.loads((RUNS / name / "environment.json").read_text(encoding="utf-8"))
        environment = _read(RUNS / name, record)
    except (OSError, ValueError, KeyError):
        return None
    return environment if environment.alive() else None


def running(name: str) -> Environment:
    """Return an environment that has to be there."""
    found = load(name)
    if found is None:
        hint = "make up" + ("" if name == "default" else f" (for environment {name})")
        raise LocalError("looking for the environment", f"none is running; start one: {hint}")
    return found


def _read(state: Path, record: dict[str, Any]) -> Environment:
    return Environment(
        state=state,
        endpoint=record["endpoint"],
        region=record["region"],
        account=record["account"],
        ca_bundle=record.get("ca_bundle"),
        pid=record["pid"],
        applications=Path(record["applications_dir"]),
        logs=Path(record["log_dir"]),
    )


def start(name: str, *, outlive: bool) -> Environment:
    """Start an emulator; one that shall not outlive this process watches it."""
    state = RUNS / name
    processes.sweep(str(state))
    shutil.rmtree(state, ignore_errors=True)
    log = state / "logs" / "emulator.log"
    for _ in range(ATTEMPTS):
        config = _configure(state, outlive=outlive)
        process = _launch(config, log)
        if _answers_in_time(process, config):
            if outlive:
                processes.let_go(process)
            return _record(config, process.pid)
        processes.end(process)
        processes.sweep(str(state))
    raise LocalError("starting the emulator", last_words(log) or "it does not answer", log)


def _configure(state: Path, *, outlive: bool) -> EmulatorConfig:
    config = {
        "port": free_ports(1)[0],
        "state_dir": str(state),
        "region": REGION,
        "account": ACCOUNT,
        "runtimes": {flink.runtime: str(flink.python) for flink in toolchain.installed()},
        "s3_plugins": {flink.runtime: str(flink.s3_plugin) for flink in toolchain.installed()},
        "kafka": str(toolchain.KAFKA),
        "node_path": str(toolchain.ROOT / "node_modules"),
        "java": _java(),
        "access_key": CREDENTIALS,
        "secret_key": CREDENTIALS,
        "parent_pid": None if outlive else os.getpid(),
    }
    path = state / "emulator.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")
    return EmulatorConfig.read(path)


def _launch(config: EmulatorConfig, log: Path) -> subprocess.Popen[bytes]:
    inherited = {
        k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MAKE", "MFLAGS"))
    }
    inherited.pop("VIRTUAL_ENV", None)
    variables = {
        **inherited,
        "PYTHONPATH": str(toolchain.ROOT / "local"),
        processes.MARK: str(config.state_dir),
    }
    python = toolchain.EMULATOR / "bin" / "python"
    file = config.state_dir / "emulator.json"
    command: list[str | Path] = [python, "-m", "managed_flink_local.emulator", "--config", file]
    return processes.start(command, log, variables, config.state_dir)


def _record(config: EmulatorConfig, pid: int) -> Environment:
    """Write down where everything is, for other commands and for people."""
    record = {
        "endpoint": config.endpoint,
        "region": config.region,
        "account": config.account,
        "ca_bundle": str(config.ca_bundle) if config.ca_bundle else None,
        "pid": pid,
        "applications_dir": str(config.applications_dir),
        "log_dir": str(config.state_dir / "logs"),
    }
    path = config.state_dir / "environment.json"
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return _read(config.state_dir, record)


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    return os.path.join(home, "bin", "java") if home else shutil.which("java") or "java"


def _answers_in_time(process: subprocess.Popen[bytes], config: EmulatorConfig) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(config):
            return True
        time.sleep(0.05)
    return False


def _answers(config: EmulatorConfig) -> bool:
    try:
        trusted = str(config.ca_bundle) if config.ca_bundle else None
        context = ssl.create_default_context(cafile=trusted)
        address = f"{config.endpoint}/_ministack/health"
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def stop(state: Path) -> list[int]:
    """Stop whatever runs in a state directory; return what had to be killed.

    The emulator ends its clusters itself when it is told to end. What is left after that is found
    by the mark that every process of the environment inherits.
    """
    record = state / "environment.json"
    with suppress(OSError, ValueError, KeyError):
        pid = int(json.loads(record.read_text(encoding="utf-8"))["pid"])
        if pid in processes.marked(str(state)):
            processes.end_pid(pid, STOP_SECONDS)
    record.unlink(missing_ok=True)
    return processes.sweep(str(state))


def forget(state: Path) -> None:
    """Remove what a stopped environment wrote."""
    shutil.rmtree(state, ignore_errors=True)
