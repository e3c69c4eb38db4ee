"""Which kind of snapshots an application has: described, and changed one way only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.service.snapshots import ENHANCED, LEGACY, mode

_SINCE = (1, 20)


def refusal(wanted: str | None, present: str, runtime: str) -> str | None:
    """Why an application of this mode and runtime can't have the wanted mode."""
    if wanted not in (None, LEGACY, ENHANCED):
        return f"SnapshotMode {wanted} is neither {LEGACY} nor {ENHANCED}."
    if wanted == LEGACY and present == ENHANCED:
        return f"SnapshotMode cannot be changed from {ENHANCED} to {LEGACY}."
    version = tuple(int(part) for part in runtime.rpartition("-")[2].split("_"))
    if wanted == ENHANCED and version < _SINCE:
        return f"SnapshotMode {ENHANCED} needs Flink 1.20 or later, not {runtime}."
    return None


def wanted_by(configuration: dict[str, Any] | None, suffix: str = "") -> str | None:
    """What a request's or a template's configuration asks for."""
    snapshots = (configuration or {}).get(f"ApplicationSnapshotConfiguration{suffix}") or {}
    wanted = snapshots.get(f"SnapshotMode{suffix}")
    return None if wanted is None else str(wanted)


def install() -> None:
    """Describe it."""

    def describe(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def described(record: dict[str, Any]) -> dict[str, Any]:
            found = original(record)
            found["ApplicationSnapshotConfigurationDescription"]["SnapshotMode"] = mode(record)
            return found

        return described

    ministack.replace(
        ministack.service("kinesisanalyticsv2"), "_configuration_description", describe
    )
