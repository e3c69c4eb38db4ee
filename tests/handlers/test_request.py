"""When a request asks for anything at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.request import Request
from tests.lifecycle.templates import Template

LATEST = {"Type": "LATEST", "Snapshot": ""}
NAMED = {"Type": "SNAPSHOT", "Snapshot": "s"}
EMPTY = {"Type": "EMPTY", "Snapshot": ""}


def request(new: dict[str, Any], old: dict[str, Any], request_type: str = "Update") -> Request:
    common = Template("v1").prove({"Snapshot": "", "Run": "true"})
    event = {
        "ResourceType": ResourceType.PROVE,
        "RequestType": request_type,
        "ResourceProperties": {**common, **new},
        "OldResourceProperties": {**common, **old},
    }
    return Request.of(event, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("new", "old", "forward", "back"),
    [
        ({}, {}, False, False),
        ({"MaxStateLossSeconds": "1"}, {}, False, False),
        ({"Application": {"Digest": "b" * 64, "Inputs": []}}, {}, True, True),
        ({"DesiredState": "STOPPED"}, {"DesiredState": "RUNNING"}, True, True),
        ({"Restore": NAMED}, {"Restore": LATEST}, True, True),
        ({"Restore": NAMED}, {"Restore": NAMED}, False, False),
        ({"Restore": NAMED}, {"Restore": EMPTY}, True, True),
        ({"Restore": LATEST}, {"Restore": NAMED}, False, True),
        ({"Restore": LATEST}, {}, False, False),
    ],
)
def test_changed(new: dict[str, Any], old: dict[str, Any], forward: bool, back: bool) -> None:
    asked = request(new, old)
    assert asked.changed(rolling_back=False) is forward
    assert asked.changed(rolling_back=True) is back


@pytest.mark.parametrize(
    ("new", "old", "kind"),
    [
        (NAMED, LATEST, "SNAPSHOT"),
        (NAMED, NAMED, "LATEST"),
        (EMPTY, EMPTY, "LATEST"),
        (EMPTY, NAMED, "EMPTY"),
    ],
)
def test_restore_choice_is_good_for_one_deploy(
    new: dict[str, str], old: dict[str, str], kind: str
) -> None:
    assert request({"Restore": new}, {"Restore": old}).restore_asked.type == kind


def test_restore_choice_counts_on_create() -> None:
    assert request({"Restore": NAMED}, {}, "Create").restore_asked.type == "SNAPSHOT"
