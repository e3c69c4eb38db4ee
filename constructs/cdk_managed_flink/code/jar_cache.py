"""Builds the connectors' jar with Maven, once for each content."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cdk_managed_flink.code.pom import GOALS, JAR, PACKAGER_VERSION

if sys.platform != "win32":
    import fcntl


class PackagingError(RuntimeError):
    """The code could not be packaged, for a reason outside of the app."""


def jar_of(pom: str, sources: Mapping[str, bytes]) -> Path:
    """The jar that a Maven project gives, from the user's cache or built into it.

    Maven runs with the user's own settings, mirrors and local repository.

    Args:
        pom: The project's pom.xml.
        sources: Its other files by their paths.

    Raises:
        PackagingError: There is no Maven, or it failed.
    """
    folder = _cache() / "connectors"
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(f"{PACKAGER_VERSION}\n{pom}".encode())
    for path, content in sorted(sources.items()):
        digest.update(f"\n{path}\n".encode() + content)
    key = digest.hexdigest()[:32]
    jar = folder / f"{key}.jar"
    if jar.exists():
        return jar
    with _locked(folder / f"{key}.lock"):
        if not jar.exists():  # another process may have built it meanwhile
            _build({**sources, "pom.xml": pom.encode()}, jar)
    return jar


def _build(project: Mapping[str, bytes], jar: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise PackagingError(
            "FlinkCode: the connectors' jar is built by Maven, and there is no mvn on the PATH. "
            "Install Apache Maven 3.8 or later and Java 17 (https://maven.apache.org/install)."
        )
    log = jar.with_suffix(".log")
    with tempfile.TemporaryDirectory(dir=jar.parent) as work:
        for path, content in project.items():
            file = Path(work, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        print(f"Building the connectors' jar with Maven, once (log: {log})", file=sys.stderr)
        with log.open("wb") as output:
            # No colours whatever MAVEN_ARGS say: the reason is read from the log.
            status = subprocess.run(
                [
                    maven,
                    "-q",
                    "-B",
                    "-Dstyle.color=never",
                    "-f",
                    str(Path(work, "pom.xml")),
                    *GOALS,
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                check=False,
            ).returncode
        built = Path(work, "target", JAR)
        if status or not built.exists():
            raise PackagingError(
                f"FlinkCode: Maven could not build the connectors' jar: {_reason(log)} "
                f"The whole log: {log}"
            )
        built.replace(jar)
    log.unlink()


def _reason(log: Path) -> str:
    """Maven's own reason: its first error; after it come only hints on how to run it again."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("[ERROR]").strip() for line in lines if line.startswith("[ERROR]")]
    told = next((error for error in errors if error), lines[-1] if lines else "it said nothing")
    return told.split(" -> [Help")[0].rstrip(".") + "."


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cdk-managed-flink"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time build; the rename is atomic, so this only saves work."""
    with path.open("a") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
