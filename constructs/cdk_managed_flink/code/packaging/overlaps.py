"""Classes that two artifacts of one jar bring with different content: only one of each gets in."""

import json
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

_INCLUDED = re.compile(
    r"Including ([^:\s]+):([^:\s]+):jar:(?:([^:\s]+):)?([^:\s]+) in the shaded jar"
)
_REPOSITORY = re.compile(r"-Dmaven\.repo\.local=(\S+)")
_SUFFIX = ".overlaps.json"


def keep_overlaps(jar: Path, maven_log: str) -> None:
    """Note next to a jar which of its artifacts conflict.

    Which of two classes gets in is the order of the dependencies, so it is the same in every
    build; whether the other artifact works with it is what nobody has tried.

    Args:
        jar: The jar's place in the cache.
        maven_log: The output of the build, in which the shade plugin lists the artifacts.
    """
    found = list(_overlaps(_artifacts(maven_log)))
    jar.with_suffix(_SUFFIX).write_text(json.dumps(found), encoding="utf-8")


def overlaps_in(jar: Path) -> Sequence[str]:
    """What was noted next to a jar, as sentences."""
    noted = jar.with_suffix(_SUFFIX)
    return [str(each) for each in json.loads(noted.read_text())] if noted.exists() else []


def _artifacts(log: str) -> Mapping[str, Path]:
    """The merged artifacts by their coordinates, as far as they are in the local repository."""
    options = f"{os.environ.get('MAVEN_ARGS', '')} {os.environ.get('MAVEN_OPTS', '')}"
    moved = _REPOSITORY.search(options)
    repository = Path(moved[1]) if moved else Path.home() / ".m2" / "repository"
    found: dict[str, Path] = {}
    for group, artifact, classifier, version in _INCLUDED.findall(log):
        name = "-".join(filter(None, [artifact, version, classifier]))
        path = repository.joinpath(*group.split("."), artifact, version, f"{name}.jar")
        if path.is_file():
            found[f"{group}:{artifact}:{version}"] = path
    return found


def _overlaps(artifacts: Mapping[str, Path]) -> Iterator[str]:
    holders: dict[str, dict[str, int]] = defaultdict(dict)
    for name, path in artifacts.items():
        with zipfile.ZipFile(path) as jar:
            for entry in jar.infolist():
                if _counts(entry.filename):
                    holders[entry.filename][name] = entry.CRC
    differing: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file, sums in holders.items():
        for one, other in combinations(sorted(sums), 2):
            if sums[one] != sums[other]:
                differing[one, other].append(file)
    for (one, other), files in sorted(differing.items()):
        example = min(files).removesuffix(".class").replace("/", ".")
        yield (
            f"{one} and {other} both bring {example}"
            + (f" and {len(files) - 1} more classes" if len(files) > 1 else "")
            + ", with different content: one of each is in the jar. Leave out one of the two, or "
            "exclude it where it comes along."
        )


def _counts(name: str) -> bool:
    return (
        name.endswith(".class")
        and not name.startswith("META-INF/")
        and not name.endswith(("module-info.class", "package-info.class"))
    )
