"""Asking this machine's tools for their versions, quickly. Python 3.8 syntax, standard library."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Finding(NamedTuple):
    """One line of the doctor's report."""

    tool: str
    found: str
    needed: str
    remedy: str = ""
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether the project can work with what was found."""
        return not self.remedy

    def line(self) -> str:
        """Return the finding as it is shown: what was found, what is needed, how to get it."""
        text = f"{self.tool}: found {self.found}; needs {self.needed}"
        if self.remedy:
            return f"{text}; get it: {self.remedy}"
        return f"{text} ({self.note})" if self.note else text


class Probe:
    """Asks each tool for its version once for each state of its file.

    Starting a JVM to ask Maven takes half a second, and every make target asks. So an answer is
    remembered together with the path, size and time of the file that gave it.
    """

    def __init__(self, remembered: Path) -> None:
        self._file = remembered
        self._changed = False
        self._known: dict[str, Any] = {}
        try:
            self._known = json.loads(remembered.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._changed = True

    def version(self, tool: str | None, *arguments: str) -> tuple[int, ...] | None:
        """Return the version a tool reports, or None when it is not there or can't be run."""
        if not tool or not os.path.isfile(tool):
            return None
        status = os.stat(tool)
        state = [os.path.realpath(tool), status.st_size, status.st_mtime_ns]
        state.append(os.environ.get("JAVA_HOME", ""))
        key = " ".join((tool, *arguments))
        known = self._known.get(key)
        if not known or known["state"] != state:
            known = {"state": state, "version": version_in(output_of([tool, *arguments]))}
            self._known[key] = known
            self._changed = True
        return tuple(known["version"]) if known["version"] else None

    def remember(self) -> None:
        """Write the answers down for the next run."""
        if self._changed:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(self._known, indent=1), encoding="utf-8")


def output_of(command: list[str]) -> str:
    """Return everything a command prints, or nothing when it fails."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def version_in(text: str) -> tuple[int, ...] | None:
    """Return the first thing in a tool's output that looks like a version."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text) or re.search(r'"(\d+)"', text)
    return tuple(int(part) for part in match.groups() if part) if match else None


def dotted(version: tuple[int, ...] | None) -> str:
    """Spell a version, or the absence of one."""
    return ".".join(str(part) for part in version) if version else "none"


def install(*, brew: str, apt: str, page: str) -> str:
    """Return the command that installs something here, or the page that says how."""
    if sys.platform == "darwin" and shutil.which("brew"):
        return f"brew install {brew}"
    if shutil.which("apt-get"):
        return f"sudo apt-get install {apt}"
    return page
