"""Runs a SQL script as one Flink job."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from itertools import takewhile
from pathlib import Path
from typing import Any

from .lexing import SqlError
from .properties import PropertyError, PropertyGroups
from .rendering import masked, rendered
from .settings import why_without_effect
from .statements import Statement, StatementKind, statements
from .tables import resolved_groups

SCRIPT = "job.sql"
_TABLE = re.compile(r"\btable '(?:[^'.]*\.)*([^'.]+)'")
# Frames, py4j's first line, and the hundred tokens that Flink's parser would have taken.
_NOISE = re.compile(
    r"\s+at |\s+\.{3} \d+ more|An error occurred while calling|Was expecting one of:"
    r'|\s+["<].* \.{3}\s*$|\s*<EOF>\s*$'
)


class JobError(RuntimeError):
    """A script that did not become a job: file, line, statement and reason, secrets masked."""


@dataclass(frozen=True)
class Job:
    """A script, read, and what its placeholders stand for."""

    file: str
    statements: Sequence[Statement]
    groups: PropertyGroups

    @classmethod
    def read(cls, file: str, script: str, groups: PropertyGroups) -> "Job":
        """Read a script.

        Raises:
            JobError: It cannot be read, makes a setting that the service ignores, or inserts
                nothing.
        """
        try:
            found = statements(script)
        except SqlError as error:
            raise JobError(error.within(file)) from None
        for statement in found:
            if statement.kind is StatementKind.SET:
                why = why_without_effect(statement.target)
                if why:
                    raise JobError(f"{file}:{statement.line}: SET '{statement.target}': {why}")
        if all(statement.kind is not StatementKind.INSERT for statement in found):
            raise JobError(f"{file}: there is no INSERT in it, so there is nothing to run")
        return cls(file, found, groups)

    def submit(self, functions: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        """Define everything, then start all INSERTs as one job; returns Flink's TableResult.

        Args:
            functions: Functions of Python's own, by the names that the script calls them by.
                Default: none.
        """
        inserts = self._planned({}, functions or {}, told=_print)
        with self._placed():
            return inserts.execute()

    def explain(self, settings: dict[str, str]) -> str:
        """The plan of the one job that all INSERTs become; runs nothing.

        Args:
            settings: Further settings, such as ``pipeline.jars``.
        """
        inserts = self._planned(settings, {}, told=lambda _: None)
        with self._placed():
            return masked(str(inserts.explain()), self.groups)

    def _planned(
        self,
        settings: Mapping[str, str],
        functions: Mapping[str, Any],
        *,
        told: Callable[[str], None],
    ) -> Any:  # noqa: ANN401
        """The statement set with every INSERT, after everything else was done in order."""
        from pyflink.common import Configuration
        from pyflink.table import EnvironmentSettings, TableEnvironment

        # Some settings, such as the runtime mode, count only when the environment is made. Nothing
        # is set here about checkpoints, state or parallelism: the application decides.
        configuration = Configuration()
        for key, value in settings.items():
            configuration.set_string(key, value)
        leading = list(takewhile(lambda s: s.kind is StatementKind.SET, self.statements))
        for statement in leading:
            configuration.set_string(statement.target, statement.value)
        environment = TableEnvironment.create(
            EnvironmentSettings.new_instance().with_configuration(configuration).build()
        )
        for name, function in functions.items():
            environment.create_temporary_system_function(name, function)
        inserts = environment.create_statement_set()
        for statement in self.statements[len(leading) :]:
            with self._placed(statement):
                if statement.kind is StatementKind.SET:
                    environment.get_config().set(statement.target, statement.value)
                elif statement.kind is StatementKind.INSERT:
                    inserts.add_insert_sql(self._in_place(statement))
                else:
                    environment.execute_sql(self._in_place(statement))
            told(f"{self.file}:{statement.line}: {statement.title}")
        return inserts

    def _in_place(self, statement: Statement) -> str:
        """The rendered statement on its own line, so that Flink's parser names the script's."""
        return "\n" * (statement.line - 1) + rendered(statement, self.groups)

    @contextmanager
    def _placed(self, statement: Statement | None = None) -> Iterator[None]:
        """Give an error of Flink its place in the script, and mask what it quotes.

        Without a statement it is the whole job that is planned: the place is then the CREATE of
        the table that Flink names.
        """
        try:
            yield
        except PropertyError as error:
            reason = str(error)
        except Exception as error:
            reason = masked(reason_of(str(error)), self.groups)
        else:
            return
        statement = statement or self._creation_of(_TABLE.search(reason))
        place = f"{self.file}:{statement.line}: {statement.title}" if statement else self.file
        # from None: the error of Flink quotes options as they are.
        raise JobError(f"{place}: {reason}") from None

    def _creation_of(self, table: re.Match[str] | None) -> Statement | None:
        return next(
            (
                statement
                for statement in self.statements
                if statement.kind is StatementKind.CREATE_TABLE
                and table is not None
                and statement.target == table[1]
            ),
            None,
        )


def reason_of(trace: str) -> str:
    """The causes in a Java stack trace, the root first; without frames and what was expected."""
    lines = [line for line in trace.splitlines() if line.strip() and not _NOISE.match(line)]
    causes: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("Caused by: "):
            causes.append([line.removeprefix("Caused by: ")])
        else:
            causes[-1].append(line.removeprefix(": "))
    told: list[str] = []
    for text in ("\n".join(cause) for cause in reversed(causes) if cause):
        if told and text.endswith(told[-1].partition(": ")[2] or told[-1]):
            told.pop()  # says the same and more, such as the line
        told.append(text)
    return "\n  in: ".join(told)


def packaged() -> Job:
    """The script in this package, with the application's property groups.

    Raises:
        JobError: The script cannot be a job.
        PropertyError: The property groups cannot be read.
        SecretError: A secret that they refer to cannot be read.
    """
    script = files(__package__).joinpath("sql", SCRIPT).read_text(encoding="utf-8-sig")
    return Job.read(SCRIPT, script, resolved_groups())


def run_script(path: str, *, functions: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
    """Run a SQL script of a job in Python as one job, as a SQL job is run.

    Args:
        path: The script, from the folder of the job's modules.
        functions: What the script calls, by name, as ``udf``, ``udtf`` or ``udaf`` of PyFlink
            made it. Default: Flink's own functions alone.

    Returns:
        Flink's TableResult.

    Raises:
        JobError: There is no such script, or it did not become a job: file, line and reason.
        PropertyError: The property groups cannot be read.
        SecretError: A secret that they refer to cannot be read.
    """
    # Where modules are imported from: Flink runs a copy of the main program elsewhere.
    found = next((file for entry in sys.path if (file := Path(entry, path)).is_file()), None)
    if found is None:
        raise JobError(f"{path}: there is no such file beside the job's modules")
    job = Job.read(path, found.read_text(encoding="utf-8-sig"), resolved_groups())
    return job.submit(functions)


def main() -> None:
    """Run the script in this package as one job."""
    packaged().submit()


def _print(line: str) -> None:
    # Not logging: what PyFlink imports sets that up anew, and loggers made before fall silent.
    print(line, flush=True)
