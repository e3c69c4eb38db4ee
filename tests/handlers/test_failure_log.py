"""Reading failures out of log lines; the files in `logs/` are Flink 1.20's own, frames cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_managed_flink.handlers.managed_flink_lifecycle.rules.failure_log import (
    PYTHON_DRIVER,
    LogLine,
    error_cause,
    failures,
    first_cause,
    is_second_hand,
    python_error,
    root_cause,
)
from tests.lifecycle import service_texts

LOGS = Path(__file__).parent / "logs"
JOB = "Job insert-into_lake (0000000000000000000000000000000a) switched from state"


def recorded(name: str) -> list[LogLine]:
    lines = (LOGS / name).read_text(encoding="utf-8").splitlines()
    return [LogLine.of(json.dumps(json.loads(line)["message"])) for line in lines]


def task(attempt: int, throwable: str = "", *, subtask: str = "1/2") -> LogLine:
    message = f"Source: a[1] ({subtask}) (ab_cd_0_{attempt}) switched from RUNNING to FAILED on x"
    return LogLine(message, throwable, "INFO")


def test_one_failure_is_counted_once_however_often_it_is_logged() -> None:
    lines = recorded("sql-cast-fails.jsonl")
    restarts = [line for line in lines if "to RESTARTING" in line.message]
    assert len(lines) > 2 * len(restarts)  # two subtasks, each logged by both processes
    assert failures(lines).count == len(restarts) == 2


def test_cause_of_a_failing_sql_expression() -> None:
    seen = failures(recorded("sql-cast-fails.jsonl"))
    assert seen.cause.startswith("java.lang.NumberFormatException: For input string: '")
    assert not seen.dead


def test_cause_of_a_failing_python_function_is_pythons_own() -> None:
    assert failures(recorded("python-udf-raises.jsonl")).cause == "ValueError: sick on purpose: é"


def test_cause_hidden_by_the_connector_is_read_from_the_history() -> None:
    """The AWS connectors from 5.0 on turn every failure into a global restart."""
    hidden = (
        "org.apache.flink.util.FlinkException: Partial recovery is not supported\n\tat a.B.c(D)"
    )
    own = (
        "java.lang.RuntimeException: outer\n\tat a.B.c(D.java:1)\nCaused by: x.Y: bad row\n\tat e.F"
    )
    lines = [task(0, hidden), LogLine(f"{JOB} RUNNING to RESTARTING.", "", "INFO"), task(1, own)]
    assert failures(lines).cause == "x.Y: bad row"
    assert failures(lines[:1]).cause.endswith("Partial recovery is not supported")


def test_attempts_count_where_the_jobs_own_switches_are_missing() -> None:
    assert failures([task(0), task(0), task(1), task(0, subtask="2/2")]).count == 2


@pytest.mark.parametrize("state", ["FAILING", "FAILED"])
def test_job_that_ends_is_dead(state: str) -> None:
    seen = failures([LogLine(f"{JOB} RUNNING to {state}.", "x.Y: z\n\tat a.b(C)", "INFO")])
    assert (seen.dead, seen.count, seen.cause) == (True, 1, "x.Y: z")


@pytest.mark.parametrize(
    "message",
    [
        "Un-registering task and sending final execution state FAILED to JobManager for task a",
        "Source: a[1] (1/2)#0 (ab_cd_0_0) switched from RUNNING to CANCELING.",
        f"{JOB} RESTARTING to RUNNING.",
        "someone's log line about a job that went to FAILED",
    ],
)
def test_other_lines_are_no_failures(message: str) -> None:
    assert failures([LogLine(message, "x.Y: z", "INFO")]).count == 0


@pytest.mark.parametrize(
    ("throwable", "root"),
    [
        ("x.Y: plain", "x.Y: plain"),
        ("x.Y: two\nlines\n\tat a.B.c(D.java:1)", "x.Y: two lines"),
        ("a: b\n\tat q.w(E)\nCaused by: c: d\n\tat q.w(E)\n\t... 3 more", "c: d"),
        (
            "a: b\n\tat q.w(E)\n\tSuppressed: s: t\n\t\tat q.w(E)\n\tCaused by: u: v\n\t\tat q.w",
            "a: b",
        ),
        ("", ""),
    ],
)
def test_root_cause(throwable: str, root: str) -> None:
    assert root_cause(throwable) == root


def test_lines_that_are_no_json_and_lists_of_frames_are_read() -> None:
    assert LogLine.of("Traceback").message == "Traceback"
    assert LogLine.of("[1, 2]").message == "[1, 2]"
    line = LogLine.of('{"message": null, "throwableInformation": ["a: b", "\\tat c.d(E)"]}')
    assert root_cause(line.throwable) == "a: b"


def test_error_of_a_job_that_was_never_submitted() -> None:
    lines = [
        LogLine("only said", "", "ERROR"),
        LogLine("main failed", "a: b\nCaused by: py4j.X: no table\n\tat c.d(E)", "ERROR"),
        LogLine("no error", "x.Y: z", "INFO"),
    ]
    assert error_cause(lines) == "py4j.X: no table"
    assert error_cause(lines[:1]) == "only said"
    assert error_cause([]) == first_cause([]) == ""


@pytest.mark.parametrize("python", [False, True])
def test_the_services_texts_lead_to_the_jobs_own_line(python: bool) -> None:
    error = (
        "managed_flink_job.JobError: job.sql:3:8: Column 'pagee' not found in any table"
        if python
        else "java.lang.UnsupportedClassVersionError: com/example/Job has been compiled by a more "
        "recent version of the Java Runtime (class file version 61.0)"
    )
    lines = [
        LogLine(record.message, record.throwable, record.level, record.logger)
        for record in service_texts.records(error, python=python)
    ]
    assert error_cause(lines) == error
    assert error_cause(list(reversed(lines))) != ""
    told = root_cause(service_texts.operation_error(error, python=python))
    assert is_second_hand(told) if python else told == error


def test_what_only_passed_python_has_javas_cause_as_well() -> None:
    printed = (
        "Traceback (most recent call last):",
        '  File "main.py", line 4, in <module>',
        "pyflink.util.exceptions.TableException: org.apache.flink.table.api.ValidationException: "
        "SQL validation failed.",
        "\tat org.apache.flink.table.X.y(X.java:1)",
        "Caused by: org.apache.calcite.Z: Column 'pagee' not found in any table",
        "\tat org.apache.calcite.X.y(X.java:1)",
    )
    raised = python_error([LogLine(line, "", "INFO", PYTHON_DRIVER) for line in printed])
    assert raised.startswith("pyflink.util.exceptions.TableException: ")
    assert raised.endswith(
        "(Caused by: org.apache.calcite.Z: Column 'pagee' not found in any table)"
    )


@pytest.mark.parametrize(
    ("printed", "raised"),
    [
        (
            ["started", '  File "main.py", line 1', "    x =", "SyntaxError: invalid syntax"],
            "SyntaxError: invalid syntax",
        ),
        (["rows so far: 12"], ""),
        (
            ["Traceback (most recent call last):", "  File x", "KeyError: 'a'", "bye"],
            "KeyError: 'a'",
        ),
    ],
)
def test_what_python_printed_and_what_it_raised(printed: list[str], raised: str) -> None:
    lines = [LogLine(line, "", "INFO", PYTHON_DRIVER) for line in printed]
    assert python_error(lines) == raised


def test_the_last_traceback_counts() -> None:
    """The first was caught, or began the chain of exceptions."""
    printed = ["Traceback (most recent call last):", "  File x", "KeyError: 'a'", ""]
    printed += ["During handling of the above exception, another exception occurred:", ""]
    printed += ["Traceback (most recent call last):", "  File y", "ValueError: no column a"]
    lines = [LogLine(line, "", "INFO", PYTHON_DRIVER) for line in printed]
    assert python_error(lines) == "ValueError: no column a"


def test_a_trace_on_one_line_is_cut_at_its_first_frame() -> None:
    text = "a.B: it failed at (12, 3) at com.example.Job.main(Job.java:12) ... 17 more"
    assert root_cause(text) == "a.B: it failed at (12, 3)"
