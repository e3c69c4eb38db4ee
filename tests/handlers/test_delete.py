"""The stack goes: the application stays behind, stopped."""

from __future__ import annotations

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.values.outcome import DeployFailedError
from tests.handlers.framework import Framework
from tests.handlers.service_double import ServiceDouble


def test_delete_stops_gracefully(double: ServiceDouble, running: Framework) -> None:
    double.stack_status = "DELETE_IN_PROGRESS"
    running.prove("Delete", "a")
    assert double.made("StopApplication") == [{"ApplicationName": "sensors", "Force": False}]
    assert double.status == "READY"


def test_delete_forces_what_cannot_be_stopped_gracefully_where_little_is_lost(
    double: ServiceDouble, running: Framework
) -> None:
    double.snapshot("young", age=60)
    double.stack_status = "DELETE_IN_PROGRESS"
    double.job.can_snapshot = False
    began = double.now
    running.prove("Delete", "a")
    assert (double.now - began).total_seconds() < 120
    assert [call["Force"] for call in double.made("StopApplication")] == [False, True]
    assert double.status == "READY"


def test_delete_stop_fails_force_only_if_allowed(double: ServiceDouble, running: Framework) -> None:
    double.stack_status = "DELETE_IN_PROGRESS"
    double.job.can_snapshot = False
    with pytest.raises(DeployFailedError, match="stop-application --application-name sensors"):
        running.prove("Delete", "a")
    assert [call["Force"] for call in double.made("StopApplication")] == [False]


def test_delete_after_a_failed_create_forces(double: ServiceDouble, running: Framework) -> None:
    double.stack_status = "ROLLBACK_IN_PROGRESS"
    running.prove("Delete", "a")
    assert [call["Force"] for call in double.made("StopApplication")] == [True]


def test_delete_of_an_absent_application_completes(
    double: ServiceDouble, framework: Framework
) -> None:
    double.exists = False
    assert framework.prove("Delete", "a") == {}
    assert framework.prepare("Delete", "a") == {}
