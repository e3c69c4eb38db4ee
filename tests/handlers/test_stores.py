"""A deploy that would give a table a new, empty store stops before anything is stopped."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType
from cdk_managed_flink.handlers.managed_flink_lifecycle.steps import stores
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.request import Request
from tests.handlers.framework import Framework
from tests.handlers.service_double import ServiceDouble

TABLE, STREAM = "AWS::DynamoDB::GlobalTable", "AWS::Kinesis::Stream"


def why(
    double: ServiceDouble, before: dict[str, Any], after: dict[str, Any], may: tuple[str, ...] = ()
) -> str:
    event = {
        "ResourceType": ResourceType.PREPARE,
        "RequestType": "Update",
        "ResourceProperties": {
            **Framework(double).properties("a"),
            "Stores": after,
            "ReplaceStores": list(may),
        },
        "OldResourceProperties": {"Stores": before} if before else {},
    }
    return stores.replaced(Request.of(event, double.now))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"pages": [TABLE, "new"]}),
        ({"pages": [TABLE, "old"]}, {"pages": [TABLE, "old"]}),
        ({"pages": [TABLE, "old"]}, {}),
        ({"pages": [TABLE, "old"]}, {"pages": [TABLE, "old"], "visits": [TABLE, "new"]}),
        ({"pages": [TABLE, "old"]}, {"visits": [TABLE, "old"]}),
        ({"pages": [TABLE, "old"]}, {"clicks": [STREAM, "new"]}),
    ],
    ids=["first deploy", "kept", "removed", "added", "renamed, store kept", "another kind"],
)
def test_nothing_is_replaced(
    double: ServiceDouble, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert why(double, before, after) == ""


def test_a_changed_property_that_replaces_the_store(double: ServiceDouble) -> None:
    before, after = {"pages": [TABLE, "old-1"]}, {"pages": [TABLE, "new-2"]}
    told = why(double, before, after)
    for part in ("pages", "old-1", "new-2", "-c cdk-managed-flink:replaceStores=pages"):
        assert part in told
    assert why(double, before, after, ("pages",)) == ""


def test_a_renamed_table_without_resource_id(double: ServiceDouble) -> None:
    before, after = {"pages": [TABLE, "old-1"]}, {"visits": [TABLE, "new-2"]}
    told = why(double, before, after)
    assert 'resource_id="pages"' in told
    assert "old-1" in told
    assert why(double, before, after, ("visits",)) == ""


def test_the_job_runs_on_when_the_deploy_is_refused(
    double: ServiceDouble, running: Framework
) -> None:
    double.begin_update()
    new = {**running.properties("b"), "Stores": {"pages": [TABLE, "new-2"]}}
    event = running.event(ResourceType.PREPARE, "Update", new, "a")
    event["OldResourceProperties"]["Stores"] = {"pages": [TABLE, "old-1"]}
    with pytest.raises(DeployFailedError, match="Application sensors was not stopped: table pages"):
        running.step(event)
    assert double.made("StopApplication") == []
    assert double.status == "RUNNING"


def test_a_rollback_is_never_refused(double: ServiceDouble, running: Framework) -> None:
    double.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    old = {**running.properties("a"), "Stores": {"pages": [TABLE, "old-1"]}}
    event = running.event(ResourceType.PREPARE, "Update", old, "b")
    event["OldResourceProperties"]["Stores"] = {"pages": [TABLE, "new-2"]}
    event |= {"StartedAt": double.now.isoformat(), "Rollback": "true"}
    running.step(event)
