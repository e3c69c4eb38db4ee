"""What the service's log lines say of a job's failures. Pure: reads text, calls nothing."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .reason import one_line

# Flink says these of a failure whose cause stands in another record.
_SECOND_HAND = (
    "Partial recovery is not supported",
    "Recovery is suppressed by",
    "Restarting the job",
    "Connection unexpectedly closed by remote task manager",
    "Lost connection to task manager",
    "JobManager is shutting down",
    "The TaskExecutor is shutting down",
)
_JOB_SWITCH = re.compile(r"^Job .+ switched from state \w+ to (?P<state>FAILING|FAILED|RESTARTING)")
_TASK_FAILED = re.compile(
    # The job's process leaves out the attempt (`#0`); the execution's id holds it in both.
    r"^(?P<subtask>.+ \(\d+/\d+\))(?:#\d+)? \((?P<execution>\w+)\) switched from \w+ to FAILED"
)
_CAUSED_BY = re.compile(r"^Caused by: ", re.MULTILINE)
_FRAME = re.compile(r"^\s*(?:at \S|\.\.\. \d+ (?:more|common frames))", re.MULTILINE)
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class LogLine:
    """One of the service's JSON lines, as far as it matters here."""

    message: str
    throwable: str
    level: str

    @classmethod
    def of(cls, text: str) -> LogLine:
        """Reads a line; one that is no JSON object is all message."""
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            return cls(message=text, throwable="", level="")
        throwable = fields.get("throwableInformation") or ""
        if isinstance(throwable, list):
            throwable = "\n".join(str(line) for line in throwable)
        return cls(
            message=str(fields.get("message") or ""),
            throwable=str(throwable),
            level=str(fields.get("messageType") or ""),
        )


@dataclass(frozen=True)
class Failures:
    """The failures of one run of a job."""

    count: int = 0
    dead: bool = False
    cause: str = ""


def failures(lines: Iterable[LogLine]) -> Failures:
    """Counts failures and finds what began them; `lines` are oldest first.

    One failure is logged several times: by the task's process and by the job's, once a subtask,
    and as a switch of the job. So the count is the larger of two that each see it once: the
    job's restarts, and the failed attempts of whichever subtask failed most.
    """
    restarts = 0
    dead = False
    attempts: defaultdict[str, set[str]] = defaultdict(set)
    texts: list[str] = []
    for line in lines:
        job = _JOB_SWITCH.match(line.message)
        task = None if job else _TASK_FAILED.match(line.message)
        if job:
            restarts += job["state"] == "RESTARTING"
            dead = dead or job["state"] != "RESTARTING"
        elif task:
            attempts[task["subtask"]].add(task["execution"])
        if job or task:
            texts.append(line.throwable or _after_first_line(line.message))
    most = max((len(seen) for seen in attempts.values()), default=0)
    return Failures(count=max(restarts, most, int(dead)), dead=dead, cause=first_cause(texts))


def error_cause(lines: Iterable[LogLine]) -> str:
    """The first error in the log that carries an exception, else the first error."""
    errors = [line for line in lines if line.level == "ERROR"]
    with_exception = first_cause([line.throwable for line in errors])
    return with_exception or (one_line(errors[0].message) if errors else "")


def first_cause(throwables: Sequence[str]) -> str:
    """The root of the first exception that is not the echo of another one."""
    roots = [root_cause(throwable) for throwable in throwables if throwable.strip()]
    own = (root for root in roots if not any(phrase in root for phrase in _SECOND_HAND))
    return next(own, roots[0] if roots else "")


def root_cause(throwable: str) -> str:
    """The innermost `Caused by` of a Java stack trace, or the last line of Python's."""
    innermost = _CAUSED_BY.split(throwable)[-1]
    frame = _FRAME.search(innermost)
    message = innermost[: frame.start()] if frame else innermost
    if _TRACEBACK in message:
        lines = message[message.rindex(_TRACEBACK) + len(_TRACEBACK) :].splitlines()
        raised = (line for line in lines if line.strip() and not line[0].isspace())
        return one_line(next(raised, message))
    return one_line(message)


def _after_first_line(message: str) -> str:
    return message.partition("\n")[2]
