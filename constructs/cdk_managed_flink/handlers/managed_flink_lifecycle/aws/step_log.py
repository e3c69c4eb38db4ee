"""One JSON line a step: what was seen and what was decided."""

from __future__ import annotations

import json
from collections.abc import Callable

Write = Callable[[str], None]


class StepLog:
    """Writes to the function's log group; never the event itself, whose URL is a secret."""

    def __init__(self, write: Write = print, **always: str) -> None:
        self._write = write
        self._always = always

    def step(self, decision: str, **seen: object) -> None:
        """Writes one decision with what it rests on."""
        line = {"decision": decision, **self._always, **seen}
        self._write(json.dumps(line, default=str, ensure_ascii=False))
