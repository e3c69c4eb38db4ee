"""The payments stack, deployed to one machine: every fraud is announced, and once."""

import time

import pytest

from managed_flink_local import topic
from tests.local.lifecycle import faults
from tests.local.story import Story
from tests.waiting import until

pytestmark = pytest.mark.local

JOB = "payments"


def test_act_1_first_deploy_gives_every_expected_row(story: Story) -> None:
    act = story.first_deploy()
    assert [comparison.sink for comparison in act.comparisons] == ["lake", "alerts", "rejected"]
    assert all(comparison.equal and comparison.expected for comparison in act.comparisons)


def test_dead_letters_tell_where_they_came_from(story: Story) -> None:
    """The bytes at the partition and the offset that the headers name are the bytes themselves."""
    pipeline = story.pipeline
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


def test_act_2_new_version_goes_on_from_its_state(story: Story) -> None:
    act = story.new_version()
    assert all(comparison.equal for comparison in act.comparisons)
    assert act.snapshot


def test_everything_is_there_once_after_a_task_manager_was_killed(story: Story) -> None:
    """Transactions that were open when it died are aborted: nobody has read from them."""
    story.first_deploy()
    environment = story.environment

    def killed() -> None:
        time.sleep(3)  # a checkpoint and a half of records
        (old,) = faults.running(environment, faults.TASK_MANAGER)
        assert faults.kill(environment, faults.TASK_MANAGER) == 1
        until(
            lambda: faults.running(environment, faults.TASK_MANAGER),
            lambda now: now and now != [old],
        )

    comparisons = story.performance.more(1000, killed)
    assert all(sink.equal for sink in comparisons), "\n".join(map(str, comparisons))
