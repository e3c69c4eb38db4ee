"""Metric math as alarms use it."""

from __future__ import annotations

import pytest

from managed_flink_local.emulator.observability.metric_math import (
    MetricMathError,
    Series,
    evaluate,
)

SERIES: dict[str, Series] = {
    "m": [1.0, 4.0, None, 10.0],
    "n": [2.0, 2.0, 2.0, 0.0],
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m", [1.0, 4.0, None, 10.0]),
        ("DIFF(m)", [None, 3.0, None, None]),
        ("RATE(m)", [None, 0.05, None, None]),
        ("RATE(m)*60", [None, 3.0, None, None]),
        ("FILL(m, 0)", [1.0, 4.0, 0.0, 10.0]),
        ("FILL(m, REPEAT)", [1.0, 4.0, 4.0, 10.0]),
        ("m / n", [0.5, 2.0, None, None]),
        ("IF(m > n, m, 0)", [0.0, 4.0, None, 10.0]),
        ("IF(m > n && n > 0, 1, 0)", [0.0, 1.0, None, 0.0]),
        ("m > 3 AND n > 0", [0.0, 1.0, None, 0.0]),
        ("MAX([m, n])", [2.0, 4.0, 2.0, 10.0]),
        ("SUM([m, n]) - 1", [2.0, 5.0, 1.0, 9.0]),
        ("m^2", [1.0, 16.0, None, 100.0]),
        ("-m", [-1.0, -4.0, None, -10.0]),
    ],
)
def test_expressions(expression: str, expected: Series) -> None:
    assert evaluate(expression, SERIES, length=4, period=60) == expected


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(m)", "x + 1", "m +", "'text'"])
def test_fails_when_an_expression_is_not_known(expression: str) -> None:
    with pytest.raises(MetricMathError):
        evaluate(expression, SERIES, length=4, period=60)
