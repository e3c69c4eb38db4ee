"""A deploy that would give a table a new, empty store stops before anything is stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType, Store
from cdk_managed_flink.handlers.managed_flink_lifecycle.steps import stores
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.request import Request
from tests.lifecycle.case import Case
from tests.lifecycle.deploys import Elsewhere, Trouble
from tests.lifecycle.statuses import Status
from tests.lifecycle.templates import Template

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLE, STREAM = "AWS::DynamoDB::GlobalTable", "AWS::Kinesis::Stream"


def why(before: dict[str, Any], after: dict[str, Any], may: tuple[str, ...] = ()) -> str:
    event = {
        "ResourceType": ResourceType.PREPARE,
        "RequestType": "Update",
        "ResourceProperties": {
            **Template("v1").prepare(),
            "Stores": after,
            "ReplaceStores": list(may),
        },
        "OldResourceProperties": {"Stores": before} if before else {},
    }
    return stores.replaced(Request.of(event, NOW))


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
def test_nothing_is_replaced(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert why(before, after) == ""


def test_a_changed_property_that_replaces_the_store() -> None:
    before, after = {"pages": [TABLE, "old-1"]}, {"pages": [TABLE, "new-2"]}
    told = why(before, after)
    for part in ("pages", "old-1", "new-2", "-c cdk-managed-flink:replaceStores=pages"):
        assert part in told
    assert why(before, after, ("pages",)) == ""


def test_a_renamed_table_without_resource_id() -> None:
    before, after = {"pages": [TABLE, "old-1"]}, {"visits": [TABLE, "new-2"]}
    told = why(before, after)
    assert 'resource_id="pages"' in told
    assert "old-1" in told
    assert why(before, after, ("visits",)) == ""


def test_the_job_runs_on_when_the_deploy_is_refused() -> None:
    case = Case().running()
    outcome = case.deploy("v2", stores={**case.template.stores, "pages": Store(TABLE, "new-2")})
    assert outcome.reason.startswith("Application sensors was not stopped: table pages")
    assert case.changes == []
    assert case.application.status is Status.RUNNING


def test_a_rollback_is_never_refused() -> None:
    """It gives the table the store that it had: another than the failed deploy's."""
    case = Case().running()
    stores = {**case.template.stores, "pages": Store(TABLE, "new-2")}
    trouble = Trouble(Elsewhere.AFTER)
    outcome = case.deploy("v2", trouble=trouble, stores=stores, replace_stores=("pages",))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert case.run.code == "v1"
