"""Runs Maven: the user's own, or in a container where there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from cdk_managed_flink.code.packaging.cache import PackagingError

# In Maven's place where there is no mvn; its Java 17 compiles for 11 as well.
IMAGE = "maven:3.9-eclipse-temurin-17"


def run_maven(
    project: Path, arguments: Sequence[str], *, what: str, log: Path, below: str = "."
) -> str:
    """Run Maven on a project, with the user's own settings, mirrors and local repository.

    Returns:
        Its output.

    Args:
        project: The folder that holds all of it.
        arguments: Goals, phases and further options.
        what: What it builds, for messages.
        log: Where its output goes; stays only when Maven fails.
        below: The folder of its pom.xml in that of the project.

    Raises:
        PackagingError: There is neither Maven nor Docker, or it failed.
    """
    maven, docker = shutil.which("mvn"), shutil.which("docker")
    if maven is not None:
        command, folder, note = [maven], str(project), ""
    elif docker is not None:
        command, folder = _in_container(docker, project), "/project"
        note = " (In a container, as there is no mvn on the PATH.)"
    else:
        raise PackagingError(
            f"FlinkCode: {what} is built by Maven, and there is no mvn on the PATH, and no docker "
            "to run it in a container. Install Apache Maven 3.8 or later and Java 17 "
            "(https://maven.apache.org/install), or Docker."
        )
    print(f"Building {what} with Maven, once (log: {log})", file=sys.stderr)
    # No colours, whatever is in MAVEN_ARGS: the reason is read from the log.
    pom = PurePosixPath(folder, below, "pom.xml")
    options = ["-B", "-ntp", "-Dstyle.color=never", "-f", str(pom)]
    with log.open("wb") as output:
        status = subprocess.run(
            [*command, *options, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
    if status:
        raise failure(what, log, note)
    said = log.read_text(encoding="utf-8", errors="replace")
    log.unlink()
    return said


def failure(what: str, log: Path, note: str = "") -> PackagingError:
    """The error of a build, with Maven's own reason."""
    return PackagingError(
        f"FlinkCode: Maven could not build {what}: {_reason(log)}{note} The whole log: {log}"
    )


def _in_container(docker: str, project: Path) -> list[str]:
    """The documented way of the image to run as any user with that user's repository."""
    repository = Path.home() / ".m2"
    repository.mkdir(exist_ok=True)
    user = ["-u", f"{os.getuid()}:{os.getgid()}"] if hasattr(os, "getuid") else []
    return [
        *(docker, "run", "--rm", *user),
        *("-v", f"{project}:/project", "-w", "/project"),
        *("-v", f"{repository}:/var/maven/.m2", "-e", "MAVEN_CONFIG=/var/maven/.m2"),
        *(IMAGE, "mvn", "-Duser.home=/var/maven"),
    ]


def _reason(log: Path) -> str:
    """Maven's own reason: its first error; after it come only hints on how to run it again."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("[ERROR]").strip() for line in lines if line.startswith("[ERROR]")]
    told = next((error for error in errors if error), lines[0] if lines else "it said nothing")
    told = told.split(" -> [Help")[0]
    return told if told.endswith("?") else told.rstrip(".") + "."
