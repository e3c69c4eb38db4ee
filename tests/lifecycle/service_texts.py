"""A failed start in the service's own texts, as public reports show them; names are neutral.

The operation's error begins with a preface and the service's REST handler, and has the cause, if at
all, at its end, behind dozens of frames on the same line. What Python raised is in the log alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PREFACE = (
    "Amazon Managed Service for Apache Flink failed to transition the application to the desired "
    "state. The application is being transitioned to READY state. Please investigate the "
    "following error. "
)
REST_HANDLER = (
    "org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute application."
)
EXITED = "java.lang.RuntimeException: Python process exits with code: 1"
_FRAMES = tuple(
    f"at java.base/java.util.concurrent.CompletableFuture.step(CompletableFuture.java:{number})"
    for number in range(700, 730)
)
_DRIVER = "org.apache.flink.client.python.PythonDriver"
_HANDLER = "org.apache.flink.runtime.webmonitor.handlers.JarRunOverrideHandler"


@dataclass(frozen=True)
class Record:
    """One record of the application's log."""

    level: str
    logger: str
    message: str
    throwable: str = ""


def operation_error(error: str, *, python: bool) -> str:
    """What DescribeApplicationOperation says; for Python without what Python said."""
    return PREFACE + " ".join(_trace(error, python=python))


def records(error: str, *, python: bool) -> Iterator[Record]:
    """What the log has, in the order in which it is written."""
    if python:
        yield Record("INFO", _DRIVER, f"{'-' * 27} Python Process Started {'-' * 26}")
        for line in (
            "reading the properties",
            "Traceback (most recent call last):",
            '  File "/tmp/pyflink/main.py", line 12, in <module>',
            "    main()",
            *error.splitlines(),
        ):
            yield Record("INFO", _DRIVER, line)
        yield Record("INFO", _DRIVER, f"{'-' * 27} Python Process Exited {'-' * 27}")
        yield Record("ERROR", _DRIVER, "Run python process failed", f"{EXITED}\n\t{_FRAMES[0]}")
    trace = list(_trace(error, python=python))
    yield Record("WARN", _HANDLER, "Could not execute application: ", "\n".join(trace[1:]))
    yield Record(
        "ERROR", _HANDLER, "Exception occurred in REST handler: Could not execute application."
    )
    yield Record("ERROR", _HANDLER, " ".join(trace))


def _trace(error: str, *, python: bool) -> Iterator[str]:
    yield REST_HANDLER
    yield from _FRAMES
    cause = EXITED if python else error
    yield (
        "Caused by: java.util.concurrent.CompletionException: "
        "org.apache.flink.client.program.ProgramInvocationException: The main method caused an "
        f"error: {cause}"
    )
    yield from _FRAMES
    if python:
        yield f"Caused by: org.apache.flink.client.program.ProgramAbortException: {EXITED}"
        yield "at org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:134)"
    yield f"Caused by: {cause}"
    yield (
        "at com.example.Job.main(Job.java:12)"
        if not python
        else ("at org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:124)")
    )
    yield "... 17 more"
