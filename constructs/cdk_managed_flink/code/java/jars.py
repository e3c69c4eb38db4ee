"""The user's own jar: a file, or what a Maven project builds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.code.java.jar_checks import JarCheck
from cdk_managed_flink.code.java.maven_project import MavenProject
from cdk_managed_flink.code.packaging import own_formats
from cdk_managed_flink.code.packaging.digest import digest_of
from cdk_managed_flink.code.packaging.overlaps import overlaps_in


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
