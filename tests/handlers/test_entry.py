"""The two functions as the provider framework calls them."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle import entry
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ResourceType
from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.handlers.framework import Framework
from tests.handlers.service_double import Job, ServiceDouble

PREPARE, PROVE = ResourceType


@pytest.fixture
def framework() -> Framework:
    return Framework(ServiceDouble())


def begun(framework: Framework, event: dict[str, object]) -> dict[str, str]:
    return entry.begin(event, lambda: framework.clients, framework.double.now)


@pytest.mark.parametrize(("kind", "name"), [(PREPARE, "sensors/prepare"), (PROVE, "sensors/prove")])
def test_physical_id_is_the_applications_and_stays(
    framework: Framework, kind: str, name: str
) -> None:
    properties = framework.properties("a")
    assert (
        begun(framework, framework.event(kind, "Create", properties, ""))["PhysicalResourceId"]
        == name
    )
    for request_type in ("Update", "Delete"):
        event = framework.event(kind, request_type, properties, "b")
        assert begun(framework, event)["PhysicalResourceId"] == "sensors/lifecycle"


def test_another_application_is_another_resource(framework: Framework) -> None:
    properties = {**framework.properties("a"), "ApplicationName": "renamed"}
    event = framework.event(PROVE, "Update", properties, "a")
    assert begun(framework, event)["PhysicalResourceId"] == "renamed/prove"


@pytest.mark.parametrize("failure", ["AccessDenied", "Throttling"])
def test_on_event_answers_even_when_nothing_can_be_read(framework: Framework, failure: str) -> None:
    framework.double.faults["DescribeStacks"] = [failure]
    event = framework.event(PROVE, "Create", framework.properties("a"), "")
    assert begun(framework, event) == {
        "PhysicalResourceId": "sensors/prove",
        "StartedAt": "2026-01-01T00:00:00+00:00",
    }


def test_on_event_answers_a_malformed_event() -> None:
    def no_clients() -> entry.Clients:
        raise RuntimeError("no credentials")

    answer = entry.begin({"ResourceType": PROVE}, no_clients, ServiceDouble().now)
    assert set(answer) == {"PhysicalResourceId", "StartedAt"}


def test_failure_is_one_exception_of_at_most_1500_bytes_without_a_chain(
    framework: Framework,
) -> None:
    framework.double.stack_status = "CREATE_IN_PROGRESS"
    error = "java.lang.IllegalStateException: Spalte »Außentemperatur« fehlt 🌡 " * 200
    framework.double.job = Job(fails_every=5, error=error)
    with pytest.raises(DeployFailedError) as raised:
        framework.prove("Create", "a")
    message = str(raised.value)
    assert message.startswith("java.lang.IllegalStateException: Spalte »Außentemperatur«")
    assert "Application sensors, version 1" in message
    assert message.endswith("It is stopped. Mend the cause and deploy again.")
    assert len(message.encode()) <= 1500
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_refusal_with_a_long_text_is_shortened_too(framework: Framework) -> None:
    framework.double.begin_update()
    framework.double.refusal_text = "é" * 4000
    framework.double.faults["StopApplication"] = ["InvalidArgumentException"] * 5
    framework.double.run()
    with pytest.raises(DeployFailedError, match="StopApplication was refused") as raised:
        framework.prepare("Update", "b", "a")
    assert len(str(raised.value).encode()) <= 1500


def test_throttles_that_never_end_fail_after_the_deadline(framework: Framework) -> None:
    framework.double.faults["DescribeApplication"] = ["ThrottlingException"] * 1000
    began = framework.double.now
    with pytest.raises(DeployFailedError, match="ThrottlingException"):
        framework.prove("Update", "b", "a")
    assert framework.double.now - began < timedelta(minutes=55)


def test_throttles_that_never_end_do_not_fail_a_rollback(framework: Framework) -> None:
    framework.double.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    framework.double.faults["DescribeApplication"] = ["ThrottlingException"] * 1000
    assert "needs a look" in framework.prove("Update", "a", "b")["Evidence"]
    assert framework.double.changes == []


def test_package_works_from_the_lambdas_own_folder(tmp_path: Path) -> None:
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
