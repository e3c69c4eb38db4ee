"""The counting itself: what it calls lost and twice, on rows made by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest

from tests.local.lifecycle.counts import Counts, Row, SetApart, count
from tests.local.lifecycle.events import Event, events
from tests.local.lifecycle.probe import versions
from tests.local.lifecycle.probe.versions import Edit

SENT = list(islice(events(), 20))
TABLE = {event.sensor: max(e.so_far for e in SENT if e.sensor == event.sensor) for event in SENT}


def rows(sent: list[Event], version: str = "1-healthy") -> list[Row]:
    return [Row(event.number, event.sensor, event.so_far, version) for event in sent]


def test_events_are_the_same_each_time_and_counted_by_sensor() -> None:
    assert list(islice(events(), 20)) == SENT
    assert [event.number for event in SENT] == list(range(1, 21))
    assert sum(TABLE.values()) == 20


def test_each_event_once_is_right() -> None:
    assert count(SENT, rows(SENT), TABLE).right


def test_fails_when_a_row_is_missing() -> None:
    counts = count(SENT, rows(SENT[:-1]), TABLE)
    assert (counts.lost, counts.found, counts.right) == (1, 19, False)


def test_fails_when_a_row_is_twice() -> None:
    counts = count(SENT, rows(SENT + SENT[:2]), TABLE)
    assert (counts.twice, counts.lost, counts.right) == (2, 0, False)


def test_rows_of_a_rejected_version_may_be_twice() -> None:
    found = rows(SENT) + rows(SENT[10:15], "2-sick")
    counts = count(SENT, found, TABLE, [SetApart("2-sick")])
    assert (counts.twice, counts.apart, counts.right) == (5, 5, True)


def test_fails_when_only_a_rejected_version_wrote_a_row() -> None:
    found = rows(SENT[:10]) + rows(SENT[11:]) + rows(SENT[10:15], "2-sick")
    counts = count(SENT, found, TABLE, [SetApart("2-sick")])
    assert (counts.found, counts.lost, counts.right) == (20, 1, False)


def test_what_comes_after_a_restore_point_may_be_twice_and_no_more() -> None:
    found = rows(SENT[:15]) + rows(SENT[12:], "2-restored")
    assert count(SENT, found, TABLE, [SetApart("1-healthy", after=12)]).right
    assert not count(SENT, found, TABLE, [SetApart("1-healthy", after=13)]).right


def test_fails_when_the_state_was_not_the_one_of_before() -> None:
    found = rows(SENT)
    found[-1] = replace(found[-1], so_far=1)
    assert count(SENT, found, TABLE).miscounted == 1


def test_fails_when_the_table_has_an_older_count() -> None:
    counts = count(SENT, rows(SENT), {**TABLE, SENT[-1].sensor: SENT[-1].so_far - 1})
    assert not counts.through


def test_fails_when_a_row_is_of_no_event() -> None:
    strange = Row(21, "roof", 1, "1-healthy")
    counts: Counts = count(SENT, [*rows(SENT), strange], TABLE)
    assert (counts.strange, counts.right) == (1, False)


@pytest.mark.parametrize(
    "edit",
    [
        versions.healthy,
        versions.throws_at_start,
        versions.throws_on_every_tenth,
        versions.restarts_slowly,
        versions.hangs,
        versions.runs_out_of_memory,
        versions.counts_more,
        versions.drops_repetitions,
    ],
)
def test_each_version_says_who_it_is(edit: Edit) -> None:
    sql = versions.version(edit, "7-label")
    assert sql.count("'7-label' AS job_version") == 1
    assert (edit(versions.SQL) == versions.SQL) == (edit is versions.healthy)
