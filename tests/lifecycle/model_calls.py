"""Calls of the service as a test of the model makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lifecycle.application import Application
from tests.lifecycle.jobs import (
    HANGS,
    HANGS_AT_START,
)
from tests.lifecycle.statuses import Status
from tests.lifecycle.world import World

NAME = "sensors"
READY, RUNNING = Status.READY, Status.RUNNING


def start(world: World, name: str = NAME, allow: bool = False, **restore: str) -> None:
    configuration: dict[str, Any] = {
        "FlinkRunConfiguration": {"AllowNonRestoredState": allow},
    }
    if restore:
        configuration["ApplicationRestoreConfiguration"] = restore
    world.user.start_application(ApplicationName=name, RunConfiguration=configuration)
    world.clock.advance(60)


def stop(world: World, *, force: bool = False) -> None:
    world.user.stop_application(ApplicationName=NAME, Force=force)
    world.clock.advance(60)


def snapshot(world: World, name: str) -> None:
    world.user.create_application_snapshot(ApplicationName=NAME, SnapshotName=name)
    world.clock.advance(30)


def update(world: World, key: str, **more: Any) -> None:  # noqa: ANN401
    world.user.update_application(
        ApplicationName=NAME,
        CurrentApplicationVersionId=world.application(NAME).version.number,
        ApplicationConfigurationUpdate={
            "ApplicationCodeConfigurationUpdate": {
                "CodeContentUpdate": {"S3ContentLocationUpdate": {"FileKeyUpdate": key}}
            }
        },
        **more,
    )


def refused(call: Callable[..., Any], **parameters: Any) -> str:  # noqa: ANN401
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def listed(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.user.list_application_snapshots(ApplicationName=NAME)[
        "SnapshotSummaries"
    ]
    return found


def last_operation(world: World) -> dict[str, Any]:
    newest = world.user.list_application_operations(ApplicationName=NAME)[
        "ApplicationOperationInfoList"
    ][0]
    details: dict[str, Any] = world.user.describe_application_operation(
        ApplicationName=NAME, OperationId=newest["OperationId"]
    )["ApplicationOperationInfoDetails"]
    return details


def become(world: World, found: Application, status: Status) -> None:
    """Puts a running application into a transient status and holds it there."""
    if status is Status.STARTING:
        stop(world)
        world.state.jobs["a"] = HANGS_AT_START
        start(world)
    elif status in (Status.STOPPING, Status.UPDATING):
        world.state.change_job(found, HANGS)
        update(world, "b") if status is Status.UPDATING else stop(world)
    elif status is Status.AUTOSCALING:
        world.state.autoscale(found, 3600)
    elif status is Status.MAINTENANCE:
        world.state.maintain(found, 3600)
    assert found.status is status
