"""What of a template or an application is accepted here without an effect, said aloud once."""

from __future__ import annotations

import json
import threading
from pathlib import Path


class NotApplied:
    """Appends to a JSON-lines file; the same entry is written once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def record(self, type_name: str, logical_id: str, prop: str, reason: str) -> None:
        """Write one entry, unless it is there already."""
        with self._lock:
            if (type_name, logical_id, prop) in self._seen:
                return
            self._seen.add((type_name, logical_id, prop))
            entry = {
                "type": type_name,
                "logical_id": logical_id,
                "property": prop,
                "reason": reason,
            }
            with self._path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
