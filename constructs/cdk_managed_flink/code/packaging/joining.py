"""Joins jars that Maven has built apart into one."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

_SERVICES = "META-INF/services/"
_TERMS = ("META-INF/LICENSE", "META-INF/NOTICE")


def join(jars: Sequence[Path], target: Path) -> None:
    """Write one jar: lists of services and terms are joined, of other files the first is taken."""
    joined: dict[str, list[str]] = {}
    written: set[str] = set()
    with zipfile.ZipFile(target, "w") as into:
        for jar in jars:
            with zipfile.ZipFile(jar) as archive:
                for entry in archive.infolist():
                    name = entry.filename
                    if not entry.is_dir() and name.startswith((_SERVICES, *_TERMS)):
                        lines = archive.read(entry).decode(errors="replace").splitlines()
                        joined.setdefault(name, []).extend(lines)
                    elif name not in written:
                        into.writestr(entry, archive.read(entry))
                        written.add(name)
        for name, lines in sorted(joined.items()):
            kept = dict.fromkeys(lines) if name.startswith(_SERVICES) else lines
            into.writestr(name, "".join(f"{line}\n" for line in kept))
