"""A SQL job's folder: its script, read, and the files of its zip."""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.code.sql.script import SqlScript

SCRIPT = "job.sql"
_ENTRY = "main.py"
FOLDER = "job"
_PACKAGE = f"{FOLDER}/managed_flink_job"
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
        if not (self.path / SCRIPT).is_file():
            raise invalid(
                "FlinkCode.from_sql",
                "path",
                str(self.path),
                f"a folder that holds {SCRIPT}",
                f"Name the script {SCRIPT}; the folder's SQL files are: "
                f"{', '.join(path.name for path in self._sql_files) or 'none'}.",
            )
        self.script.check()

    @cached_property
    def script(self) -> SqlScript:
        """The script."""
        path = self.path / SCRIPT
        return SqlScript(str(path), path.read_bytes())

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
    def _sql_files(self) -> list[Path]:
        return sorted(path for path in self.path.glob("*.sql") if path.is_file())
