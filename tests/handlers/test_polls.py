"""What holds for every poll: lost replies, passing errors, unchanged keys."""

from __future__ import annotations

import json

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.handlers.framework import Framework
from tests.handlers.service_double import Job, ServiceDouble


@pytest.mark.parametrize("kind", [ResourceType.PREPARE, ResourceType.PROVE])
def test_unchanged_key_touches_nothing(
    double: ServiceDouble, running: Framework, kind: str
) -> None:
    properties = {**running.properties("a"), "MaxStateLossSeconds": "1"}
    answer = running.send(kind, "Update", properties, "a")
    assert answer["ApplicationVersionId"] == "1"
    assert double.changes == []


def test_reply_lost_on_start_does_not_start_twice(
    double: ServiceDouble, running: Framework
) -> None:
    double.lost_replies = ["StopApplication", "StartApplication", "CreateApplicationSnapshot"]
    running.update("b", "a", Job())
    assert double.changes == ["StopApplication", "StartApplication", "CreateApplicationSnapshot"]


def test_transient_errors_are_not_yet(double: ServiceDouble, running: Framework) -> None:
    for operation in (
        "DescribeApplication",
        "ListApplicationOperations",
        "ListApplicationSnapshots",
        "StartApplication",
        "StopApplication",
        "CreateApplicationSnapshot",
        "FilterLogEvents",
        "GetMetricData",
        "DescribeStacks",
    ):
        double.faults[operation] = ["ThrottlingException", "ResourceInUseException"]
    running.update("b", "a", Job())
    assert double.status == "RUNNING"


def test_permission_not_yet_in_force_is_waited_for(
    double: ServiceDouble, framework: Framework
) -> None:
    double.faults["DescribeApplication"] = ["AccessDeniedException"] * 3
    assert framework.create("a", Job())["Evidence"].startswith("RUNNING")


def test_permission_that_stays_missing_is_named(
    double: ServiceDouble, framework: Framework
) -> None:
    double.faults["DescribeApplication"] = ["AccessDeniedException"] * 100
    with pytest.raises(DeployFailedError, match="DescribeApplication was refused"):
        framework.prove("Update", "b", "a")


def test_deploy_that_is_overtaken_by_a_rollback_stops_acting(
    double: ServiceDouble, running: Framework
) -> None:
    double.begin_update()
    event = running.event(ResourceType.PROVE, "Update", running.properties("b"), "a")
    event |= {"StartedAt": double.now.isoformat(), "Rollback": "false"}
    double.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    double.status = "READY"
    with pytest.raises(DeployFailedError, match="being rolled back"):
        running.poll(event)
    assert double.changes == []


def test_log_lines_are_json_and_hold_no_url(
    double: ServiceDouble, running: Framework, capsys: pytest.CaptureFixture[str]
) -> None:
    running.update("b", "a", Job())
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all("decision" in json.loads(line) for line in lines)
    assert "secret" not in "".join(lines)
