"""HealthGate: what it refuses, and how the handlers read it."""

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_managed_flink import HealthGate


@pytest.mark.parametrize("name", ["max_restarts", "min_records"])
def test_fails_when_a_count_is_negative(name: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^HealthGate: {name} is -1; allowed: 0 or more\. Use 0 for none"
    ):
        HealthGate(**{name: -1})  # type: ignore[arg-type]


def test_fails_when_the_gate_outlasts_the_deploys_step() -> None:
    with pytest.raises(
        ValueError, match=r"timeout is '50 minutes'; allowed: less than 50 minutes\. A deploy step"
    ):
        HealthGate(timeout=cdk.Duration.minutes(50))


@pytest.mark.parametrize("window", [cdk.Duration.minutes(20), cdk.Duration.millis(1_200_001)])
def test_fails_when_the_window_does_not_fit_into_the_timeout(window: cdk.Duration) -> None:
    with pytest.raises(
        ValueError, match=r"window is '20 .*; allowed: less than timeout \(20 minutes\)\. Shorten"
    ):
        HealthGate(window=window)


def test_handlers_read_whole_seconds_as_text() -> None:
    assert HealthGate(min_records=10).message().to_dict() == {
        "WindowSeconds": "180",
        "PeriodSeconds": "60",
        "MaxRestarts": "2",
        "MinRecords": "10",
        "DeadlineSeconds": "1200",
    }


def test_no_gate_only_waits_for_running() -> None:
    assert HealthGate.none().message().window_seconds == "0"


@pytest.mark.parametrize(
    ("name", "property_"),
    [
        ("window", "WindowSeconds"),
        ("period", "PeriodSeconds"),
        ("timeout", "DeadlineSeconds"),
        ("max_restarts", "MaxRestarts"),
        ("min_records", "MinRecords"),
    ],
)
def test_a_token_passes(
    stack: cdk.Stack,
    number: Any,  # noqa: ANN401
    name: str,
    property_: str,
) -> None:
    value: Any = number if name.startswith("m") else cdk.Duration.seconds(number)
    made = HealthGate(**{name: value})
    assert stack.resolve(made.message().to_dict()[property_]) == {"Ref": "Number"}
