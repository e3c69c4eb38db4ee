"""``docs/performance.md``: each part of the benchmark keeps its own section."""

import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def write(part: str, text: str, page: Path = PAGE) -> None:
    """Put what was measured into the part's section, with the machine and the date."""
    marks = f"<!-- {part} -->", f"<!-- /{part} -->"
    section = "\n\n".join([marks[0], f"Measured {_today()} on {_machine()}.", text, marks[1]])
    found = page.read_text("utf-8")
    pattern = re.compile(rf"{re.escape(marks[0])}.*?{re.escape(marks[1])}", re.DOTALL)
    if not pattern.search(found):
        raise ValueError(f"{page} has no section {marks[0]} … {marks[1]}")
    page.write_text(pattern.sub(lambda _: section, found), "utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, aligned: numbers, all but the first column, to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(
        f"| {row[0]:<{widths[0]}} | "
        + " | ".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        + " |"
        for row in (head, rule, *rows)
    )


def ratio(ours: float, plain: float) -> str:
    """How many times as much ours takes."""
    return f"{ours / plain:.2f}"


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _machine() -> str:
    return (
        f"{cpu_count()} cores ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, aws-cdk-lib {_cdk()}"
    )


def _cdk() -> str:
    from importlib.metadata import version

    return version("aws-cdk-lib")
