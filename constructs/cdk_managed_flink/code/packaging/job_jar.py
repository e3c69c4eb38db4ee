"""The one jar of a job: the protocol, and the jar that is merged from the job's connectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.secret_value import SECRET_READER
from cdk_managed_flink.code.packaging import own_formats
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


def split(connectors: Sequence[Connector]) -> tuple[list[Connector], bool]:
    """The connectors for the jar, and whether the job is to read secrets."""
    artifacts = [c for c in connectors if c not in (SECRET_READER, JSON_LINES)]
    return artifacts, SECRET_READER in connectors


def needs_formats(connectors: Sequence[Connector]) -> bool:
    """Whether a table has a format that only the library has."""
    return JSON_LINES in connectors
