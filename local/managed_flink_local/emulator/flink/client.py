"""`flink run` for one application: what is in its zip becomes a job on a cluster."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from managed_flink_local.emulator.flink.cluster import JVM, Cluster
from managed_flink_local.emulator.flink.rest import FlinkError
from managed_flink_local.emulator.flink.service_text import failed_start

RUN_OPTIONS = "kinesis.analytics.flink.run.options"
# The service gives `main` five minutes to submit its job.
_SUBMIT_SECONDS = 300
_LOOK_SECONDS = 0.5
# Flink looks whether Python lives right after its start, and if it died by then forgets what it
# said: a main that fails at once on a busy machine is run again, to hear its reason.
_UNHEARD = "Failed to start Python process"
_TRIES = 3
# Before it in the client's output is what main printed.
_OF_JAVA = "The program finished with the following exception:"
# Flink's own option for a job that has to keep its id over JobManagers.
_JOB_ID = "$internal.pipeline.job-id"


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


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a job is submitted with, whichever state it starts from."""

    job_id: str
    arguments: list[str]
    code: Path
    settings: dict[str, str]
    java: str
    heap: int


def start_from(savepoint: str | None, *, allow_non_restored_state: bool) -> list[str]:
    """The arguments of a start from a savepoint, or from nothing."""
    if not savepoint:
        return []
    return ["-s", savepoint, *(["-n"] if allow_non_restored_state else [])]


def go_on_from(checkpoint: Path) -> list[str]:
    """The arguments that make a checkpoint of the job's own its present one again."""
    return ["-s", checkpoint.as_uri(), "-claimMode", "CLAIM"]


def submit(cluster: Cluster, submission: Submission, restore: list[str]) -> None:
    """Run the application's main, which submits its job.

    Raises:
        FlinkError: main failed; the message is the service's.
    """
    settings = {**submission.settings, _JOB_ID: submission.job_id}
    command = [
        submission.java,
        *JVM,
        f"-Xmx{submission.heap}m",
        *cluster.java_arguments("client"),
        "org.apache.flink.client.cli.CliFrontend",
        "run",
        "-d",
        "-m",
        f"127.0.0.1:{cluster.ports.rest}",
        *(f"-D{key}={value}" for key, value in settings.items()),
        *restore,
        *submission.arguments,
    ]
    for _ in range(_TRIES):
        code_of_exit, text = _run_main(cluster, command, submission.code)
        if code_of_exit == 0 or _UNHEARD not in text or cluster.closed:
            break
    if cluster.closed:
        raise FlinkError("the application was stopped while it started")
    if code_of_exit != 0:
        raise FlinkError(failed_start(text.partition(_OF_JAVA)[2] or text))
    if f"submitted with JobID {submission.job_id}" not in text:
        raise FlinkError("main ended without submitting a job")


def _run_main(cluster: Cluster, command: list[str], directory: Path) -> tuple[int, str]:
    """The exit code and the output of one run of the client."""
    output = cluster.logs / "client.out"
    with output.open("ab") as out:
        begin = out.tell()
        process = subprocess.Popen(
            command,
            env={**cluster.environment, "PYTHONUNBUFFERED": "1"},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    cluster.hold(process)
    try:
        code_of_exit = _exit_code(process, cluster)
    finally:
        if process.poll() is not None:
            cluster.release(process)
    return code_of_exit, output.read_bytes()[begin:].decode(errors="replace")


def _exit_code(process: subprocess.Popen[bytes], cluster: Cluster) -> int:
    """Wait for main; without a JobManager it would go on asking for one for a minute."""
    deadline = time.monotonic() + _SUBMIT_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=_LOOK_SECONDS)
        if cluster.process_id("jobmanager") is None and not cluster.closed:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise FlinkError("the JobManager died before the job was submitted")
    raise FlinkError(f"main did not submit a job within {_SUBMIT_SECONDS} s")


def write_properties(path: Path, groups: list[dict[str, Any]]) -> None:
    """Write what the service puts at /etc/flink/application_properties.json."""
    path.write_text(json.dumps(groups))
    os.chmod(path, 0o600)
