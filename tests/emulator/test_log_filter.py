"""Filter patterns over the application's log."""

from __future__ import annotations

import pytest

from managed_flink_local.emulator.observability.filter_patterns import compile_pattern

SWITCHED = '{"messageType":"INFO","message":"Source (1/1) switched from RUNNING to FAILED on …"}'


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", True),
        ('"to FAILED"', True),
        ('"TO FAILED"', False),
        ("switched FAILED", True),
        ("switched CANCELED", False),
        ('?"to CANCELED" ?"to FAILED"', True),
        ('?"to CANCELED" ?"by zero"', False),
        ('FAILED -"RUNNING"', False),
        ('{ $.messageType = "INFO" }', True),
        ('{ $.messageType = "ERR*" }', False),
        ('{ $.message = "*to FAILED*" }', True),
        ('{ $.messageType != "INFO" }', False),
    ],
)
def test_patterns(pattern: str, found: bool) -> None:
    assert compile_pattern(pattern)(SWITCHED) is found


def test_fails_when_a_pattern_is_of_another_kind() -> None:
    with pytest.raises(ValueError, match="not supported"):
        compile_pattern("[ip, user, ...]")
