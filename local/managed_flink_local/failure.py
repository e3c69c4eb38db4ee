"""A failure as it is told to people: the phase, the reason, the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LocalError(Exception):
    """Something did not work, and the message says what and why."""

    def __init__(self, phase: str, reason: str, log: Path | None = None) -> None:
        self.phase = phase
        self.reason = reason
        self.log = log
        super().__init__(f"{phase}: {reason}")

    def told(self) -> str:
        """Return the lines for the screen."""
        lines = [f"FAILED in phase: {self.phase}", f"reason: {self.reason}"]
        if self.log:
            lines.append(f"log: {self.log}")
        return "\n".join(lines)


def last_words(log: Path, lines: int = 5) -> str:
    """Return the end of a log, for tools that say why at the end."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    spoken = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n        ".join(spoken[-lines:])
