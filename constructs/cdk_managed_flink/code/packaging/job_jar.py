"""The one jar of a job in SQL or Python: merged from its connectors, or the user's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.secret_value import SECRET_READER
from cdk_managed_flink.code.java.jar_checks import JarCheck
from cdk_managed_flink.code.java.maven_project import MavenProject
from cdk_managed_flink.code.packaging import own_formats
from cdk_managed_flink.code.packaging.digest import digest_of
from cdk_managed_flink.code.packaging.jar_cache import jar_of
from cdk_managed_flink.code.packaging.overlaps import overlaps_in
from cdk_managed_flink.code.packaging.pom import pom
from cdk_managed_flink.connectors.connectors import JSON_LINES, release_line


class JobJar(Protocol):
    """Where the connectors of a job come from."""

    def sources(self) -> Mapping[str, bytes]:
        """What stands for the jar in the asset's hash, by name."""
        ...

    def artifacts(self) -> Sequence[Connector]:
        """The artifacts that it is merged from, as far as they are known here."""
        ...

    def build(self) -> tuple[Path, Sequence[str]]:
        """The jar itself, built or taken, and checked; with what to be warned of."""
        ...


@dataclass(frozen=True)
class MergedJar:
    """The connectors of sources and sinks, merged by Maven with the library's own formats."""

    connectors: Sequence[Connector]
    runtime: Runtime

    def sources(self) -> Mapping[str, bytes]:
        """The formats that are merged in."""
        return own_formats.stand_ins(self.runtime, for_hadoop=self._asks_for_hadoop)

    def artifacts(self) -> Sequence[Connector]:
        """Everything that the release line puts into one jar."""
        return release_line(self.runtime).contents(self.connectors)

    def build(self) -> tuple[Path, Sequence[str]]:
        """Built by Maven, once for each content."""
        sources = own_formats.sources(for_hadoop=self._asks_for_hadoop)
        jar = jar_of(pom(self.connectors, release_line(self.runtime)), sources)
        return jar, overlaps_in(jar)

    @property
    def _asks_for_hadoop(self) -> bool:
        return release_line(self.runtime).asks_for_hadoop(self.artifacts())


@dataclass(frozen=True)
class GivenJar:
    """A jar file of the user's own.

    Attributes:
        path: The file.
        check: What is checked in it.
        formats: Whether the library's formats are added, for which Maven has to run.
    """

    path: Path
    check: JarCheck
    formats: bool

    def sources(self) -> Mapping[str, bytes]:
        """The digest of its content, and the formats that are added."""
        added = own_formats.stand_ins(self.check.runtime) if self.formats else {}
        return {"jar": digest_of(self.path).encode(), **added}

    def artifacts(self) -> Sequence[Connector]:
        """None that is known here."""
        return ()

    def build(self) -> tuple[Path, Sequence[str]]:
        """The file, checked, with the library's formats if they are added."""
        self.check.run(self.path)
        if not self.formats:
            return self.path, ()
        return own_formats.added_to(self.path, self.check.runtime), ()


@dataclass(frozen=True)
class ProjectJar:
    """The jar that a Maven project of the user's own gives."""

    project: MavenProject
    check: JarCheck

    def sources(self) -> Mapping[str, bytes]:
        """The project's sources, which of its jars it is, and the formats that are added."""
        named = {f"jar/{name}": content for name, content in self.project.sources.items()}
        which = f"{self.project.module}\0{self.project.jar}".encode()
        return {**named, "which": which, **own_formats.stand_ins(self.check.runtime)}

    def artifacts(self) -> Sequence[Connector]:
        """None that is known here."""
        return ()

    def build(self) -> tuple[Path, Sequence[str]]:
        """Built by Maven, once for each content, and the library's formats added."""
        built = self.project.build()
        jar = own_formats.added_to(built, self.check.runtime)
        self.check.run(jar)
        return jar, overlaps_in(built)


def split(connectors: Sequence[Connector]) -> tuple[list[Connector], bool]:
    """The connectors for the jar, and whether the job is to read secrets."""
    artifacts = [c for c in connectors if c not in (SECRET_READER, JSON_LINES)]
    return artifacts, SECRET_READER in connectors


def needs_formats(connectors: Sequence[Connector]) -> bool:
    """Whether a table has a format that only the library has."""
    return JSON_LINES in connectors
