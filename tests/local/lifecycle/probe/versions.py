"""The probe's other versions, each an edit of `job.sql`: healthy ones, sick ones, changed state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

SQL: Final = Path(__file__).with_name("job.sql").read_text(encoding="utf-8")

# How often, in seconds, a slowly restarting version fails.
PERIOD: Final = 5

Edit = Callable[[str], str]


def healthy(sql: str) -> str:
    """The job as it is; only its name in the rows is another."""
    return sql


def throws_at_start(sql: str) -> str:
    """Does not become a job: Flink knows no such function, which synth can't know."""
    return _number(sql, "CALIBRATED(number)")


def throws_on_every_tenth(sql: str) -> str:
    """Divides by zero on each tenth event, so again on the same one after each restart."""
    return _number(sql, "number / CASE WHEN MOD(number, 10) = 0 THEN 0 ELSE 1 END")


def restarts_slowly(sql: str) -> str:
    """Fails during one second in `PERIOD`, and works and commits in between.

    The clock decides, not the event: what failed goes through after the restart.
    """
    return _number(sql, f"number / CASE WHEN MOD(UNIX_TIMESTAMP(), {PERIOD}) = 0 THEN 0 ELSE 1 END")


def hangs(sql: str) -> str:
    """Is busy for ever with one text, on each tenth event.

    The pattern tries every way to split the text; its back reference keeps Java from remembering
    what it has tried. The task is RUNNING, nothing fails and nothing restarts, but no barrier gets
    through.
    """
    text = "REPEAT('a', 60) || CAST(number AS STRING)"
    busy = rf"CHAR_LENGTH(REGEXP_REPLACE({text}, '^(a|aa)+\1$', ''))"
    return _number(sql, f"number + CASE WHEN MOD(number, 10) = 0 THEN 0 * {busy} ELSE 0 END")


def runs_out_of_memory(sql: str) -> str:
    """Builds a text of a gigabyte on each tenth event."""
    large = "CHAR_LENGTH(REPEAT(sensor, 300000000))"
    return _number(sql, f"number + CASE WHEN MOD(number, 10) = 0 THEN 0 * {large} ELSE 0 END")


def counts_more(sql: str) -> str:
    """Another aggregate in the same operator: its state has another form than the old one's."""
    count = "COUNT(*) OVER (PARTITION BY sensor ORDER BY read_at)"
    return _replace(sql, count, f"{count} + 0 * {count.replace('COUNT(*)', 'MAX(number)')}")


def drops_repetitions(sql: str) -> str:
    """An operator before the count: to Flink, the count is then another operator too."""
    return _replace(
        sql,
        "FROM events;",
        "FROM (\n"
        "  SELECT *, ROW_NUMBER() OVER (PARTITION BY number ORDER BY read_at) AS occurrence\n"
        "  FROM events\n"
        ") WHERE occurrence = 1;",
    )


def version(edit: Edit, label: str) -> str:
    """The edited job; its rows carry the label."""
    return _replace(edit(SQL), "'1' AS job_version", f"'{label}' AS job_version")


def _number(sql: str, expression: str) -> str:
    """The job with another expression for the number that its rows carry."""
    return _replace(sql, "SELECT\n  number,\n", f"SELECT\n  {expression} AS number,\n")


def _replace(sql: str, old: str, new: str) -> str:
    found = sql.count(old)
    if found != 1:
        raise ValueError(f"job.sql has {old!r} {found} times, not once: adjust versions.py")
    return sql.replace(old, new)
