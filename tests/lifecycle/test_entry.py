"""The two functions as the provider framework calls them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle import entry
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType
from tests.lifecycle.case import Case
from tests.lifecycle.deploys import Trouble
from tests.lifecycle.faults import Fault, Planned
from tests.lifecycle.jobs import CRASHES_LATER
from tests.lifecycle.templates import Template
from tests.lifecycle.world import PREPARE, PROVE, World

ANSWERED = {"Snapshot": "", "Run": "true"}


def event(world: World, resource: str, request: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    template = Template("v1")
    properties = template.prepare() if resource == PREPARE else template.prove(ANSWERED)
    kind = ResourceType.PREPARE if resource == PREPARE else ResourceType.PROVE
    asked: dict[str, Any] = {
        "ResourceType": kind,
        "RequestType": request,
        "RequestId": "request-1",
        "StackId": world.cloudformation.new_stack("pipeline").identity,
        "LogicalResourceId": "Lifecycle",
        "ResponseURL": "https://example.com/secret",
        "ResourceProperties": {**properties, **changed},
    }
    if request == "Update":
        asked["OldResourceProperties"] = properties
    if request != "Create":
        asked["PhysicalResourceId"] = "sensors/lifecycle"
    return asked


def begun(world: World, asked: dict[str, Any]) -> dict[str, str]:
    return entry.begin(asked, world.clients, world.now)


@pytest.mark.parametrize("resource", [PREPARE, PROVE])
def test_the_physical_id_is_the_applications_and_stays(world: World, resource: str) -> None:
    created = begun(world, event(world, resource, "Create"))
    assert created["PhysicalResourceId"] == f"sensors/{resource}"
    for request in ("Update", "Delete"):
        kept = begun(world, event(world, resource, request))
        assert kept["PhysicalResourceId"] == "sensors/lifecycle"


def test_another_application_is_another_resource(world: World) -> None:
    renamed = begun(world, event(world, PROVE, "Update", ApplicationName="renamed"))
    assert renamed["PhysicalResourceId"] == "renamed/prove"


@pytest.mark.parametrize("fault", [Fault.DENIED, Fault.THROTTLED])
def test_on_event_answers_even_when_nothing_can_be_read(world: World, fault: Fault) -> None:
    world.faults.set(Planned(fault, "DescribeStacks", times=100))
    assert begun(world, event(world, PROVE, "Create")) == {
        "PhysicalResourceId": "sensors/prove",
        "StartedAt": world.now.isoformat(),
    }


def test_on_event_answers_a_malformed_event(world: World) -> None:
    def no_clients() -> entry.Clients:
        raise RuntimeError("no credentials")

    answer = entry.begin({"ResourceType": ResourceType.PROVE}, no_clients, world.now)
    assert set(answer) == {"PhysicalResourceId", "StartedAt"}


def test_a_failure_is_one_exception_of_at_most_1500_bytes(case: Case) -> None:
    error = "java.lang.IllegalStateException: Spalte »Außentemperatur« fehlt 🌡 " * 200
    reason = case.deploy("v1", replace(CRASHES_LATER, error=error)).reason
    assert reason.startswith("java.lang.IllegalStateException: Spalte »Außentemperatur«")
    assert "Application sensors, version 2" in reason
    assert "It is stopped. Mend the cause and deploy again. Log: " in reason
    assert len(reason.encode()) <= 1500


def test_throttles_that_never_end_fail_before_the_framework_gives_up(case: Case) -> None:
    case.running()
    case.world.faults.set(Planned(Fault.THROTTLED, "DescribeApplication", times=5000))
    outcome = case.deploy("v2", trouble=Trouble(no_rollback=True))
    assert "ThrottlingException" in outcome.reason
    assert outcome.longest < timedelta(minutes=55).total_seconds()


def test_throttles_that_never_end_do_not_fail_a_rollback(case: Case) -> None:
    case.running()
    throttled = Planned(Fault.THROTTLED, "DescribeApplication", times=50_000)
    case.later(5, lambda: case.world.faults.set(throttled))
    outcome = case.deploy("v2")
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"


def test_the_package_works_from_the_lambdas_own_folder(tmp_path: Path) -> None:
    """The asset is the folder above the package, and holds nothing else to import."""
    asset = Path(entry.__file__).parents[1]
    code = (
        "import sys; from managed_flink_lifecycle import entry; "
        "assert callable(entry.on_event) and callable(entry.is_complete); "
        "loaded = [m for m in sys.modules if m.startswith(('aws_cdk', 'cdk_managed_flink'))]; "
        "assert not loaded, loaded"
    )
    environment = {"PYTHONPATH": str(asset), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
