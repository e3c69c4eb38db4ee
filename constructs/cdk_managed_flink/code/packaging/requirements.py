"""A job's requirements: pinned, so that the same text is the same package tomorrow."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from cdk_managed_flink.application.errors import invalid

# What PyFlink itself is built on: another copy of any would not fit Flink's own native code.
ON_THE_SERVICE = frozenset(
    {
        "apache-beam",
        "apache-flink",
        "apache-flink-libraries",
        "avro",
        "avro-python3",
        "cloudpickle",
        "fastavro",
        "grpcio",
        "numpy",
        "pandas",
        "pemja",
        "protobuf",
        "py4j",
        "pyarrow",
    }
)
_WHERE = "FlinkCode.from_python"
_OF_THE_INDEX = re.compile(
    r"(-i|-f|--index-url|--extra-index-url|--find-links|--no-index|--trusted-host|"
    r"--require-hashes|--only-binary|--prefer-binary)\b"
)
_HASH = re.compile(r"\s--hash[= ](\S+)")
_COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True)
class Target:
    """The interpreter that wheels are for.

    Attributes:
        python: Its version, such as ``3.11``.
        platform: Its platform tag, such as ``manylinux2014_x86_64``.
    """

    python: str
    platform: str

    def __post_init__(self) -> None:
        if self.platform != "manylinux2014_x86_64" and not re.fullmatch(
            r"manylinux_2_(1[7-9]|[2-9]\d)_x86_64", self.platform
        ):
            raise invalid(
                _WHERE,
                "platform",
                self.platform,
                "manylinux2014_x86_64, or manylinux_2_<minor>_x86_64 from 17 on",
                "The service runs Linux with glibc on x86_64.",
            )

    @property
    def glibc(self) -> int:
        """The minor version of glibc that the platform promises."""
        return int(self.platform.split("_")[2]) if "_2_" in self.platform else 17

    @property
    def tags(self) -> list[str]:
        """Every platform tag that a wheel for it may have."""
        legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        return [
            f"{name}_x86_64"
            for minor in range(self.glibc, 4, -1)
            for name in (f"manylinux_2_{minor}", *filter(None, [legacy.get(minor)]))
        ]

    def environment(self, extra: str = "") -> dict[str, str]:
        """What markers see there, whatever machine this runs on."""
        return {
            "extra": extra,
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": "x86_64",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }


@dataclass(frozen=True)
class Pin:
    """One package at one version.

    Attributes:
        name: Its canonical name.
        line: The requirement as pip takes it, without marker, with its hashes.
        extras: Extras that are asked for.
    """

    name: str
    version: Version
    line: str
    extras: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Requirements:
    """Everything that a job imports and the service lacks.

    Attributes:
        target: What the wheels are for.
        pins: By canonical name.
        options: Options for pip, such as ``--index-url``.
        left_out: What is on the service already, with the place it was asked for.
    """

    target: Target
    pins: Mapping[str, Pin]
    options: Sequence[str] = ()
    left_out: Sequence[tuple[str, str]] = ()

    @property
    def lock(self) -> str:
        """The text that stands for the packages: it goes into the asset's hash."""
        lines = sorted(pin.line for pin in self.pins.values())
        return "\n".join([self.target.python, self.target.platform, *lines])

    def with_pins(self, further: Mapping[str, str], hashes: Mapping[str, str]) -> "Requirements":
        """With packages of the library's own; what the job has pinned wins.

        Args:
            further: Their versions.
            hashes: Their hashes, for a list that has some: pip then asks for one of each package.
        """
        added = {
            name: Pin(
                name,
                Version(version),
                f"{name}=={version}" + (f" --hash={hashes[name]}" if self._has_hashes else ""),
            )
            for name, version in further.items()
            if name not in self.pins
        }
        return Requirements(self.target, {**self.pins, **added}, self.options, self.left_out)

    @property
    def _has_hashes(self) -> bool:
        lines = [*self.options, *(pin.line for pin in self.pins.values())]
        return any("--hash=" in line or "--require-hashes" in line for line in lines)


def read(path: Path, target: Target) -> Requirements:
    """Read a requirements file.

    Raises:
        ValueError: A line is no pinned package, or asks for another file, a folder or an address.
    """
    pins: dict[str, Pin] = {}
    options: list[str] = []
    left_out: list[tuple[str, str]] = []
    for number, line in _lines(path):
        place = f"{path}:{number}"
        if _OF_THE_INDEX.match(line):
            options.append(line)
            continue
        hashes = sorted(_HASH.findall(f" {line}"))
        requirement = _requirement(place, _HASH.sub("", f" {line}").strip())
        if requirement.marker and not requirement.marker.evaluate(target.environment()):
            continue
        name = canonicalize_name(requirement.name)
        if name in ON_THE_SERVICE:
            left_out.append((place, str(requirement)))
            continue
        version = _version(place, requirement)
        if name in pins and pins[name].version != version:
            raise _invalid(place, line, f"one version of {name}", "Leave out the other.")
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        pins[name] = Pin(
            name,
            version,
            " ".join([f"{name}{extras}=={version}", *(f"--hash={h}" for h in hashes)]),
            frozenset(requirement.extras),
        )
    return Requirements(target, pins, options, left_out)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first, comments and empty ones left out."""
    joined, begun = "", 0
    for number, text in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        begun = begun if joined else number
        text = _COMMENT.sub("", text).strip()
        if text.endswith("\\"):
            joined += text[:-1] + " "
            continue
        joined += text
        if joined.strip():
            yield begun, joined.strip()
        joined = ""
    if joined.strip():
        yield begun, joined.strip()


def _requirement(place: str, text: str) -> Requirement:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        requirement = None
    if requirement is None or requirement.url:
        raise _invalid(
            place,
            text,
            "name==version, a line for each package",
            "Other files, folders and addresses can't be distinguished by their text: name every "
            "package here with the version that it has in an index.",
        )
    return requirement


def _version(place: str, requirement: Requirement) -> Version:
    pinned = [s for s in requirement.specifier if s.operator == "==" and "*" not in s.version]
    if len(pinned) != 1 or len(requirement.specifier) != 1:
        raise _invalid(
            place,
            str(requirement),
            "one version, as in name==1.2.3",
            "The same code has to give the same package tomorrow: write the whole list with "
            "'uv pip compile requirements.in -o requirements.txt' or 'pip-compile'.",
        )
    return Version(pinned[0].version)


def unmet(requirements: Requirements, dependencies: Mapping[str, Sequence[str]]) -> list[str]:
    """What the packages need and the list lacks, as sentences.

    Args:
        requirements: The list.
        dependencies: ``Requires-Dist`` of each package, by its canonical name.
    """
    found: dict[str, str] = {}
    for name, texts in sorted(dependencies.items()):
        for needed in _needed(requirements, name, texts):
            other = canonicalize_name(needed.name)
            wanted = SpecifierSet(str(needed.specifier), prereleases=True)
            if other in ON_THE_SERVICE:
                continue
            if other not in requirements.pins:
                found.setdefault(other, f"{other} is missing ({name} needs {other}{wanted})")
            elif requirements.pins[other].version not in wanted:
                version = requirements.pins[other].version
                found[other] = f"{other}=={version} doesn't fit ({name} needs {other}{wanted})"
    return list(found.values())


def _needed(requirements: Requirements, name: str, texts: Sequence[str]) -> Iterator[Requirement]:
    extras = requirements.pins[name].extras if name in requirements.pins else frozenset()
    for text in texts:
        try:
            needed = Requirement(text)
        except InvalidRequirement:
            raise invalid(
                _WHERE,
                "requirements",
                _pinned(requirements, name),
                "packages whose metadata is in today's format",
                f"It needs {text!r}, which can't be read: take a newer version of it.",
            ) from None
        environments = [requirements.target.environment(extra) for extra in ("", *extras)]
        if needed.marker is None or any(map(needed.marker.evaluate, environments)):
            yield needed


def _pinned(requirements: Requirements, name: str) -> str:
    pin = requirements.pins.get(name)
    return f"{name}=={pin.version}" if pin else name


def _invalid(place: str, received: object, allowed: str, mend: str) -> ValueError:
    return invalid(place, "requirement", received, allowed, mend)
