"""A job in Python: its folder, and the files of its zip."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.code.packaging.requirements import Requirements, Target, read
from cdk_managed_flink.code.python.settings import Source
from cdk_managed_flink.code.sql.script import SqlScript

REQUIREMENTS = "requirements.txt"
HELPER = "managed_flink_job"
# One folder for all that is imported: the service takes one as pyFiles and puts it on the path of
# the job and of the workers that run its functions.
FOLDER = "job"
_WHERE = "FlinkCode.from_python"
_NOT_PACKAGED = ("__pycache__", "*.pyc", "*.egg-info", "*.jar", "node_modules", "cdk.out")
_OF_A_SQL_JOB = frozenset({"main.py", "__main__.py"})


@dataclass(frozen=True)
class PythonJob:
    """A folder with the modules of a job.

    Attributes:
        path: The folder, as the user wrote it.
        entry: The module that is run, below the folder.
        requirements: The file that lists packages; None for the folder's own, if there is one.
        exclude: Patterns of what is not packaged.
    """

    path: Path
    entry: str
    requirements: Path | None = None
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.path.is_dir():
            raise invalid(
                _WHERE,
                "path",
                str(self.path),
                "a folder that holds the job's modules",
                f"There is no folder {self.path.absolute()}; a relative path is taken from the "
                "working directory.",
            )
        modules = [name for name in self.contents if name.endswith(".py")]
        if self.entry not in modules:
            raise invalid(
                _WHERE,
                "entry",
                self.entry,
                "a .py file of the folder, by its path in it",
                f"The folder's .py files are: {', '.join(modules) or 'none'}.",
            )
        if self.requirements is not None and not self.requirements.is_file():
            raise invalid(
                _WHERE,
                "requirements",
                str(self.requirements),
                "a file with a line name==version for each package",
                f"There is no file {self.requirements.absolute()}.",
            )
        for name in self.contents:
            if name.split("/")[0] in (HELPER, f"{HELPER}.py"):
                raise invalid(
                    _WHERE,
                    "path",
                    str(self.path / name),
                    f"any module but {HELPER}",
                    "The library packages its own helper under that name.",
                )

    @property
    def run_options(self) -> dict[str, str]:
        """The run options, whose paths are those in the zip."""
        return {"python": f"{FOLDER}/{self.entry}", "pyFiles": f"{FOLDER}/"}

    @cached_property
    def contents(self) -> Mapping[str, bytes]:
        """The folder's files by their paths in it."""
        listed = self.requirements or self.path / REQUIREMENTS
        return {
            file.relative_to(self.path).as_posix(): file.read_bytes()
            for file in sorted(_files(self.path, self._is_packaged))
            if file.resolve() != listed.resolve()
        }

    @property
    def files(self) -> dict[str, bytes]:
        """The zip's files by their names in it: the folder's and the helper's."""
        helper = {
            source.name: source.read_bytes()
            for source in files("cdk_managed_flink.job").iterdir()
            if source.name.endswith(".py") and source.name not in _OF_A_SQL_JOB
        }
        return {
            **{f"{FOLDER}/{name}": content for name, content in self.contents.items()},
            **{f"{FOLDER}/{HELPER}/{name}": content for name, content in helper.items()},
        }

    @cached_property
    def sources(self) -> list[Source]:
        """Its modules, parsed."""
        return [
            Source.parse(str(self.path / name), content)
            for name, content in self.contents.items()
            if name.endswith(".py")
        ]

    @cached_property
    def scripts(self) -> list[SqlScript]:
        """The SQL scripts that its modules run.

        Raises:
            ValueError: A script is missing, or can be no job.
        """
        found = []
        for source in self.sources:
            for place, name in source.scripts():
                if name not in self.contents:
                    listed = [path for path in self.contents if path.endswith(".sql")]
                    raise invalid(
                        place,
                        "path of run_script",
                        name,
                        "a file of the folder, by its path in it",
                        f"The folder's SQL files are: {', '.join(listed) or 'none'}.",
                    )
                found.append(SqlScript(str(self.path / name), self.contents[name]))
                found[-1].check()
        return found

    def packages(self, target: Target) -> Requirements:
        """The packages that are asked for; none where there is no file.

        Raises:
            ValueError: The file asks for what can't be packaged.
        """
        listed = self.requirements or self.path / REQUIREMENTS
        return read(listed, target) if listed.is_file() else Requirements(target, {})

    def _is_packaged(self, path: Path) -> bool:
        name = path.relative_to(self.path).as_posix()
        return not (
            path.name.startswith(".")
            or any(fnmatch(path.name, pattern) for pattern in _NOT_PACKAGED)
            or any(fnmatch(name, pattern) for pattern in self.exclude)
            or (path / "pyvenv.cfg").exists()
            or (path.name == "target" and path.with_name("pom.xml").exists())  # Maven's output
        )


def _files(folder: Path, is_packaged: Callable[[Path], bool]) -> Iterator[Path]:
    for path in folder.iterdir():
        if not is_packaged(path):
            continue
        if path.is_dir():
            yield from _files(path, is_packaged)
        else:
            yield path
