"""Builds the connectors' jar with Maven, once for each content."""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cdk_managed_flink.code.packaging.cache import PackagingError as PackagingError
from cdk_managed_flink.code.packaging.cache import cached, put
from cdk_managed_flink.code.packaging.maven import failure, run_maven
from cdk_managed_flink.code.packaging.overlaps import keep_overlaps
from cdk_managed_flink.code.packaging.pom import GOALS, JAR, PACKAGER_VERSION

_WHAT = "the connectors' jar"


def jar_of(pom: str, sources: Mapping[str, bytes]) -> Path:
    """The jar that a Maven project gives, from the user's cache or built into it.

    Maven runs with the user's own settings, mirrors and local repository.

    Args:
        pom: The project's pom.xml.
        sources: Its other files by their paths.

    Raises:
        PackagingError: There is neither Maven nor Docker, or it failed.
    """
    digest = hashlib.sha256(f"{PACKAGER_VERSION}\n{pom}".encode())
    for path, content in sorted(sources.items()):
        digest.update(f"\n{path}\n".encode() + content)
    project = {**sources, "pom.xml": pom.encode()}
    return cached("connectors", f"{digest.hexdigest()[:32]}.jar", lambda jar: _build(project, jar))


def _build(project: Mapping[str, bytes], jar: Path) -> None:
    log = jar.with_suffix(".log")
    with tempfile.TemporaryDirectory(dir=jar.parent) as work:
        for path, content in project.items():
            file = Path(work, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        said = run_maven(Path(work), GOALS, what=_WHAT, log=log)
        built = Path(work, "target", JAR)
        if not built.exists():
            log.write_text(said, encoding="utf-8")
            raise failure(_WHAT, log)
        keep_overlaps(jar, said)
        put(built, jar)
