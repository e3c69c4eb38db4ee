"""The faults that are still expected are still there: a mended one leaves the list."""

from __future__ import annotations

import pytest

from tests.lifecycle.expected_faults import EXPECTED, ExpectedFault


@pytest.mark.slow
@pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault.found_by.__name__)
def test_an_expected_fault_is_found(fault: ExpectedFault) -> None:
    assert fault.found, f"mended? Take it off the list: {fault.name}"
