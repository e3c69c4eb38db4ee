"""The etl job without Flink: its input, its expectations and its version."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.etl import events, expected, scenario, versions

SQL = Path(versions.__file__).with_name("job.sql")


def payload(**fields: object) -> bytes:
    flight: dict[str, object] = {
        "carrier": "UA",
        "flight": 1545,
        "tail": "N14228",
        "origin": "EWR",
        "dest": "IAH",
        "scheduled_at": "2013-01-01T10:15:00Z",
        "dep_delay": 2,
        "arr_delay": 11,
        "air_time": 227,
        "distance": 1400,
    }
    return json.dumps(flight | fields, ensure_ascii=False).encode()


# ── Expectations ────────────────────────────────────────────────────────────────────────────────


def test_flight_is_a_converted_row() -> None:
    rows = expected.expect([payload()])
    assert rows.flights == [
        {
            "carrier": "UA",
            "flight": 1545,
            "tail": "N14228",
            "origin": "EWR",
            "dest": "IAH",
            "scheduled_at": datetime(2013, 1, 1, 10, 15),
            "departed_at": datetime(2013, 1, 1, 10, 17),
            "dep_delay": 2,
            "arr_delay": 11,
            "air_time": 227,
            "distance": 1400,
            "mph": Decimal("370.0"),
            "status": "on_time",
            "dt": "2013-01-01",
        }
    ]
    assert not rows.rejected


def test_cancelled_flight_has_no_departure_and_no_speed() -> None:
    row = expected.expect([payload(dep_delay=None, air_time=None, tail=None)]).flights[0]
    assert (row["status"], row["departed_at"], row["mph"], row["tail"]) == (
        "cancelled",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(("delay", "status"), [(15, "on_time"), (16, "late"), (-3, "on_time")])
def test_late_begins_after_a_quarter_of_an_hour(delay: int, status: str) -> None:
    assert expected.expect([payload(dep_delay=delay)]).flights[0]["status"] == status


def test_midnight_is_crossed_by_the_departure_not_by_the_partition() -> None:
    row = expected.expect([payload(scheduled_at="2013-01-01T23:50:00Z", dep_delay=20)]).flights[0]
    assert row["departed_at"] == datetime(2013, 1, 2, 0, 10)
    assert row["dt"] == "2013-01-01"


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("not_utf8", payload(dest="Malmö").replace("ö".encode(), b"\xf6")),
        ("not_json", b"503 try again"),
        ("not_json", payload()[:-1]),
        ("not_json", payload() + payload()),
        ("missing_carrier", payload(carrier="")),
        ("missing_flight", payload(flight=None)),
        ("missing_origin", payload(origin=["EWR"])),
        ("missing_dest", payload(dest={})),
        ("missing_scheduled_at", payload(scheduled_at=None)),
        ("missing_distance", payload(distance=None)),
        ("bad_scheduled_at", payload(scheduled_at="2013-02-30T12:00:00Z")),
        ("bad_scheduled_at", payload(scheduled_at="01.01.2013 12:00")),
        ("bad_flight", payload(flight=12.5)),
        ("bad_flight", payload(flight=-7)),
        ("bad_distance", payload(distance="far")),
        ("bad_distance", payload(distance=0)),
        ("bad_dep_delay", payload(dep_delay="late")),
        ("bad_arr_delay", payload(arr_delay=1.5)),
        ("bad_air_time", payload(air_time=True)),
        ("bad_air_time", payload(air_time=0)),
    ],
)
def test_bad_message_is_a_dead_letter_with_one_reason(reason: str, data: bytes) -> None:
    rows = expected.expect([data])
    assert rows.rejected == [{"reason": reason, "payload": data}]
    assert not rows.flights


def test_flight_is_kept_once_whatever_is_reported_later() -> None:
    rows = expected.expect([payload(), payload(dep_delay=40), payload(origin="JFK")])
    assert [(row["origin"], row["dep_delay"]) for row in rows.flights] == [("EWR", 2), ("JFK", 2)]


def test_rejected_report_does_not_use_up_the_flight() -> None:
    rows = expected.expect([payload(distance="far"), payload()])
    assert len(rows.flights) == len(rows.rejected) == 1


# ── Input ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def batches() -> dict[str, list[events.Message]]:
    return events.batches()


@pytest.mark.slow
def test_data_set_is_whole() -> None:
    flights = list(events.flights())
    assert len(flights) == 27004
    assert flights[0] == json.loads(payload())
    assert sum(flight["dep_delay"] is None for flight in flights) == 521


@pytest.mark.slow
def test_same_seed_gives_the_same_messages(batches: dict[str, list[events.Message]]) -> None:
    assert events.batches() == batches
    assert events.batches(seed=1) != batches


@pytest.mark.slow
def test_batches_are_cuts_of_one_stream(batches: dict[str, list[events.Message]]) -> None:
    messages = [message for batch in batches.values() for message in batch]
    assert messages == events.stream()[: len(messages)]
    assert [m.arrival for m in messages] == sorted(m.arrival for m in messages)
    assert scenario.SCENARIO.stream(50)[49].data == messages[49].data


def test_faults_come_out_as_the_readme_says(batches: dict[str, list[events.Message]]) -> None:
    messages = [message for batch in batches.values() for message in batch]
    faults = Counter(message.fault for message in messages)
    rows = expected.expect(message.data for message in messages)
    reasons = Counter(row["reason"] for row in rows.rejected)
    assert len(rows.flights) == faults[None]
    assert reasons["not_json"] == faults["malformed"]
    assert reasons["not_utf8"] == faults["not_utf8"]
    assert len(rows.rejected) == sum(faults.values()) - faults[None] - faults["duplicate"]


def test_duplicates_cross_the_redeploy(batches: dict[str, list[events.Message]]) -> None:
    before = {message.data for message in batches["before_redeploy"]}
    again = [m for m in batches["during_redeploy"] if m.fault == "duplicate"]
    assert any(message.data in before for message in again)


# ── Versions ────────────────────────────────────────────────────────────────────────────────────


def test_version_2_changes_one_place() -> None:
    sql = SQL.read_text(encoding="utf-8")
    pairs = zip(sql.splitlines(), versions.version_2(sql).splitlines(), strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == [
        ("  '1' AS job_version,", "  '2' AS job_version,")
    ]
