"""Rules on a schedule; last, because the first minute passes beside the other tests."""

from __future__ import annotations

import pytest

from tests.emulator.cloud import Cloud

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


def test_a_schedule_fires(cloud: Cloud) -> None:
    assert set(cloud.messages(cloud.minutes, 1)) == {"a minute"}
