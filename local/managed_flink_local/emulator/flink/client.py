"""`flink run` for one application: what is in its zip becomes a job on a cluster."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from managed_flink_local.emulator.flink.cluster import JVM, Cluster
from managed_flink_local.emulator.flink.rest import FlinkError

RUN_OPTIONS = "kinesis.analytics.flink.run.options"
# The service gives `main` five minutes to submit its job.
_SUBMIT_SECONDS = 300
_SUBMITTED = re.compile(r"submitted with JobID ([0-9a-f]{32})")


def unpack(archive: Path, directory: Path) -> None:
    """Unpack an application's zip.

    Raises:
        FlinkError: it is no zip file.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(directory)
    except zipfile.BadZipFile as error:
        raise FlinkError(f"the application's code is not a zip file: {error}") from error


def run_arguments(
    code: Path, groups: list[dict[str, Any]], python: Path, archive: Path
) -> list[str]:
    """The arguments that the run-options property group asks for.

    Raises:
        FlinkError: a file that it names is not in the zip.
    """
    options: dict[str, str] = next(
        (g["PropertyMap"] for g in groups if g["PropertyGroupId"] == RUN_OPTIONS), {}
    )
    if not options:
        return [str(archive)]  # A Java application: the "zip" is its jar.
    arguments = ["-pyclientexec", str(python), "-pyexec", str(python)]

    def file(key: str) -> str:
        path = code / options[key]
        if not path.exists():
            raise FlinkError(f"{RUN_OPTIONS}: {key} is {options[key]!r}, which is not in the zip")
        return str(path)

    if "python" not in options:
        raise FlinkError(f"{RUN_OPTIONS}: python is missing, the script to run")
    if "jarfile" in options:
        arguments += ["-j", file("jarfile")]
    if "pyFiles" in options:
        arguments += ["-pyfs", file("pyFiles")]
    if "pyArchives" in options:
        arguments += ["-pyarch", file("pyArchives")]
    return [*arguments, "-py", file("python")]


def submit(
    cluster: Cluster,
    arguments: list[str],
    *,
    code: Path,
    settings: dict[str, str],
    savepoint: str | None,
    allow_non_restored_state: bool,
    java: str,
    heap: int,
) -> str:
    """Run the application's main, which submits its job, and return the job's id.

    Raises:
        FlinkError: main failed; the message is its last words.
    """
    restore: list[str] = []
    if savepoint:
        restore = ["-s", savepoint, *(["-n"] if allow_non_restored_state else [])]
    command = [
        java,
        *JVM,
        f"-Xmx{heap}m",
        *cluster.java_arguments("client"),
        "org.apache.flink.client.cli.CliFrontend",
        "run",
        "-d",
        "-m",
        f"127.0.0.1:{cluster.ports.rest}",
        *(f"-D{key}={value}" for key, value in settings.items()),
        *restore,
        *arguments,
    ]
    output = cluster.logs / "client.out"
    with output.open("ab") as out:
        process = subprocess.Popen(
            command,
            env={**cluster.environment, "PYTHONUNBUFFERED": "1"},
            cwd=code,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    cluster.hold(process)
    try:
        code_of_exit = process.wait(timeout=_SUBMIT_SECONDS)
    except subprocess.TimeoutExpired:
        raise FlinkError(f"main did not submit a job within {_SUBMIT_SECONDS} s") from None
    finally:
        if process.poll() is not None:
            cluster.release(process)
    text = output.read_text(errors="replace")
    if cluster.closed:
        raise FlinkError("the application was stopped while it started")
    found = _SUBMITTED.search(text)
    if code_of_exit != 0:
        raise FlinkError(last_words(text) or f"main ended with exit code {code_of_exit}")
    if found is None:
        raise FlinkError("main ended without submitting a job")
    return found.group(1)


def last_words(text: str) -> str:
    """The reason in the output of a failed client: Python's own, else the innermost cause."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if line.strip().startswith("Caused by:")]
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    if starts:
        # The last line of the traceback that is not indented and not Java's.
        for line in lines[starts[-1] + 1 :]:
            if re.match(r"^[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt)\b", line):
                reason = line.strip()
                java = [c.strip() for c in causes if "ProgramAbort" not in c]
                return f"{reason} ({java[-1]})" if java and "Py4J" in line else reason
    causes = [c for c in causes if "ProgramAbort" not in c and "exit code" not in c]
    if causes:
        return causes[-1].strip().removeprefix("Caused by:").strip()
    errors = [line.strip() for line in lines if "Exception" in line or "Error" in line]
    return (errors or lines or [""])[-1][:1000]


def write_properties(path: Path, groups: list[dict[str, Any]]) -> None:
    """Write what the service puts at /etc/flink/application_properties.json."""
    path.write_text(json.dumps(groups))
    os.chmod(path, 0o600)
