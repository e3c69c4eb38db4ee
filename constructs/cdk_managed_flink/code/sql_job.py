"""A SQL job's folder: its script, read, and the files of its zip."""

import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.job.lexing import SqlError, TokenKind
from cdk_managed_flink.job.settings import why_unwise, why_without_effect
from cdk_managed_flink.job.statements import Statement, StatementKind, statements

SCRIPT = "job.sql"
_ENTRY = "main.py"
FOLDER = "job"
_PACKAGE = f"{FOLDER}/managed_flink_job"
_LOOKS_LIKE_PLACEHOLDER = re.compile(r"(?<!\$)\$\{[\w.-]+\}")
RUN_OPTIONS = {"python": _ENTRY, "pyFiles": f"{FOLDER}/"}


@dataclass(frozen=True)
class SqlJob:
    """A folder with ``job.sql``.

    Attributes:
        path: The folder, as the user wrote it.
    """

    path: Path

    def __post_init__(self) -> None:
        if not self.path.is_dir():
            raise invalid(
                "FlinkCode.from_sql",
                "path",
                str(self.path),
                f"a folder that holds {SCRIPT}",
                f"There is no folder {self.path.absolute()}; a relative path is taken from the "
                "working directory.",
            )
        if not self.script.is_file():
            raise invalid(
                "FlinkCode.from_sql",
                "path",
                str(self.path),
                f"a folder that holds {SCRIPT}",
                f"Name the script {SCRIPT}; the folder's SQL files are: "
                f"{', '.join(path.name for path in self._sql_files) or 'none'}.",
            )
        problems = [
            f"{self.script}:{setting.line}: SET '{setting.target}' has no effect on the service: "
            f"{why}."
            for setting in self._settings
            if (why := why_without_effect(setting.target))
        ]
        if all(statement.kind is not StatementKind.INSERT for statement in self.statements):
            problems.append(
                f"{self.script}: there is no INSERT in it, so there is nothing to run: "
                "INSERT INTO a table that is created WITH the options of a sink."
            )
        if problems:
            raise ValueError("\n".join(problems))

    @property
    def script(self) -> Path:
        """The script's path, below the folder's as the user wrote it."""
        return self.path / SCRIPT

    @cached_property
    def statements(self) -> list[Statement]:
        """The script's statements.

        Raises:
            ValueError: It cannot be read; names file, line and column.
        """
        try:
            return statements(self.script.read_text(encoding="utf-8-sig"))
        except SqlError as error:
            raise ValueError(error.within(str(self.script))) from None
        except UnicodeDecodeError as error:
            raise ValueError(f"{self.script}: is not UTF-8: {error.reason}") from None

    @property
    def warnings(self) -> list[str]:
        """What works, and is hardly meant."""
        return [
            *(
                f"{self.script}:{setting.line}: SET '{setting.target}': {why}."
                for setting in self._settings
                if (why := why_unwise(setting.target))
            ),
            *(
                f"{self.script}:{token.line}:{token.column}: {token.text} is a string, in which "
                "placeholders are left alone: Flink gets it as it is written. Use the whole option "
                "list, ${name}, outside of quotes."
                for table in self.statements
                if table.kind is StatementKind.CREATE_TABLE
                for token in table.tokens
                if token.kind is TokenKind.STRING and _LOOKS_LIKE_PLACEHOLDER.search(token.text)
            ),
        ]

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The zip's files by their names in it: the entry, the runner, the SQL."""
        runner = files("cdk_managed_flink.job")
        modules = {
            source.name: source.read_bytes()
            for source in runner.iterdir()
            if source.name.endswith(".py")
        }
        return {
            _ENTRY: modules.pop(_ENTRY),
            **{f"{_PACKAGE}/{name}": content for name, content in modules.items()},
            **{f"{_PACKAGE}/sql/{path.name}": path.read_bytes() for path in self._sql_files},
        }

    @property
    def _settings(self) -> list[Statement]:
        return [s for s in self.statements if s.kind is StatementKind.SET]

    @property
    def _sql_files(self) -> list[Path]:
        return sorted(path for path in self.path.glob("*.sql") if path.is_file())
