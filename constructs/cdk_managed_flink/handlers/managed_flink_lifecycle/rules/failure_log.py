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
    "Exception occurred in REST handler",
    "RestHandlerException: Could not execute application",
    "Run python process failed",
    "Python process exits with code",
)
# What Python prints reaches the log through this logger at INFO, one record a line.
PYTHON_DRIVER = "org.apache.flink.client.python.PythonDriver"
_JOB_SWITCH = re.compile(r"^Job .+ switched from state \w+ to (?P<state>FAILING|FAILED|RESTARTING)")
_TASK_FAILED = re.compile(
    # The job's process leaves out the attempt (`#0`); the execution's id holds it in both.
    r"^(?P<subtask>.+ \(\d+/\d+\))(?:#\d+)? \((?P<execution>\w+)\) switched from \w+ to FAILED"
)
_CAUSED_BY = re.compile(r"^Caused by: ", re.MULTILINE)
_FRAME = re.compile(r"^\s*(?:at \S|\.\.\. \d+ (?:more|common frames))", re.MULTILINE)
# The service also writes a trace as one line, with spaces between its frames.
_CAUSED_BY_INLINE = re.compile(r"(?:^| )Caused by: ")
_FRAME_INLINE = re.compile(r" (?:at [\w.$@/<>-]+\.[\w$<>]+\(|\.\.\. \d+ (?:more|common frames))")
_PREFACE = re.compile(
    r"^.{0,400}?Please investigate the following error\. |^.{0,300}? StackTrace: ", re.DOTALL
)
_TRACEBACK = "Traceback (most recent call last):"
_OF_JAVA = ("py4j.", "pyflink.")
_MARKER = re.compile(r"-+ Python Process \w+ -+")


@dataclass(frozen=True)
class LogLine:
    """One of the service's JSON lines, as far as it matters here."""

    message: str
    throwable: str
    level: str
    logger: str = ""

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
            logger=str(fields.get("logger") or ""),
        )

    @property
    def trace(self) -> str:
        """The exception: of its own field, or as the whole message, which the service does too."""
        if self.throwable:
            return self.throwable
        is_trace = _FRAME.search(self.message) or _FRAME_INLINE.search(self.message)
        return self.message if is_trace else ""


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


def error_cause(lines: Sequence[LogLine]) -> str:
    """Why a job never ran: what Python raised, else the first exception, else the first error."""
    if raised := python_error(lines):
        return raised
    errors = [line for line in lines if line.level == "ERROR"]
    with_exception = first_cause([line.trace for line in errors])
    if with_exception and not is_second_hand(with_exception):
        return with_exception
    messages = (one_line(line.message) for line in errors if not line.trace)
    own = (message for message in messages if not is_second_hand(message))
    return next(own, with_exception or (one_line(errors[0].message) if errors else ""))


def python_error(lines: Iterable[LogLine]) -> str:
    """What ended Python's main, from the lines that it printed; empty for a job in Java."""
    printed = [
        line.message
        for line in lines
        if line.logger == PYTHON_DRIVER and line.level == "INFO" and not line.throwable
    ]
    text = "\n".join(line for line in printed if not _MARKER.fullmatch(line.strip()))
    if _TRACEBACK in text:
        return _raised(text)
    unindented = [line for line in text.splitlines() if line.strip() and not line[0].isspace()]
    # A module that is no Python has no traceback; other lines are the job's own output.
    last = unindented[-1] if unindented else ""
    return one_line(last) if re.match(r"\w*(?:Error|Exception|Exit)\b", last) else ""


def is_second_hand(text: str) -> bool:
    """Whether a text only passes on that something failed."""
    return any(phrase in text for phrase in _SECOND_HAND)


def first_cause(throwables: Sequence[str]) -> str:
    """The root of the first exception that is not the echo of another one."""
    roots = [root_cause(throwable) for throwable in throwables if throwable.strip()]
    own = (root for root in roots if not is_second_hand(root))
    return next(own, roots[0] if roots else "")


def root_cause(throwable: str) -> str:
    """The innermost `Caused by` of a Java stack trace, or what Python raised.

    The trace has its frames on lines of their own, or all on one line.
    """
    by_lines = _FRAME.search(throwable) is not None
    innermost = (_CAUSED_BY if by_lines else _CAUSED_BY_INLINE).split(throwable)[-1]
    frame = (_FRAME if by_lines else _FRAME_INLINE).search(innermost)
    message = innermost[: frame.start()] if frame else innermost
    if _TRACEBACK in message:
        return _raised(message)
    return one_line(_PREFACE.sub("", message))


def _raised(text: str) -> str:
    """The exception after the last traceback; with Java's own cause where it only passed Python."""
    lines = text[text.rindex(_TRACEBACK) + len(_TRACEBACK) :].splitlines()
    raised = next((line for line in lines if line.strip() and not line[0].isspace()), text)
    causes = [line for line in lines if line.startswith("Caused by: ")]
    if raised.startswith(_OF_JAVA) and causes:
        return one_line(f"{raised} ({causes[-1]})")
    return one_line(raised)


def _after_first_line(message: str) -> str:
    return message.partition("\n")[2]
