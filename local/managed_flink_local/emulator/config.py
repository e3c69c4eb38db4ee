"""The emulator's configuration: one JSON file, written by whoever starts it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FlinkSizes:
    """Process sizes of one Flink cluster, in MiB. Small: several run side by side here."""

    job_manager_heap: int = 384
    task_manager_heap: int = 512
    task_manager_managed: int = 64
    task_manager_network: int = 64
    task_manager_metaspace: int = 256
    client_heap: int = 384
    max_slots: int = 8


@dataclass(frozen=True, kw_only=True)
class EmulatorConfig:
    """Everything the emulator's process is told from outside."""

    port: int
    state_dir: Path
    runtimes: dict[str, Path] = field(default_factory=dict)
    """Runtime (`FLINK-1_20`) to the Python of the virtual environment that holds its PyFlink."""

    s3_plugins: dict[str, Path] = field(default_factory=dict)
    """Runtime to its `flink-s3-fs-hadoop` jar; without one, `s3://` paths fail in the job."""

    kafka: Path | None = None
    """The jars of a Kafka broker; without them no cluster of MSK can be made."""

    region: str = "us-east-1"
    account: str = "000000000000"
    tls: bool = True
    """HTTPS, and with it enforced IAM: CDK's staging bucket refuses plain HTTP uploads."""

    node_path: Path | None = None
    java: str = "java"
    sizes: FlinkSizes = field(default_factory=FlinkSizes)
    metrics_seconds: float = 2.0
    log_level: str = "INFO"
    parent_pid: int | None = None
    """When set, the emulator ends as soon as this process is gone."""

    access_key: str = "test"
    secret_key: str = "test"

    @property
    def endpoint(self) -> str:
        """The address clients use."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def ca_bundle(self) -> Path | None:
        """The certificate of the authority that signed the endpoint's, when there is one."""
        return self.state_dir / "tls" / "ca.pem" if self.tls else None

    @property
    def applications_dir(self) -> Path:
        """One folder an application: its clusters, snapshots and `cluster.json`."""
        return self.state_dir / "applications"

    @property
    def not_applied_file(self) -> Path:
        """JSON lines: what of a template or an application this machine does not apply."""
        return self.state_dir / "not-applied.jsonl"

    @classmethod
    def read(cls, path: Path) -> EmulatorConfig:
        """Read the file.

        Raises:
            ValueError: an unknown or missing key.
        """
        data: dict[str, Any] = json.loads(path.read_text())
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise ValueError(
                f"{path}: unknown key(s) {', '.join(unknown)}; known: {', '.join(sorted(known))}"
            )
        for key in ("port", "state_dir"):
            if key not in data:
                raise ValueError(f"{path}: {key} is required")
        for key in ("state_dir", "node_path", "kafka"):
            if data.get(key):
                data[key] = Path(data[key]).absolute()
        for key in ("runtimes", "s3_plugins"):
            data[key] = {name: Path(value).absolute() for name, value in data.get(key, {}).items()}
        if "sizes" in data:
            data["sizes"] = FlinkSizes(**data["sizes"])
        return cls(**data)
