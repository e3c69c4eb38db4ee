"""The one jar of a job: the protocol, and the jar that is merged from the job's connectors."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.secret_value import SECRET_READER
from cdk_managed_flink.code.packaging import own_formats
from cdk_managed_flink.code.packaging.cache import cached, put
from cdk_managed_flink.code.packaging.jar_cache import jar_of
from cdk_managed_flink.code.packaging.joining import join
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
        """The formats that are merged in, and how many jars become one, unless it is one."""
        formats = own_formats.stand_ins(self.runtime, for_hadoop=self._asks_for_hadoop)
        count = len(self._parts)
        return formats if count == 1 else {**formats, "jars": str(count).encode()}

    def artifacts(self) -> Sequence[Connector]:
        """Everything that the release line puts into one jar."""
        return release_line(self.runtime).contents(self.connectors)

    def build(self) -> tuple[Path, Sequence[str]]:
        """Built by Maven, once for each content."""
        built = [self._built(part) for part in self._parts]
        warnings = [each for jar in built for each in overlaps_in(jar)]
        if len(built) == 1:
            return built[0], warnings
        name = "-".join(jar.stem[:24] for jar in built)
        return cached("connectors", f"{name}.jar", partial(_joined, built)), warnings

    @property
    def _parts(self) -> list[tuple[Connector, ...]]:
        return release_line(self.runtime).parts(self.connectors)

    def _built(self, part: Sequence[Connector]) -> Path:
        line = release_line(self.runtime)
        sources = own_formats.sources(for_hadoop=line.asks_for_hadoop(part))
        return jar_of(pom(part, line), sources)

    @property
    def _asks_for_hadoop(self) -> bool:
        return release_line(self.runtime).asks_for_hadoop(self.artifacts())


def _joined(jars: Sequence[Path], target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        whole = Path(work, "joined.jar")
        join(jars, whole)
        put(whole, target)


def split(connectors: Sequence[Connector]) -> tuple[list[Connector], bool]:
    """The connectors for the jar, and whether the job is to read secrets."""
    artifacts = [c for c in connectors if c not in (SECRET_READER, JSON_LINES)]
    return artifacts, SECRET_READER in connectors


def needs_formats(connectors: Sequence[Connector]) -> bool:
    """Whether a table has a format that only the library has."""
    return JSON_LINES in connectors
