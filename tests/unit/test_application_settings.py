"""Parallelism, checkpoints, runtimes: plain values, checked where they are made."""

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_managed_flink import Checkpointing, Parallelism, Runtime
from cdk_managed_flink.connectors.connectors import connector_for


@pytest.mark.parametrize("parallelism", [-1, 0, 65])
def test_fails_when_parallelism_is_below_one_or_above_the_quota(parallelism: int) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^Parallelism: parallelism is {parallelism}; allowed: 1 to 64 \(64 KPUs with 1 on "
        r"each\)\. Lower it, raise parallelism_per_kpu, or have AWS raise the quota L-3A88E041",
    ):
        Parallelism(parallelism=parallelism)


@pytest.mark.parametrize("per_kpu", [-1, 0, 9])
def test_fails_when_parallelism_per_kpu_is_out_of_range(per_kpu: int) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^Parallelism: parallelism_per_kpu is {per_kpu}; allowed: 1 to 8\. Choose 1 for",
    ):
        Parallelism(parallelism_per_kpu=per_kpu)


@pytest.mark.parametrize(
    ("parallelism", "per_kpu", "quota"), [(64, 1, 64), (512, 8, 64), (1, 8, 64), (250, 1, 250)]
)
def test_parallelism_up_to_the_quota_passes(parallelism: int, per_kpu: int, quota: int) -> None:
    made = Parallelism(parallelism=parallelism, parallelism_per_kpu=per_kpu, kpu_quota=quota)
    assert made.parallelism == parallelism


@pytest.mark.parametrize(
    ("parallelism", "per_kpu", "kpus"), [(1, 1, 2), (5, 2, 4), (8, 8, 2), (9, 8, 3)]
)
def test_kpus_are_rounded_up_and_one_orchestrates(
    parallelism: int, per_kpu: int, kpus: int
) -> None:
    assert Parallelism(parallelism=parallelism, parallelism_per_kpu=per_kpu).kpus == kpus


@pytest.mark.parametrize("name", ["parallelism", "parallelism_per_kpu", "kpu_quota"])
def test_a_token_passes_as_a_number_of_parallelism(name: str, number: Any) -> None:  # noqa: ANN401
    assert getattr(Parallelism(**{name: number}), name) == number


def test_fails_when_a_known_number_is_wrong_beside_a_token(number: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match="parallelism_per_kpu is 9"):
        Parallelism(parallelism=number, parallelism_per_kpu=9)


def test_fails_when_checkpoint_interval_is_zero() -> None:
    with pytest.raises(
        ValueError,
        match=r"^Checkpointing: interval is '0 .*'; allowed: at least 1 millisecond\. Use Duration",
    ):
        Checkpointing(interval=cdk.Duration.seconds(0))


@pytest.mark.parametrize("name", ["interval", "min_pause"])
def test_a_token_passes_as_a_time_of_checkpointing(name: str, number: float) -> None:
    made = Checkpointing(**{name: cdk.Duration.millis(number)})  # type: ignore[arg-type]
    assert getattr(made, name).is_unresolved()


@pytest.mark.parametrize("name", ["FLINK-1_6", "FLINK-1_8", "FLINK-1_11", "FLINK-1_13"])
def test_fails_when_the_runtime_is_retired(name: str) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^Runtime: name is '{name}'; allowed: a runtime that the service still runs\. "
        rf"{name} was retired by the service in 2025: use Runtime\.FLINK_1_20",
    ):
        Runtime.of(name)


@pytest.mark.parametrize("name", ["1.20", "flink-1_20", "FLINK-1.20", "FLINK-1_20\n", "SQL-1_0"])
def test_fails_when_the_runtime_is_misspelt(name: str) -> None:
    with pytest.raises(ValueError, match=r"allowed: FLINK-<major>_<minor>, .* Use a constant"):
        Runtime.of(name)


@pytest.mark.parametrize(
    ("runtime", "restarts", "uptime"),
    [
        (Runtime.FLINK_1_19, "fullRestarts", "uptime"),
        (Runtime.FLINK_1_20, "fullRestarts", "uptime"),
        (Runtime.FLINK_2_2, "numRestarts", "runningTime"),
        (Runtime.of("FLINK-2_10"), "numRestarts", "runningTime"),
    ],
)
def test_metrics_are_spelled_by_the_runtimes_version(
    runtime: Runtime, restarts: str, uptime: str
) -> None:
    assert (runtime.metric_names.restarts, runtime.metric_names.uptime) == (restarts, uptime)


def test_fails_when_no_connectors_are_known_for_the_runtime() -> None:
    with pytest.raises(
        ValueError, match="runtime is 'FLINK-1_15'; allowed: FLINK-1_19, FLINK-1_20"
    ):
        connector_for("kinesis", Runtime.FLINK_1_15)
