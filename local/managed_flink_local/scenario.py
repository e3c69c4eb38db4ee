"""What a job tells this tool, to be sent to, counted and demonstrated: its scenario.

A job's folder `jobs/<name>` holds a module `scenario` with one, called `SCENARIO`. The tool knows
nothing else of a job: streams, topics, buckets and tables come from the deployed application's own
property groups, under the names that the stack binds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from .failure import LocalError
from .part import ROOT

if TYPE_CHECKING:
    from .comparison import AnyRow, Key

JOBS = ROOT / "jobs"
DEFAULT_JOB = "sensors"
Edit = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record as it is sent.

    Attributes:
        data: The payload.
        key: Records of one key keep their order: a stream's partition key, a message's key.
        partition: The topic's partition, if it is not the key that decides.
    """

    data: bytes
    key: str
    partition: int | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A job's input, what has to come of it, and the versions of it that are deployed.

    Attributes:
        job: The folder's name; the app names the stack by it.
        script: The file that versions edit, below the folder.
        source: The name the stack binds the input under.
        sinks: The names it binds the outputs under, and what identifies a row of each.
        lake: The sink whose rows tell by their `job_version` which version wrote them.
        batches: The records of the acts, by name: `first`, `before_redeploy`, `during_redeploy`,
            `after_redeploy`, and with a sick version `before_sick`, `during_sick`, `after_sick`.
        stream: The first records of an endless input, for `make send`.
        expect: The rows that each sink has to hold once these records were read in this order.
        version_2: The script as its next version, whose lake says 2.
        sick: The script of a version that fails on its first record; None: there is none to show.
        sick_exception: What the error of the failed deploy has to name.
    """

    job: str
    script: str
    source: str
    sinks: Mapping[str, Key]
    lake: str
    batches: Callable[[], Mapping[str, Sequence[Record]]]
    stream: Callable[[int], Sequence[Record]]
    expect: Callable[[Sequence[Record]], Mapping[str, Sequence[AnyRow]]]
    version_2: Edit
    sick: Edit | None = None
    sick_exception: str = ""


def names() -> list[str]:
    """Return the jobs that have a scenario."""
    return sorted(path.parent.name for path in JOBS.glob("*/scenario.py"))


def load(job: str) -> Scenario:
    """Return a job's scenario."""
    if job not in names():
        known = ", ".join(names())
        raise LocalError("looking for the job", f"there is no job {job!r}; JOB= is one of: {known}")
    found: Scenario = import_module(f"jobs.{job}.scenario").SCENARIO
    return found


def replaced(file: str, text: str, old: str, new: str) -> str:
    """Replace what stands in a text once, as versions do.

    Raises:
        ValueError: It does not, or more than once.
    """
    found = text.count(old)
    if found != 1:
        raise ValueError(
            f"{file}: {old!r} is to be replaced by {new!r} and has to stand there exactly once, "
            f"but stands there {found} times. Keep it, or adjust versions.py."
        )
    return text.replace(old, new)
