"""What a pipeline costs at synth: round trips to CDK's process, a count that no clock blurs."""

import pytest

from benchmarks.trips import Trips, count

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ours() -> Trips:
    return count("ours")


@pytest.fixture(scope="module")
def three() -> Trips:
    return count("ours", 3)


@pytest.fixture(scope="module")
def plain() -> Trips:
    return count("plain")


def test_a_pipeline_is_constructed_in_no_more_trips_than_plain_cdk_takes(
    ours: Trips, plain: Trips
) -> None:
    assert ours.construct <= min(275, plain.construct), ours.by_phase["construct"]


def test_import_and_synth_are_few_trips(ours: Trips) -> None:
    assert ours.beside <= 30, (ours.by_phase["import"], ours.by_phase["synth"])


def test_synth_calls_back_for_no_single_property(ours: Trips) -> None:
    assert ours.by_phase["synth"]["answer to a call back"] <= 9


def test_no_value_of_pythons_own_is_looked_at_by_cdk(ours: Trips) -> None:
    assert "Token.isUnresolved()" not in ours.by_phase["construct"]
    assert "Duration.toMilliseconds()" not in ours.by_phase["construct"]


def test_a_further_pipeline_costs_no_more_than_the_first(ours: Trips, three: Trips) -> None:
    assert three.construct <= 3 * ours.construct
    assert three.of("synth") <= 3 * ours.of("synth")
    assert three.of("import") == ours.of("import")
