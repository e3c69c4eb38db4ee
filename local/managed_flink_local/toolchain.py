"""What the project fetches for itself, each part made once for a state of its own file.

Runs on the bare interpreter that the doctor chose: standard library only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import flink_python, processes
from .failure import LocalError
from .part import LOCAL as LOCAL
from .part import ROOT as ROOT
from .part import STAMPS as STAMPS
from .part import Part, locked, make_all
from .progress import Progress

VENV = ROOT / ".venv"
EMULATOR = LOCAL / "emulator"
KAFKA = LOCAL / "kafka"
PLUGINS = LOCAL / "plugins"


@dataclass(frozen=True)
class Flink:
    """A version of Flink that applications can run on here.

    Attributes:
        runtime: The service's name of it.
        version: Of the folder and the pins.
        s3: Release of the file system for s3:// that goes with it, a plugin.
    """

    runtime: str
    version: str
    s3: str

    @property
    def python(self) -> Path:
        """The Python of the virtual environment that holds its PyFlink."""
        return LOCAL / f"flink-{self.version}" / "bin" / "python"

    @property
    def s3_plugin(self) -> Path:
        """The plugin's jar."""
        return PLUGINS / "s3-fs-hadoop" / f"flink-s3-fs-hadoop-{self.s3}.jar"

    @property
    def parts(self) -> tuple[str, str]:
        """What is fetched for it."""
        return f"flink-{self.version}", f"s3-plugin-{self.version}"


FLINK_1 = Flink("FLINK-1_20", "1.20", "1.20.1")
FLINK_2 = Flink("FLINK-2_2", "2.2", "2.2.0")
FLINKS = (FLINK_1, FLINK_2)


def installed() -> list[Flink]:
    """Return the versions of Flink that were fetched."""
    return [flink for flink in FLINKS if flink.python.exists()]


_SYNTH = ("uv", "python", "jsii", "node")
_ON_KAFKA = (*_SYNTH, "emulator", *FLINK_2.parts, "kafka")
# By make target or by job: what only another job needs is not fetched.
GROUPS = {
    "check": ("uv", "python", "jsii"),
    "synth": _SYNTH,
    "sensors": (*_SYNTH, "emulator", *FLINK_1.parts),
    "payments": _ON_KAFKA,
    "etl": _ON_KAFKA,
    "all": (*_SYNTH, "emulator", *FLINK_1.parts, *FLINK_2.parts, "kafka"),
}


def _fetch_uv(log: Path) -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    processes.run("uv", [sys.executable, "-m", "venv", VENV], log, _clean())
    pins = ROOT / "local" / "requirements-uv.txt"
    pip: list[str | Path] = [VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    processes.run("uv", [*pip, "install", "--require-hashes", "-q", "-r", pins], log, _clean())


def _fetch_python(log: Path) -> None:
    _install(VENV, ROOT / "requirements.txt", log)
    site = next((VENV / "lib").glob("python3.*")) / "site-packages"
    roots = (ROOT, ROOT / "constructs", ROOT / "local")
    (site / "cdk_managed_flink_source_roots.pth").write_text("".join(f"{r}\n" for r in roots))


def _fetch_emulator(log: Path) -> None:
    _environment(EMULATOR, sys.executable, log)
    _install(EMULATOR, ROOT / "local" / "requirements-emulator.txt", log)


def _pins(flink: Flink) -> Path:
    return ROOT / "local" / f"requirements-flink-{flink.version}.txt"


def _fetch_flink(flink: Flink, log: Path) -> None:
    target = flink.python.parents[1]
    _environment(target, flink_python.request(), log)
    _install(target, _pins(flink), log)


def _environment(target: Path, python: str, log: Path) -> None:
    command: list[str | Path] = [
        VENV / "bin" / "uv",
        "venv",
        "-q",
        "--clear",
        "--python",
        python,
        target,
    ]
    processes.run(target.name, command, log, _clean())


def _install(target: Path, pins: Path, log: Path) -> None:
    command: list[str | Path] = [VENV / "bin" / "uv", "pip", "install", "-q", "--require-hashes"]
    command += ["--python", target / "bin" / "python", "-r", pins]
    processes.run(f"packages of {pins.name}", command, log, _clean())


def _fetch_node(log: Path) -> None:
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    processes.run("npm ci", command, log, _clean(), ROOT)


def _maven(goal: str, *arguments: str) -> list[str | Path]:
    plugin = f"org.apache.maven.plugins:maven-dependency-plugin:3.6.1:{goal}"
    return ["mvn", "-B", "-q", "-ntp", plugin, *arguments]


def _fetch_s3_plugin(flink: Flink, log: Path) -> None:
    artifact = f"-Dartifact=org.apache.flink:flink-s3-fs-hadoop:{flink.s3}"
    command = _maven("copy", artifact, f"-DoutputDirectory={flink.s3_plugin.parent}")
    processes.run("Flink's S3 plugin", command, log, _clean(), STAMPS)


def _fetch_kafka(log: Path) -> None:
    """A broker's jars, from a project that depends on nothing else."""
    pom = ROOT / "local" / "kafka" / "pom.xml"
    shutil.rmtree(KAFKA, ignore_errors=True)
    command = _maven("copy-dependencies", f"-DoutputDirectory={KAFKA}", "-f", str(pom))
    processes.run("Kafka", command, log, _clean(), STAMPS)


def _warm_jsii(log: Path) -> None:
    """Let jsii finish the index of aws-cdk-lib that short runs never live to see.

    With it an import takes 0.4 s instead of 1.5 to 2. It is built in the background of a process
    that uses aws_cdk, once a machine, and dies with it.
    """
    code = """
import pathlib, time, aws_cdk, cdk_nag
home = pathlib.Path.home()
caches = (home / ".cache/aws/jsii/package-cache", home / "Library/Caches/com.amazonaws.jsii")
deadline = time.monotonic() + 30
def indexed(package):
    return any(next(cache.glob(f"**/{package}/*/*/.jsii.runtime.v*"), None) for cache in caches)
while time.monotonic() < deadline and not (indexed("aws-cdk-lib") and indexed("cdk-nag")):
    time.sleep(0.25)
"""
    quiet = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
    command: list[str | Path] = [VENV / "bin" / "python", "-c", code]
    processes.run("jsii's index", command, log, {**_clean(), **quiet})


def _clean() -> dict[str, str]:
    """Return the environment without what would send tools into another virtual environment."""
    unwanted = {
        "CONDA_PREFIX",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONHOME",
        "PYTHONPATH",
        "UV_PYTHON",
        "VIRTUAL_ENV",
    }
    return {key: value for key, value in os.environ.items() if key not in unwanted}


PARTS = (
    Part(
        name="uv",
        waits_for="pip",
        source=ROOT / "local" / "requirements-uv.txt",
        result=VENV / "bin" / "uv",
        fetch=_fetch_uv,
    ),
    Part(
        name="python",
        waits_for="the packages of requirements.txt",
        source=ROOT / "requirements.txt",
        result=VENV / "bin" / "pytest",
        fetch=_fetch_python,
        after="uv",
    ),
    Part(
        name="jsii",
        waits_for="the index of aws-cdk-lib",
        source=ROOT / "requirements.txt",
        result=VENV / "bin" / "python",
        fetch=_warm_jsii,
        after="python",
    ),
    Part(
        name="node",
        waits_for="npm ci",
        source=ROOT / "package-lock.json",
        result=ROOT / "node_modules" / ".bin" / "cdk",
        fetch=_fetch_node,
    ),
    Part(
        name="emulator",
        waits_for="the emulator's packages",
        source=ROOT / "local" / "requirements-emulator.txt",
        result=EMULATOR / "bin" / "python",
        fetch=_fetch_emulator,
        after="uv",
    ),
    *(
        Part(
            name=flink.parts[0],
            waits_for=f"Flink {flink.version} itself, about 450 MB",
            source=_pins(flink),
            result=flink.python,
            fetch=partial(_fetch_flink, flink),
            after="uv",
        )
        for flink in FLINKS
    ),
    *(
        Part(
            name=flink.parts[1],
            waits_for="Maven",
            source=None,
            detail=flink.s3,
            result=flink.s3_plugin,
            fetch=partial(_fetch_s3_plugin, flink),
        )
        for flink in FLINKS
    ),
    Part(
        name="kafka",
        waits_for="a Kafka broker, about 50 MB",
        source=ROOT / "local" / "kafka" / "pom.xml",
        result=KAFKA,
        fetch=_fetch_kafka,
    ),
)


def prepare(group: str) -> None:
    """Fetch what a group of make targets needs and is not there yet."""
    wanted = [part for part in PARTS if part.name in GROUPS[group]]
    if all(part.ready() for part in wanted):
        return
    with Progress() as progress:
        progress.say("Setting up (once; downloads 1 to 2 GB for a whole set-up):")
        with locked():
            make_all([part for part in wanted if not part.ready()], progress)


def main(arguments: list[str] | None = None) -> int:
    """Prepare a group of parts; 1 when something could not be had."""
    parser = argparse.ArgumentParser(prog="toolchain", description=__doc__)
    parser.add_argument("group", choices=sorted(GROUPS))
    group = parser.parse_args(arguments).group
    with processes.interruptible():
        try:
            prepare(group)
        except LocalError as error:
            print(error.told(), file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("interrupted: the set-up goes on where it was when it is run again")
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
