"""The payments job without Flink: its input, its expectations, its function and its version."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.payments import events, expected, scenario, versions
from jobs.payments.job.accounts import iban_is_valid
from managed_flink_local.scenario import Record

SQL = Path(versions.__file__).parent / "job" / "job.sql"
ARRIVAL = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT = "DE89370400440532013000"
BERLIN, PARIS = (52.52, 13.40), (48.86, 2.35)
# After everything else in these tests, so that all of it has been looked at.
END = "20:00:00"


def message(
    payment_id: str = "a", time: str = "12:00:00", partition: int = 0, **fields: object
) -> Record:
    payment: dict[str, object] = {
        "payment_id": payment_id,
        "card": "card-1",
        "account": ACCOUNT,
        "amount": 43.1,
        "paid_at": f"2025-01-06T{time}Z",
        "latitude": BERLIN[0],
        "longitude": BERLIN[1],
    }
    data = json.dumps(payment | fields, ensure_ascii=False).encode()
    return Record(data=data, key="", partition=partition)


def raw(data: bytes) -> Record:
    return Record(data=data, key="", partition=0)


def heartbeat(time: str = END, partition: int = 0) -> Record:
    data = json.dumps({"heartbeat": f"2025-01-06T{time}Z"}).encode()
    return Record(data=data, key="", partition=partition)


def expect(*messages: Record, partitions: int = 1) -> expected.Expected:
    return expected.expect(messages, partitions=partitions, arrival=ARRIVAL)


def found(*messages: Record) -> list[tuple[object, object, object]]:
    rows = expect(*messages, heartbeat()).alerts
    return [(row["rule"], row["payment_id"], row["payments"]) for row in rows]


def charges(*steps: tuple[str, float], **fields: object) -> list[Record]:
    return [
        message(f"p{number}", time, amount=amount, **fields)  # type: ignore[arg-type]
        for number, (time, amount) in enumerate(steps)
    ]


# ── Validation ──────────────────────────────────────────────────────────────────────────────────


def test_good_payment_is_a_row_of_the_lake() -> None:
    rows = expect(message(amount=43.125))
    assert rows.lake == [
        {
            "payment_id": "a",
            "card": "card-1",
            "account": ACCOUNT,
            "amount": Decimal("43.13"),
            "paid_at": datetime(2025, 1, 6, 12),
            "latitude": 52.52,
            "longitude": 13.4,
            "dt": "2025-01-06",
        }
    ]
    assert not rows.rejected


@pytest.mark.parametrize(
    ("reason", "bad"),
    [
        ("not_utf8", raw(message(card="café").data.replace("é".encode(), b"\xe9"))),
        ("not_json", raw(b"<html>")),
        ("not_json", raw(message().data + message("b").data)),
        ("missing_payment_id", message(payment_id="")),
        ("missing_card", message(card={"number": 1})),
        ("missing_account", message(account=None)),
        ("missing_amount", message(amount=[])),
        ("missing_paid_at", message(paid_at=None)),
        ("missing_latitude", message(latitude=None)),
        ("missing_longitude", message(longitude="")),
        ("bad_paid_at", message(paid_at="2025-02-30T12:00:00Z")),
        ("future_paid_at", message(paid_at="2026-03-02T00:00:01Z")),
        ("bad_amount", message(amount="a lot")),
        ("amount_out_of_range", message(amount=0)),
        ("amount_out_of_range", message(amount=0.004)),
        ("amount_out_of_range", message(amount=50000.01)),
        ("bad_position", message(latitude=90.01)),
        ("bad_position", message(longitude="east")),
        ("bad_account", message(account=ACCOUNT[:-1] + "1")),
        ("bad_account", message(account="cash")),
    ],
)
def test_bad_message_is_a_dead_letter_with_one_reason(reason: str, bad: Record) -> None:
    rows = expect(bad)
    assert rows.rejected == [{"reason": reason, "payload": bad.data}]
    assert not rows.lake


def test_heartbeat_goes_nowhere_and_a_broken_one_is_no_payment() -> None:
    rows = expect(heartbeat(), raw(b'{"heartbeat": "soon"}'))
    assert [row["reason"] for row in rows.rejected] == ["missing_payment_id"]
    assert not rows.lake


def test_repetition_is_dropped() -> None:
    rows = expect(message("a"), message("b"), message("a", amount=1))
    assert [row["payment_id"] for row in rows.lake] == ["a", "b"]


def test_late_is_what_lies_five_minutes_behind_its_own_partition() -> None:
    rows = expect(
        message("new", "12:00:00"),
        message("ok", "11:55:01"),
        message("late", "11:55:00"),
        message("other", "11:00:00", partition=1),
        partitions=2,
    )
    assert [row["payment_id"] for row in rows.lake] == ["new", "ok", "other"]
    assert [row["reason"] for row in rows.rejected] == ["late"]


@pytest.mark.parametrize(
    ("account", "valid"),
    [
        (ACCOUNT, True),
        ("GB82WEST12345698765432", True),
        ("FR1420041010050500013M02606", True),
        ("GB82WEST12345698765431", False),
        ("gb82west12345698765432", False),
        ("DE89 3704 0044 0532 0130 00", False),
        ("", False),
        (None, False),
    ],
)
def test_account_is_valid_by_its_check_digits(account: str | None, valid: bool) -> None:
    assert iban_is_valid(account) is valid
    if account:
        assert bool(expect(message(account=account)).lake) is valid


# ── Patterns ────────────────────────────────────────────────────────────────────────────────────


def test_three_small_charges_and_a_big_one_are_card_testing() -> None:
    steps = [("12:00:00", 1.0), ("12:01:00", 1.99), ("12:02:00", 0.5), ("12:03:00", 500)]
    alert = expect(*charges(*steps), heartbeat()).alerts[0]
    assert alert == {
        "rule": "card_testing",
        "card": "card-1",
        "payment_id": "p3",
        "paid_at": "2025-01-06T12:03:00Z",
        "amount": Decimal(500),
        "first_payment_id": "p0",
        "first_paid_at": "2025-01-06T12:00:00Z",
        "payments": 4,
    }


@pytest.mark.parametrize(
    "steps",
    [
        [("12:00:00", 1.0), ("12:01:00", 1.0), ("12:03:00", 500)],
        [("12:00:00", 1.0), ("12:01:00", 2.0), ("12:02:00", 1.0), ("12:03:00", 500)],
        [("12:00:00", 1.0), ("12:01:00", 1.0), ("12:02:00", 1.0), ("12:03:00", 499.99)],
        [("12:00:00", 1.0), ("12:01:00", 1.0), ("12:02:00", 1.0), ("12:10:00", 500)],
        [
            ("12:00:00", 1.0),
            ("12:01:00", 1.0),
            ("12:02:00", 900),
            ("12:03:00", 1.0),
            ("12:04:00", 500),
        ],
    ],
)
def test_no_alert_when_one_thing_is_missing(steps: list[tuple[str, float]]) -> None:
    assert found(*charges(*steps)) == []


def test_ordinary_payments_between_do_not_hide_a_test() -> None:
    steps = [
        ("12:00:00", 1.0),
        ("12:01:00", 30),
        ("12:02:00", 1.0),
        ("12:03:00", 1.0),
        ("12:04:00", 80),
        ("12:05:00", 700),
    ]
    assert found(*charges(*steps)) == [("card_testing", "p5", 4)]


def test_only_small_charges_of_the_ten_minutes_count() -> None:
    steps = [
        ("12:00:00", 1.0),
        ("12:05:00", 1.0),
        ("12:06:00", 1.0),
        ("12:07:00", 1.0),
        ("12:11:00", 700),
    ]
    assert found(*charges(*steps)) == [("card_testing", "p4", 4)]


def test_order_of_arrival_does_not_matter() -> None:
    steps = [("12:03:00", 500), ("12:00:00", 1.0), ("12:02:00", 0.5), ("12:01:00", 1.99)]
    assert found(*charges(*steps)) == [("card_testing", "p0", 4)]


def test_two_places_at_once_are_impossible_travel() -> None:
    here = message("here", "12:00:00")
    there = message("there", "12:30:00", latitude=PARIS[0], longitude=PARIS[1])
    later = message("there", "12:53:00", latitude=PARIS[0], longitude=PARIS[1])
    other = message("there", "12:30:00", latitude=PARIS[0], longitude=PARIS[1], card="card-2")
    assert found(here, there) == [("impossible_travel", "there", 2)]
    assert found(here, later) == []  # 877 km in 53 minutes
    assert found(here, other) == []


def test_terminals_do_not_know_exactly_where_they_are() -> None:
    near = message("near", "12:00:00", latitude=BERLIN[0] + 0.89)
    assert found(message("here", "12:00:00"), near) == []
    far = message("far", "12:00:00", latitude=BERLIN[0] + 0.91)
    assert found(message("here", "12:00:00"), far) == [("impossible_travel", "far", 2)]


def test_alert_comes_when_the_slowest_partition_is_five_minutes_past() -> None:
    here = message("here", "12:00:00")
    there = message("there", "12:10:00", latitude=PARIS[0], longitude=PARIS[1])
    beats = [heartbeat("12:15:00", 0), heartbeat("12:14:59", 1)]
    assert expect(here, there, *beats, partitions=2).alerts == []
    assert expect(here, there, *beats, heartbeat("12:15:00", 1), partitions=2).alerts


# ── Input ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def batches() -> dict[str, list[events.Message]]:
    return events.batches()


def test_same_seed_gives_the_same_messages(batches: dict[str, list[events.Message]]) -> None:
    assert events.batches() == batches
    assert events.batches(seed=1) != batches


def test_more_hours_leave_what_was_before_as_it_is() -> None:
    short = events.stream(hours=2)
    assert events.stream(hours=3)[: len(short)] == short


def test_batches_are_cuts_of_one_stream(batches: dict[str, list[events.Message]]) -> None:
    assert list(batches) == list(events.BATCHES)
    messages = [message for batch in batches.values() for message in batch]
    assert messages == events.stream(hours=sum(events.BATCHES.values()))
    assert all(batch[-1].key == "" for batch in batches.values()), "no heartbeat at the end"


def test_every_fraud_is_found_and_nothing_else(batches: dict[str, list[events.Message]]) -> None:
    messages = [message for batch in batches.values() for message in batch]
    rules = {"card_testing": "card_testing", "cloned_card": "impossible_travel"}
    frauds = {
        (rules[m.fraud], json.loads(m.data)["payment_id"]) for m in messages if m.fraud is not None
    }
    rows = expected.expect(messages, partitions=events.PARTITIONS).alerts
    assert Counter(row["rule"] for row in rows) == {"card_testing": 25, "impossible_travel": 24}
    assert {(row["rule"], row["payment_id"]) for row in rows} == frauds


def test_faults_come_out_as_the_readme_says(batches: dict[str, list[events.Message]]) -> None:
    messages = [message for batch in batches.values() for message in batch]
    faults = Counter(m.fault for m in messages if m.key)
    rows = expected.expect(messages, partitions=events.PARTITIONS)
    reasons = Counter(row["reason"] for row in rows.rejected)
    assert len(rows.lake) == faults[None]
    assert reasons["late"] == faults["late"]
    assert reasons["not_json"] == faults["malformed"]
    assert reasons["not_utf8"] == faults["not_utf8"]
    assert reasons["bad_account"] == faults["bad_account"]
    assert reasons["future_paid_at"] == faults["future"]


def test_duplicates_cross_the_redeploy(batches: dict[str, list[events.Message]]) -> None:
    before = {m.data for m in batches["first"] + batches["before_redeploy"]}
    again = [m for m in batches["during_redeploy"] if m.fault == "duplicate"]
    assert any(message.data in before for message in again)


def test_frauds_cross_the_redeploy(batches: dict[str, list[events.Message]]) -> None:
    """Their first steps are in the state that the new version starts from."""
    before = [m for name in ("first", "before_redeploy") for m in batches[name]]
    both = before + batches["during_redeploy"]
    ids = {json.loads(m.data)["payment_id"] for m in before if m.fault is None and m.key}
    rows = expected.expect(both, partitions=events.PARTITIONS).alerts
    crossing = {
        row["rule"]
        for row in rows
        if row["first_payment_id"] in ids and row["payment_id"] not in ids
    }
    assert crossing == {"card_testing", "impossible_travel"}


def test_stream_of_the_scenario_gives_as_many_as_are_asked_for() -> None:
    assert len(scenario.SCENARIO.stream(1500)) == 1500
    assert scenario.SCENARIO.stream(1500)[:300] == scenario.SCENARIO.stream(300)


# ── Versions ────────────────────────────────────────────────────────────────────────────────────


def test_version_2_changes_one_place() -> None:
    sql = SQL.read_text(encoding="utf-8")
    pairs = zip(sql.splitlines(), versions.version_2(sql).splitlines(), strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == [
        ("  '1' AS job_version,", "  '2' AS job_version,")
    ]
