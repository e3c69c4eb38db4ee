"""The sensors job without Flink: its input, its expectations and its versions."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.sensors import comparison, events, expected, versions
from managed_flink_local import stored

SQL = Path(versions.__file__).with_name("job.sql")
ARRIVAL = datetime(2026, 3, 1, tzinfo=UTC)


def payload(event_id: str = "a", time: str = "12:00:00", **fields: object) -> bytes:
    event: dict[str, object] = {
        "event_id": event_id,
        "sensor": "roof",
        "event_time": f"2010-01-12T{time}Z",
        "temperature": 43.1,
    }
    return json.dumps(event | fields, ensure_ascii=False).encode()


def expect(*payloads: bytes) -> expected.Expected:
    return expected.expect(payloads, arrival=ARRIVAL)


def day(first_hour: int = 0, hours: int = 24, temperature: float = 40.0) -> list[bytes]:
    return [
        payload(f"h{hour}", f"{hour:02}:30:00", temperature=temperature)
        for hour in range(first_hour, first_hour + hours)
    ]


# ── Expectations ────────────────────────────────────────────────────────────────────────────────


def test_good_event_is_a_row_of_the_lake() -> None:
    rows = expect(payload(temperature=43.125))
    assert rows.lake == [
        {
            "event_id": "a",
            "sensor": "roof",
            "event_time": "2010-01-12T12:00:00Z",
            "temperature": Decimal("43.13"),
            "dt": "2010-01-12",
        }
    ]
    assert not rows.rejected
    assert not rows.readings


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("not_utf8", payload(sensor="café").replace("é".encode(), b"\xe9")),
        ("not_json", b"ERROR 503"),
        ("not_json", b""),
        ("not_json", payload()[:-1]),
        ("not_json", payload() + payload("b")),
        ("not_json", b"[" + payload() + b"]"),
        ("not_json", payload().replace(b"43.1", b"NaN")),
        ("missing_event_id", payload(event_id="")),
        ("missing_sensor", payload(sensor={"name": "roof"})),
        ("missing_event_time", payload(event_time=None)),
        ("missing_temperature", payload(temperature=[1])),
        ("bad_event_time", payload(event_time="yesterday")),
        ("bad_event_time", payload(event_time="2010-02-30T12:00:00Z")),
        ("bad_event_time", payload(event_time="2010-01-12T12:00:00+01:00")),
        ("future_event_time", payload(event_time="2026-03-02T00:00:01Z")),
        ("bad_temperature", payload(temperature="warm")),
        ("bad_temperature", payload(temperature=True)),
        ("temperature_out_of_range", payload(temperature=140.01)),
        ("temperature_out_of_range", payload(temperature=-459.7)),
    ],
)
def test_bad_record_is_a_dead_letter_with_one_reason(reason: str, data: bytes) -> None:
    rows = expect(data)
    assert rows.rejected == [{"reason": reason, "payload": data}]
    assert not rows.lake


def test_quoted_number_is_a_temperature_and_a_number_is_a_text() -> None:
    row = expect(payload(temperature=" 4e1 ", sensor=7)).lake[0]
    assert (row["temperature"], row["sensor"]) == (Decimal("40.00"), "7")


def test_repetition_is_dropped_whatever_it_says() -> None:
    rows = expect(payload("a"), payload("a"), payload("a", temperature=50), payload("b"))
    assert [row["event_id"] for row in rows.lake] == ["a", "b"]
    assert not rows.rejected


def test_rejected_record_does_not_use_up_its_event_id() -> None:
    rows = expect(payload("a", temperature="warm"), payload("a"))
    assert len(rows.lake) == len(rows.rejected) == 1


def test_event_is_late_from_two_hours_behind_the_newest() -> None:
    rows = expect(payload("new", "12:00:00"), payload("ok", "10:00:01"), payload("not", "10:00:00"))
    assert [row["event_id"] for row in rows.lake] == ["new", "ok"]
    assert [row["reason"] for row in rows.rejected] == ["late"]


def test_repetition_of_a_late_event_is_one_dead_letter() -> None:
    late = payload("late", "09:00:00")
    assert len(expect(payload("new"), late, late).rejected) == 1


def test_rejected_record_moves_the_clock_unless_it_is_from_the_future() -> None:
    broken = payload("x", "15:00:00", temperature=None)
    assert expect(broken, payload()).rejected[1]["reason"] == "late"
    future = payload("x", event_time="2999-01-01T00:00:00Z")
    assert len(expect(future, payload()).rejected) == 1


def test_latest_window_is_the_newest_finished_one() -> None:
    readings = [payload("a", "06:00:00", temperature=1), payload("b", "11:59:59", temperature=2)]
    assert expect(*readings, payload("c", "13:59:59")).readings == []
    assert expect(*readings, payload("c", "14:00:00")).readings == [
        {
            "sensor": "roof",
            "item": "latest",
            "window_start": "2010-01-12T06:00:00Z",
            "window_end": "2010-01-12T12:00:00Z",
            "events": 2,
            "minimum": Decimal("1.00"),
            "maximum": Decimal("2.00"),
            "average": Decimal("1.500000"),
        }
    ]


def anomalies(*payloads: bytes) -> list[object]:
    return [row["item"] for row in expect(*payloads).readings if row["item"] != "latest"]


def test_anomaly_is_more_than_twenty_degrees_from_the_day_before() -> None:
    spike = payload("spike", "20:00:00", temperature=60.01)
    assert anomalies(*day(hours=20), spike, payload("end", "22:00:00")) == [
        "anomaly#2010-01-12T20:00:00Z#spike"
    ]
    assert anomalies(*day(hours=20), spike, payload("end", "21:59:59")) == []
    not_quite = payload("spike", "20:00:00", temperature=60)
    assert anomalies(*day(hours=20), not_quite, payload("end", "22:00:00")) == []


def test_baseline_needs_twelve_other_readings() -> None:
    spike, end = payload("spike", "12:00:00", temperature=99), payload("end", "14:00:00")
    assert anomalies(*day(1, 11), spike, end) == []
    assert anomalies(*day(0, 12), spike, end) == ["anomaly#2010-01-12T12:00:00Z#spike"]


# ── Comparison ──────────────────────────────────────────────────────────────────────────────────


def found_as_expected() -> tuple[expected.Expected, dict[str, list[dict[str, object]]]]:
    rows = expect(*day(hours=20), payload("end", "22:00:00"), b"no", b"no", b"\xff")
    lake = [{**row, "temperature": 40.0, "job_version": "1"} for row in rows.lake[:-1]]
    lake.append({**rows.lake[-1], "temperature": 43.1, "job_version": "2"})
    rejected: list[dict[str, object]] = [
        {"reason": "not_json", "payload": "no", "payload_base64": None},
        {"reason": "not_json", "payload": "no", "payload_base64": None},
        {"reason": "not_utf8", "payload": None, "payload_base64": "/w=="},
    ]
    return rows, {"lake": lake, "rejected": rejected, "readings": list(rows.readings)}


def test_equal_rows_compare_equal() -> None:
    compared = comparison.compare(*found_as_expected())
    assert [(c.sink, c.equal) for c in compared] == [
        ("lake", True),
        ("readings", True),
        ("rejected", True),
    ]
    assert str(compared[0]) == "lake: 21 expected, 21 found, 0 missing, 0 unexpected, 0 doubled"


@pytest.mark.parametrize("sink", comparison.KEYS)
def test_missing_unexpected_and_doubled_rows_are_counted(sink: str) -> None:
    rows, found = found_as_expected()
    right = found[sink]
    stranger: dict[str, object] = {"event_id": "?", "sensor": "?", "reason": "?"}
    cases: list[tuple[list[dict[str, object]], tuple[int, int, int]]] = [
        (right[:-1], (1, 0, 0)),
        ([*right, right[-1]], (0, 0, 1)),
        ([*right, stranger], (0, 1, 0)),
        ([], (len(right), 0, 0)),
    ]
    for wrong, counts in cases:
        compared = {c.sink: c for c in comparison.compare(rows, {**found, sink: wrong})}
        at = compared.pop(sink)
        assert (len(at.missing), len(at.unexpected), len(at.doubled)) == counts
        assert not at.equal
        assert all(c.equal for c in compared.values())


def test_wrong_value_is_missing_and_unexpected() -> None:
    rows, found = found_as_expected()
    found["readings"][0] = {**found["readings"][0], "average": Decimal("40.000002")}
    compared = comparison.compare(rows, found)[1]
    assert (len(compared.missing), len(compared.unexpected), len(compared.doubled)) == (1, 1, 0)
    found["readings"][0] = {**found["readings"][0], "average": 40.000001}
    assert comparison.compare(rows, found)[1].equal


def test_rows_of_an_object_have_its_partitions() -> None:
    body = b'{"event_id":"a","temperature":40.1}\n{"event_id":"b","temperature":41}\n'
    assert stored.rows_of_object("out/dt=2010-01-12/part-0", body) == [
        {"dt": "2010-01-12", "event_id": "a", "temperature": Decimal("40.1")},
        {"dt": "2010-01-12", "event_id": "b", "temperature": 41},
    ]
    assert stored.rows_of_object("out/dt=2010-01-12/_part-0_tmp_1", body) == []
    assert stored.is_data("out/dt=2010-01-12/part-0")
    assert not stored.is_data("out/dt=2010-01-12/_part-0_tmp_1")
    assert not stored.is_data("out/.part-0.inprogress")


# ── Input ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def batches() -> dict[str, list[events.Record]]:
    return events.batches()


def test_data_set_is_whole() -> None:
    hours = events.hourly_temperatures()
    assert len(hours) == 8759
    assert hours[0] == (datetime(2010, 1, 1), 39.4)


@pytest.mark.slow
def test_same_seed_gives_the_same_records(batches: dict[str, list[events.Record]]) -> None:
    assert events.batches() == batches
    assert events.batches(seed=1) != batches


def test_batches_are_cuts_of_one_stream(batches: dict[str, list[events.Record]]) -> None:
    assert list(batches) == list(events.BATCHES)
    records = [record for batch in batches.values() for record in batch]
    assert records == events.stream(days=sum(events.BATCHES.values()))[: len(records)]
    assert [record.arrival for record in records] == sorted(r.arrival for r in records)


def test_every_batch_has_the_faults_and_begins_without(
    batches: dict[str, list[events.Record]],
) -> None:
    named = {"malformed", "missing_field", "wrong_type", "duplicate", "late", "spike", "future"}
    for name, records in batches.items():
        assert records[0].fault is None, name
        assert named <= {record.fault for record in records}, name


@pytest.mark.slow
def test_faults_come_out_as_the_readme_says(batches: dict[str, list[events.Record]]) -> None:
    records = [record for batch in batches.values() for record in batch]
    faults = Counter(record.fault for record in records)
    rows = expected.expect(record.data for record in records)
    reasons = Counter(row["reason"] for row in rows.rejected)
    assert len(rows.lake) == faults[None] + faults["spike"]
    assert reasons["late"] == faults["late"]
    assert reasons["not_json"] == faults["malformed"]
    assert reasons["not_utf8"] == faults["not_utf8"]
    assert reasons["future_event_time"] == faults["future"]
    assert reasons["temperature_out_of_range"] == faults["out_of_range"]
    spikes = {json.loads(r.data)["event_id"] for r in records if r.fault == "spike"}
    found = {row["event_id"] for row in rows.readings if row["item"] != "latest"}
    # The first twelve hours have no baseline yet, and the last two are not looked at.
    assert found <= spikes
    assert len(spikes - found) < len(spikes) / 10
    assert len(rows.readings) - len(found) == len(events.SENSORS)


def test_duplicates_cross_the_redeploy(batches: dict[str, list[events.Record]]) -> None:
    before = {record.data for record in batches["before_redeploy"]}
    again = [r for r in batches["during_redeploy"] if r.fault == "duplicate"]
    assert any(record.data in before for record in again)


def test_record_is_an_entry_of_put_records(batches: dict[str, list[events.Record]]) -> None:
    record = batches["first"][0]
    assert record.entry == {"Data": record.data, "PartitionKey": "seattle"}


# ── Versions ────────────────────────────────────────────────────────────────────────────────────


def test_versions_change_one_place_each() -> None:
    sql = SQL.read_text(encoding="utf-8")
    second = versions.version_2(sql)
    assert changed_lines(sql, second) == [("  '1' AS job_version,", "  '2' AS job_version,")]
    assert changed_lines(second, versions.sick(second)) == [
        ("  sensor,", "  CAST(CAST(sensor AS INT) AS STRING),")
    ]


def changed_lines(old: str, new: str) -> list[tuple[str, str]]:
    pairs = zip(old.splitlines(), new.splitlines(), strict=True)
    return [(before, after) for before, after in pairs if before != after]


@pytest.mark.parametrize("edit", [versions.version_2, versions.sick])
def test_fails_when_the_place_is_gone(edit: object) -> None:
    assert callable(edit)
    with pytest.raises(ValueError, match=r"exactly once, but stands there 0 times"):
        edit("SELECT 1")


def test_fails_when_a_version_is_applied_twice() -> None:
    sql = versions.version_2(SQL.read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="job_version"):
        versions.version_2(sql)
