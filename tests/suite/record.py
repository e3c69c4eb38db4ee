"""The last result of each part, with the commit that it was of: `docs/test-results.md`."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self
from xml.etree import ElementTree

from tests.suite.parts import ALL, ROOT, Part
from tests.suite.usage import Usage

FILE: Final = ROOT / "docs" / "test-results.md"
# What a run itself writes: a commit of these alone is of the same code.
_WRITTEN: Final = ("docs/test-results.md", "docs/lifecycle-faults.md", "docs/performance.md")
_HEAD: Final = """\
# The last result of each part

`make test-all` runs these before a release and writes this page; a part that has passed on the same
code is not run again. `make test-all PART=scenarios` runs one.

| Part | What | Result | Time | Commit | Date | Machine |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A line of the page."""

    part: str
    what: str
    result: str
    time: str
    commit: str
    date: str
    machine: str

    @classmethod
    def of(cls, part: Part, passed: bool, usage: Usage) -> Self:
        """What has just been run."""
        return cls(
            part=part.name,
            what=part.what,
            result=f"{'passed' if passed else '**failed**'}{_counts(part.counted)}",
            time=str(usage),
            commit=_git("rev-parse", "--short=10", "HEAD") + ("" if _clean() else ", edited"),
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            machine=f"{os.cpu_count()} cores, {platform.system()}",
        )

    @property
    def line(self) -> str:
        """As it is written."""
        fields = (self.result, self.time, self.commit, self.date, self.machine)
        return f"| {self.part} | {self.what} | {' | '.join(fields)} |\n"


def read() -> dict[str, Result]:
    """The page's results by part."""
    try:
        lines = FILE.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    names = tuple(Result.__dataclass_fields__)
    rows = (line.strip("|").split("|") for line in lines if line.startswith("| "))
    found = [
        Result(**dict(zip(names, map(str.strip, row), strict=True)))
        for row in rows
        if len(row) == len(names)
    ]
    return {result.part: result for result in found if result.part != "Part"}


def write(result: Result) -> None:
    """Put a result in the place of the part's last one."""
    results = {**read(), result.part: result}
    order = [part.name for part in ALL]
    kept: Iterable[Result] = sorted(
        results.values(), key=lambda r: order.index(r.part) if r.part in order else len(order)
    )
    FILE.write_text(_HEAD + "".join(each.line for each in kept), encoding="utf-8")


def stands(part: Part) -> bool:
    """Whether the part has passed on the code as it is."""
    last = read().get(part.name)
    if last is None or not last.result.startswith("passed") or not _clean():
        return False
    return _same_code(last.commit)


def _same_code(commit: str) -> bool:
    others = [f":(exclude){path}" for path in _WRITTEN]
    command = ["git", "diff", "--quiet", commit, "HEAD", "--", ".", *others]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def _clean() -> bool:
    others = [f":(exclude){path}" for path in _WRITTEN]
    return not _git("status", "--porcelain", "--", ".", *others)


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _counts(report: Path) -> str:
    try:
        suite = ElementTree.parse(report).getroot().find("testsuite")
    except (OSError, ElementTree.ParseError):
        return ""
    if suite is None:
        return ""
    wrong = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return f", {suite.get('tests')} tests" + (f", {wrong} wrong" if wrong else "")
