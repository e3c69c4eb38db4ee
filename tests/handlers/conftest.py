from __future__ import annotations

import pytest

from tests.handlers.framework import Framework
from tests.handlers.service_double import Job, ServiceDouble


@pytest.fixture
def double() -> ServiceDouble:
    return ServiceDouble()


@pytest.fixture
def framework(double: ServiceDouble) -> Framework:
    return Framework(double)


@pytest.fixture
def running(double: ServiceDouble, framework: Framework) -> Framework:
    """Version `a` was deployed and proved, and runs for an hour."""
    framework.create("a", Job())
    double.advance(3600)
    double.calls.clear()
    return framework
