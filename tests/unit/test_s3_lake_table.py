"""LakeTable, its projections and its workgroup: what they refuse."""

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_managed_flink import (
    AthenaWorkgroup,
    DateProjection,
    EnumProjection,
    IntegerProjection,
    LakeTable,
)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"columns": {}}, r"columns is \{\}; allowed: one or several"),
        ({"columns": {"Page": "string"}}, "columns is 'Page'; allowed: lower-case letters"),
        ({"columns": {"a b": "string"}}, "columns is 'a b'; allowed: lower-case letters"),
        (
            {"columns": {"day": "string"}, "partitions": {"day": DateProjection(first="2026")}},
            "partitions is 'day'; allowed: columns that are not among columns=",
        ),
        ({"columns": {"a": "string"}, "database": "My-Lake"}, "database is 'My-Lake'; allowed"),
        ({"columns": {"a": "string"}, "name": "Visits"}, "name is 'Visits'; allowed: lower-case"),
    ],
)
def test_fails_when_the_catalog_would_fold_or_refuse_a_name(
    arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=f"^LakeTable: {said}"):
        LakeTable(**arguments)


def test_tokens_pass_as_names(text: str) -> None:
    assert LakeTable(columns={"a": "string"}, database=text).database == text


def test_fails_when_a_unit_is_unknown() -> None:
    with pytest.raises(ValueError, match="unit is 'day'; allowed: YEARS, MONTHS, WEEKS, DAYS"):
        DateProjection(first="2026-01-01", unit="day")


def test_fails_when_a_step_leads_nowhere() -> None:
    with pytest.raises(ValueError, match="interval is 0; allowed: 1 or more"):
        DateProjection(first="2026-01-01", interval=0)


def test_fails_when_a_range_is_upside_down() -> None:
    with pytest.raises(ValueError, match=r"last is 1; allowed: first \(5\) or more"):
        IntegerProjection(first=5, last=1)


@pytest.mark.parametrize("values", [[], [""], ["a,b"], "eu"])
def test_fails_when_values_cannot_be_told_apart(values: list[str]) -> None:
    with pytest.raises(ValueError, match="allowed: one or several texts without a comma"):
        EnumProjection(values)


def test_fails_when_a_query_may_scan_next_to_nothing() -> None:
    with pytest.raises(ValueError, match="scanned_at_most is '1048576 bytes'; allowed: 10 MiB or"):
        AthenaWorkgroup(scanned_at_most=cdk.Size.mebibytes(1))
