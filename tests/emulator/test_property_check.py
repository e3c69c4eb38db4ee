"""A property of unknown effect is refused, one without an effect is said aloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from managed_flink_local.emulator.cloudformation.property_check import check
from managed_flink_local.emulator.cloudformation.type_properties import TypeProperties
from managed_flink_local.emulator.not_applied import NotApplied

TABLE = {
    "AWS::S3::Bucket": TypeProperties(
        frozenset({"BucketName", "Rules"}),
        {"AccessControl": "no ACLs", "Rules.Deep.Off": "never on"},
    )
}


@pytest.fixture
def log(tmp_path: Path) -> NotApplied:
    return NotApplied(tmp_path / "not-applied.jsonl")


def entries(tmp_path: Path) -> list[str]:
    lines = (tmp_path / "not-applied.jsonl").read_text().splitlines()
    return [json.loads(line)["property"] for line in lines]


def test_fails_when_a_property_is_unknown(log: NotApplied) -> None:
    with pytest.raises(ValueError, match="AWS::S3::Bucket: Colour would have no known effect"):
        check("AWS::S3::Bucket", "B", {"BucketName": "b", "Colour": "red"}, log, TABLE)


def test_fails_when_a_type_is_unknown(log: NotApplied) -> None:
    with pytest.raises(ValueError, match=r"AWS::S4::Bucket .*property_table\.py"):
        check("AWS::S4::Bucket", "B", {}, log, TABLE)


def test_records_what_has_no_effect_once(log: NotApplied, tmp_path: Path) -> None:
    for _ in range(2):
        check("AWS::S3::Bucket", "B", {"AccessControl": "Private"}, log, TABLE)
    assert entries(tmp_path) == ["AccessControl"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([{"Deep": {"Off": True}}], ["Rules.Deep.Off"]),
        ([{"Deep": {"Off": False}}], []),
        ([{"Deep": {}}], []),
        ({"Deep": {"Off": "x"}}, ["Rules.Deep.Off"]),
    ],
)
def test_looks_into_lists_and_ignores_what_is_off(
    log: NotApplied, tmp_path: Path, rules: object, expected: list[str]
) -> None:
    check("AWS::S3::Bucket", "B", {"Rules": rules}, log, TABLE)
    assert entries(tmp_path) == expected


@pytest.mark.parametrize("own", ["Custom::Anything", "AWS::CloudFormation::Stack"])
def test_leaves_cloudformation_to_itself(log: NotApplied, own: str) -> None:
    check(own, "X", {"Whatever": 1}, log)
