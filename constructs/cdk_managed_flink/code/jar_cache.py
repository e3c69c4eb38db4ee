"""Builds the connectors' jar with Maven, once for each content."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdk_managed_flink.code.pom import JAR, PACKAGER_VERSION

if sys.platform != "win32":
    import fcntl


class PackagingError(RuntimeError):
    """The code could not be packaged, for a reason outside of the app."""


def jar_of(pom: str) -> Path:
    """The jar that a pom.xml describes, from the user's cache or built into it.

    Maven runs with the user's own settings, mirrors and local repository.

    Raises:
        PackagingError: There is no Maven, or it failed.
    """
    folder = _cache() / "connectors"
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(f"{PACKAGER_VERSION}\n{pom}".encode()).hexdigest()[:32]
    jar = folder / f"{key}.jar"
    if jar.exists():
        return jar
    with _locked(folder / f"{key}.lock"):
        if not jar.exists():  # another process may have built it meanwhile
            _build(pom, jar)
    return jar


def _build(pom: str, jar: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise PackagingError(
            "FlinkCode: the connectors' jar is built by Maven, and there is no mvn on the PATH. "
            "Install Apache Maven 3.8 or later and Java 17 (https://maven.apache.org/install)."
        )
    log = jar.with_suffix(".log")
    with tempfile.TemporaryDirectory(dir=jar.parent) as work:
        project = Path(work, "pom.xml")
        project.write_text(pom, encoding="utf-8")
        print(f"Building the connectors' jar with Maven, once (log: {log})", file=sys.stderr)
        with log.open("wb") as output:
            # No colours whatever MAVEN_ARGS say: the reason is read from the log.
            status = subprocess.run(
                [maven, "-q", "-B", "-Dstyle.color=never", "-f", str(project), "package"],
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
