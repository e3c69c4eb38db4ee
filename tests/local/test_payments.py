"""The payments stack, deployed to one machine: every fraud is announced, and once."""

import time
from collections.abc import Callable

import pytest

from managed_flink_local import topic
from managed_flink_local.acts import Act, Performance
from tests.local.lifecycle import faults

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def payments(on_kafka: Callable[[str], Performance]) -> Performance:
    return on_kafka("payments")


def shown(act: Act) -> str:
    return "\n".join([*map(str, act.comparisons), *act.problems])


def test_act_1_first_deploy_gives_every_expected_row(payments: Performance) -> None:
    act = payments.first_deploy()
    assert act.good, shown(act)
    assert [comparison.sink for comparison in act.comparisons] == ["lake", "alerts", "rejected"]
    assert all(comparison.expected for comparison in act.comparisons)


def test_dead_letters_tell_where_they_came_from(payments: Performance) -> None:
    """The bytes at the partition and the offset that the headers name are the bytes themselves."""
    pipeline = payments.pipeline
    assert pipeline is not None
    servers = pipeline.servers("payments")
    there = {
        (entry.partition, entry.offset): entry.value
        for entry in topic.entries(servers, pipeline.value("payments", "topic"))
    }
    letters = topic.entries(servers, pipeline.value("rejected", "topic"))
    assert letters
    for letter in letters:
        place = int(letter.headers["partition"]), int(letter.headers["offset"])
        assert there[place] == letter.value


def test_act_2_new_version_goes_on_from_its_state(payments: Performance) -> None:
    act = payments.new_version()
    assert act.good, shown(act)
    assert act.snapshot


def test_everything_is_there_once_after_a_task_manager_was_killed(payments: Performance) -> None:
    """Transactions that were open when it died are aborted: nobody has read from them."""
    pipeline = payments.pipeline
    assert pipeline is not None
    environment = pipeline.environment

    def killed() -> None:
        time.sleep(5)
        assert faults.kill(environment, faults.TASK_MANAGER) >= 1
        time.sleep(5)

    comparisons = payments.more(1000, killed)
    assert all(sink.equal for sink in comparisons), "\n".join(map(str, comparisons))
