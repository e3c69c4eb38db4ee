"""A Maven project of the user's own: its sources, its pins, its jar."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.code.java import pom_reading
from cdk_managed_flink.code.java.pom_reading import Pom, Version
from cdk_managed_flink.code.packaging.cache import cached, put
from cdk_managed_flink.code.packaging.maven import run_maven
from cdk_managed_flink.code.packaging.overlaps import keep_overlaps
from cdk_managed_flink.code.packaging.pom import PACKAGER_VERSION

_NOT_BUILT_FROM = ("*.md", "LICENSE*", "NOTICE*", "*.iml", "*.jar")
_NOT_THE_JOB = ("-sources.jar", "-javadoc.jar", "-tests.jar")


@dataclass(frozen=True)
class MavenProject:
    """The folder of a pom.xml, with all its modules.

    Attributes:
        where: What was given the folder, for messages.
        path: The folder, as the user wrote it.
        module: The module, by its path below the folder, whose jar it is. Default: the folder's.
        jar: The jar's file name in ``target``. Default: the only one there.
    """

    where: str
    path: Path
    module: str | None = None
    jar: str | None = None

    def __post_init__(self) -> None:
        if not (self.path / "pom.xml").is_file():
            raise invalid(
                self.where,
                "path",
                str(self.path),
                "a folder that holds a pom.xml",
                f"There is no {self.path.absolute() / 'pom.xml'}; a relative path is taken from "
                "the working directory.",
            )
        if (self.module or ".") not in self.poms:
            raise invalid(
                self.where,
                "module",
                self.module,
                "a module of the project, by its path below the folder",
                f"Its modules are: {', '.join(sorted(self.poms))}.",
            )
        if self._pom.root.value("packaging") == "pom":
            raise invalid(
                self.where,
                "module",
                self.module,
                "the module that gives the job's jar",
                f"{self._pom.file} has packaging pom; the modules are: "
                f"{', '.join(sorted(set(self.poms) - {'.'})) or 'none'}.",
            )
        problems = [problem for pom in self.poms.values() for problem in self._unstable(pom)]
        if problems:
            raise ValueError("\n".join(problems))

    @cached_property
    def poms(self) -> Mapping[str, Pom]:
        """The pom of the folder and of all modules, by their folders below it."""
        return dict(self._read(PurePosixPath("."), {}))

    @cached_property
    def sources(self) -> Mapping[str, bytes]:
        """Everything that the jar is built from, by its path below ``_root``.

        The poms, the files next to them, and ``src`` without its tests: a changed test or README
        restarts nothing. Maven sees a copy of just these.
        """
        return {
            self._below_root(file): file.read_bytes()
            for module in sorted(self.poms)
            for file in sorted(_files(self.path / module))
        }

    def build(self) -> Path:
        """The jar, from the user's cache or built into it by Maven.

        Raises:
            ValueError: Maven gives no jar, or several.
            PackagingError: There is neither Maven nor Docker, or it failed.
        """
        digest = hashlib.sha256(f"{PACKAGER_VERSION}\n{self.module}\n{self.jar}\n".encode())
        for name, content in self.sources.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return cached("projects", f"{digest.hexdigest()[:32]}.jar", self._build)

    @cached_property
    def _root(self) -> str:
        """The folder that has all modules below it: not the project's where one is ``../core``."""
        return os.path.commonpath([os.path.abspath(self.path / module) for module in self.poms])

    def _below_root(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._root)).as_posix()

    @property
    def _pom(self) -> Pom:
        return self.poms[self.module or "."]

    def _read(
        self, folder: PurePosixPath, inherited: Mapping[str, str]
    ) -> Iterator[tuple[str, Pom]]:
        file = self.path / folder / "pom.xml"
        if not file.is_file():
            raise invalid(
                self.where,
                "module",
                folder.as_posix(),
                "modules that have a pom.xml",
                f"There is no {file}.",
            )
        pom = pom_reading.parse(str(file), file.read_bytes(), inherited)
        yield folder.as_posix(), pom
        handed_on = {k: v for k, v in pom.properties.items() if not k.startswith("project.")}
        for module in pom.modules:
            yield from self._read(folder / module, handed_on)

    def _unstable(self, pom: Pom) -> Iterator[str]:
        own = {each.artifact for each in self.poms.values()}
        for each in pom.versions:
            if (each.group, each.artifact) in own:
                continue
            why = _why_unstable(each)
            if (why or "${" in each.version) and each.kind == "parent" and pom.parent_beside_it:
                yield str(self._outer(pom.parent_beside_it))
            elif why:
                yield str(
                    invalid(
                        f"{pom.file}:{each.line}",
                        f"version of {each.group}:{each.artifact}",
                        each.version,
                        "one released version",
                        f"{why}: the same code has to give the same jar tomorrow. Pin it.",
                    )
                )

    def _outer(self, parent: Path) -> ValueError:
        module = Path(os.path.relpath(self.path / (self.module or "."), parent.parent)).as_posix()
        return invalid(
            self.where,
            "path",
            str(self.path),
            "the folder of the outermost pom.xml",
            f"Its parent, {parent}, lies outside: pass {str(parent.parent)!r} with "
            f"module={module!r}.",
        )

    def _build(self, target: Path) -> None:
        what = f"the job of {self.path}"
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            for name, content in self.sources.items():
                file = Path(work, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            one = ["-pl", self.module, "-am"] if self.module else []
            said = run_maven(
                Path(work),
                ["package", "-Dmaven.test.skip=true", *one],
                what=what,
                log=target.with_suffix(".log"),
                below=self._below_root(self.path),
            )
            keep_overlaps(target, said)
            module = self._below_root(self.path / (self.module or "."))
            put(self._only_jar(Path(work, module, "target")), target)

    def _only_jar(self, folder: Path) -> Path:
        found = sorted(
            path.name
            for path in folder.glob("*.jar")
            if not path.name.startswith("original-") and not path.name.endswith(_NOT_THE_JOB)
        )
        wanted = self.jar or (found[0] if len(found) == 1 else None)
        if wanted not in found:
            raise invalid(
                self.where,
                "jar",
                self.jar,
                "the name of the jar in target/ that holds the job",
                f"Maven's jars are: {', '.join(found) or 'none'}.",
            )
        return folder / str(wanted)


def _files(module: Path) -> Iterator[Path]:
    for path in module.iterdir():
        if path.is_file():
            hidden = path.name.startswith(".")
            if not hidden and not any(map(path.match, _NOT_BUILT_FROM)):
                yield path
        elif path.name in (".mvn", "src"):
            for file in path.rglob("*"):
                parts = file.relative_to(module).parts
                if file.is_file() and parts[:2] != ("src", "test"):
                    yield file


def _why_unstable(version: Version) -> str:
    text = version.version
    if text.endswith("-SNAPSHOT"):
        return "A SNAPSHOT changes without another name"
    if text.startswith(("[", "(")):
        return "A range takes whatever is newest when it is built"
    if text in ("LATEST", "RELEASE"):
        return f"{text} is whatever is newest when it is built"
    return ""
