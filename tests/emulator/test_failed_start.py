"""What a failed main leaves in the operation, and that one which died unheard is run again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from managed_flink_local.emulator.flink.client import (
    RUN_OPTIONS,
    Submission,
    run_arguments,
    submit,
)
from managed_flink_local.emulator.flink.rest import FlinkError, root_cause
from managed_flink_local.emulator.flink.service_text import failed_start

PYTHON = """\
Traceback (most recent call last):
  File "/x/main.py", line 9, in <module>
    raise ValueError("main says no")
ValueError: main says no
org.apache.flink.client.program.ProgramAbortException
Caused by: java.lang.RuntimeException: Python process exits with code: 1
"""
BOTH = """\
Traceback (most recent call last):
  File "/x/pyflink/util/exceptions.py", line 162, in deco
    raise java_exception
pyflink.util.exceptions.TableException: org.apache.flink.table.api.TableException: Failed to execute
\tat org.apache.flink.table.api.internal.X(Y.java:1)
Caused by: org.apache.flink.runtime.client.JobInitializationException: Could not start
Caused by: java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint file:/x
org.apache.flink.client.program.ProgramAbortException
Caused by: java.lang.RuntimeException: Python process exits with code: 1
"""
JAVA = """\
 The program finished with the following exception:

org.apache.flink.client.program.ProgramInvocationException: The main method caused an error
\tat a.b.C(D.java:1)
Caused by: org.apache.flink.table.api.ValidationException: outer
\tat a.b.C(D.java:1)
Caused by: org.apache.flink.sql.parser.error.SqlValidateException: Column 'x' not found
\t... 3 more
"""


def test_a_failed_operation_says_what_the_service_says() -> None:
    """Without the cause, which the API's 512 characters cut off."""
    for trace in (PYTHON, BOTH, JAVA):
        text = failed_start(trace)
        assert text.startswith("Amazon Managed Service for Apache Flink failed to transition the")
        assert "RestHandlerException: Could not execute application. at org.apache" in text
        assert len(text) == 512
        assert "main says no" not in text


UNHEARD = """\
org.apache.flink.client.program.ProgramAbortException: java.lang.RuntimeException: Failed to start
Caused by: java.lang.RuntimeException: Failed to start Python process.
"""


def submit_to(directory: Path, outputs: list[str]) -> None:
    """Submit to a client that fails and says one of these a run: all are said, none twice.

    The client and its cluster are doubles: Flink loses the words of a main by the race of two
    processes only.
    """
    for number, output in enumerate(outputs):
        (directory / str(number)).write_text(output)
    runs = directory / "runs"
    java = directory / "java"
    java.write_text(
        f'#!/bin/sh\ncd {directory}\necho >> runs\ncat "$(($(wc -l < runs) - 1))"\nexit 1\n'
    )
    java.chmod(0o755)
    cluster = SimpleNamespace(
        logs=directory,
        closed=False,
        environment={"PATH": "/usr/bin:/bin"},
        ports=SimpleNamespace(rest=1),
        java_arguments=lambda name: [],
        hold=lambda process: None,
        release=lambda process: None,
        process_id=lambda name: 1,
    )
    submission = Submission(
        job_id="0", arguments=[], code=directory, settings={}, java=str(java), heap=1
    )
    try:
        submit(cast("Any", cluster), submission, [])
    finally:
        assert len(runs.read_text().splitlines()) == len(outputs)


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        ([UNHEARD, PYTHON], "Could not execute application"),
        ([JAVA], "Could not execute application"),
        ([UNHEARD] * 3, "Could not execute application"),
    ],
)
def test_main_that_died_unheard_is_run_again(
    tmp_path: Path, outputs: list[str], reason: str
) -> None:
    with pytest.raises(FlinkError, match=reason):
        submit_to(tmp_path, outputs)


def test_root_cause_is_the_innermost() -> None:
    assert root_cause("a.B: x\n\tat c\nCaused by: d.E: y\nCaused by: f.G: z\n") == "f.G: z"


def test_fails_when_the_zip_lacks_what_the_run_options_name(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "main.py").touch()
    groups = [{"PropertyGroupId": RUN_OPTIONS, "PropertyMap": {"python": "main.py"}}]
    assert run_arguments(folder, groups, Path("/py"), folder)[-2:] == [
        "-py",
        str(folder / "main.py"),
    ]
    groups[0]["PropertyMap"] = {"python": "main.py", "jarfile": "lib/connectors.jar"}
    with pytest.raises(FlinkError, match=r"jarfile is 'lib/connectors\.jar', which is not"):
        run_arguments(folder, groups, Path("/py"), folder)
