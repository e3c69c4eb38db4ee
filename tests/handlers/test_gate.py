"""The gate's judgement over what was observed, without any service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_managed_flink.handlers.managed_flink_lifecycle.rules.failure_log import Failures
from cdk_managed_flink.handlers.managed_flink_lifecycle.rules.gate import (
    Datapoint,
    HealthGate,
    Observation,
    growth,
    sickness,
    steadiness,
)
from tests.lifecycle import templates

START = datetime(2026, 1, 1, tzinfo=UTC)
GATE = HealthGate(
    window_seconds=300, period_seconds=60, max_restarts=2, deadline_seconds=1200, min_records=0
)
RISING = (60, 120, 180, 240, 300, 360)
QUIET = (0, 0, 0, 0, 0, 0)


def series(values: Sequence[float], *, first: int = 60, step: int = 60) -> list[Datapoint]:
    return [
        Datapoint(START + timedelta(seconds=first + step * n), float(value))
        for n, value in enumerate(values)
    ]


def steady(
    uptime: Sequence[float] = RISING,
    restarts: Sequence[float] = QUIET,
    failed: Sequence[float] = QUIET,
    records: Sequence[float] = QUIET,
    *,
    gate: HealthGate = GATE,
    after: int = 420,
) -> tuple[bool, str]:
    seen = Observation(
        uptime=series(uptime),
        restarts=series(restarts),
        failed_checkpoints=series(failed),
        records_in=series(records),
    )
    verdict = steadiness(gate, seen, START + timedelta(seconds=after))
    return verdict.steady, verdict.text


def test_uptime_that_rises_over_the_window_is_steady() -> None:
    ok, text = steady()
    assert ok
    assert "5 min (6 datapoints), 0 restarts, 0 failed checkpoints" in text


def test_window_that_is_not_full_yet_is_not_steady() -> None:
    assert steady(RISING[:5]) == (False, "its up-time rose undisturbed for 4 min of 5 min")


def test_counter_reset_at_restart_is_not_health() -> None:
    ok, text = steady((60, 120, 180, 10, 70, 130), (0, 0, 0, 0, 0, 0))
    assert (ok, text) == (False, "its up-time rose undisturbed for 2 min of 5 min")


def test_uptime_that_stands_still_is_not_steady() -> None:
    assert not steady((60, 120, 120, 120, 120, 120))[0]


def test_one_reading_reported_twice_neither_counts_nor_breaks_the_stretch() -> None:
    twice = (60, 120, 120, 180, 240, 300)
    assert steady(twice) == (True, steady(twice)[1])
    assert "5 min (5 datapoints)" in steady(twice)[1]


def test_restart_inside_the_window_begins_it_anew() -> None:
    assert not steady(restarts=(0, 0, 1, 1, 1, 1))[0]
    long = range(60, 600, 60)
    assert steady(tuple(long), restarts=(1,) * len(long), failed=(0,) * len(long), after=600)[0]


def test_failed_checkpoint_inside_the_window_begins_it_anew() -> None:
    assert not steady(failed=(0, 0, 0, 0, 0, 1))[0]


def test_hole_in_the_datapoints_is_not_uptime() -> None:
    uptime = [point for n, point in enumerate(series(range(60, 660, 60))) if n not in (3, 4, 5)]
    seen = Observation(uptime=uptime, restarts=series((0,) * 10))
    assert not steadiness(GATE, seen, START + timedelta(seconds=660)).steady


def test_datapoints_that_stopped_coming_are_not_steady() -> None:
    ok, text = steady(after=3600)
    assert not ok
    assert "the last datapoint of its up-time is" in text


@pytest.mark.parametrize("absent", ["up-time", "restart"])
def test_absent_metrics_are_never_healthy(absent: str) -> None:
    ok, text = steady((), QUIET) if absent == "up-time" else steady(RISING, ())
    assert not ok
    assert f"no datapoint of the {absent} metric" in text


def test_records_are_evidence_unless_they_are_demanded() -> None:
    demanding = replace(GATE, min_records=1)
    assert steady()[0]
    assert steady(gate=demanding) == (False, "it read 0 of 1 records (min_records)")
    assert steady(records=(1, 5, 9, 9, 9, 9), gate=demanding)[0]


@pytest.mark.parametrize(("count", "sick"), [(2, False), (3, True)])
def test_failures_up_to_the_allowed_number_are_not_sick(count: int, sick: bool) -> None:
    assert bool(sickness(GATE, Observation(failures=Failures(count=count)))) is sick
    metric = Observation(restarts=series((0, 1, count)))
    assert bool(sickness(GATE, metric)) is sick


def test_job_that_died_is_sick_whatever_is_allowed() -> None:
    assert "failed for good" in sickness(GATE, Observation(failures=Failures(count=1, dead=True)))


def test_restarts_before_the_counter_fell_still_count() -> None:
    """A failover of the job's own process begins the counter anew."""
    assert "restarted 3 times" in sickness(GATE, Observation(restarts=series((2, 2, 0, 1))))


@given(st.lists(st.integers(min_value=0, max_value=50)))
def test_growth_is_never_less_than_the_highest_value(values: list[int]) -> None:
    assert growth(series(values)) >= max(values, default=0)


def test_gate_reads_text() -> None:
    assert HealthGate.of(replace(templates.GATE, window_seconds="0")).off
    assert HealthGate.of(replace(templates.GATE, window_seconds="300")) == GATE
