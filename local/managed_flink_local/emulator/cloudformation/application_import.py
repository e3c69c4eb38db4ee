"""Import of a retained application, as `cdk deploy --import-existing-resources` asks for it."""

from __future__ import annotations

from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack

APPLICATION = "AWS::KinesisAnalyticsV2::Application"


def _problem(name: str) -> str | None:
    if name in ministack.service("kinesisanalyticsv2")._applications:
        return None
    return (
        f"Resource of type '{APPLICATION}' with identifier '{name}' was not found. "
        "(HandlerErrorCode: NotFound)"
    )


def _adopt(identifier: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return str(identifier["ApplicationName"]), {}


def install() -> None:
    """Let both kinds of import find applications."""
    ministack.cloudformation("changesets")._IMPORT_LOOKUPS[APPLICATION] = (
        ("ApplicationName",),
        _problem,
    )
    ministack.resource_handlers()[APPLICATION]["import"] = _adopt
