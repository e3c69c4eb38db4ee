"""The page of the benchmark: each part keeps its own section."""

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.__main__ import PARTS


def test_a_part_replaces_its_own_section_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- one -->\nold\n<!-- /one -->\nb\n<!-- two -->\nkept\n<!-- /two -->\n")
    report.write("one", "new \\1", page)
    found = page.read_text()
    assert "old" not in found
    assert "new \\1\n\n<!-- /one -->\nb\n<!-- two -->\nkept" in found
    assert "aws-cdk-lib" in found


def test_fails_when_the_page_has_no_section_for_a_part(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="no section <!-- one -->"):
        report.write("one", "new", page)


def test_the_page_has_a_section_for_each_part() -> None:
    page = report.PAGE.read_text("utf-8")
    for part in PARTS:
        assert f"<!-- {part} -->" in page
        assert f"<!-- /{part} -->" in page


def test_columns_are_aligned() -> None:
    assert report.table(["trips", "ours"], [["new", "1"]]) == (
        "| trips | ours |\n| ----- | ---: |\n| new   |    1 |"
    )
