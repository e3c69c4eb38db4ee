"""The library's own Flink formats: Java sources that are compiled into the job's one jar."""

import tempfile
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.packaging.cache import cached, put
from cdk_managed_flink.code.packaging.digest import digest_of
from cdk_managed_flink.code.packaging.jar_cache import jar_of
from cdk_managed_flink.code.packaging.joining import join
from cdk_managed_flink.code.packaging.pom import pom
from cdk_managed_flink.connectors.connectors import release_line

_PACKAGE = "managedflink.formats"
_SERVICES = "META-INF/services/org.apache.flink.table.factories.Factory"
_FACTORIES = f"src/main/resources/{_SERVICES}"


@cache
def sources(*, for_hadoop: bool = False) -> dict[str, bytes]:
    """The files of the Maven project besides its pom.xml, by their paths in it.

    Args:
        for_hadoop: Whether a connector asks for Hadoop's settings, and has Hadoop with it.
    """
    java = {
        source.name: source.read_bytes()
        for source in files("cdk_managed_flink.job").joinpath("java").iterdir()
        if source.name.endswith(".java")
    }
    classes = sorted(name.removesuffix(".java") for name in java)
    folder = _PACKAGE.replace(".", "/")
    answer = files("cdk_managed_flink.job").joinpath("java", "iceberg", "HadoopSettings.java")
    asked = {"src/main/java/managedflink/iceberg/HadoopSettings.java": answer.read_bytes()}
    return {
        **(asked if for_hadoop else {}),
        **{f"src/main/java/{folder}/{name}": text for name, text in java.items()},
        _FACTORIES: "".join(f"{_PACKAGE}.{name}\n" for name in classes).encode(),
    }


def stand_ins(runtime: Runtime, *, for_hadoop: bool = False) -> dict[str, bytes]:
    """What stands for the compiled formats in an asset's hash: sources, and Flink's version."""
    try:
        flink = release_line(runtime).flink
    except ValueError:
        return {}
    return {**sources(for_hadoop=for_hadoop), "flink": flink.encode()}


def added_to(jar: Path, runtime: Runtime) -> Path:
    """A jar of the user's own with the formats in it; it is cached by the contents of both.

    Unchanged on a runtime that the formats are not compiled for.
    """
    try:
        line = release_line(runtime)
    except ValueError:
        return jar
    formats = jar_of(pom([], line), sources())
    name = f"{digest_of(jar)[:24]}-{digest_of(formats)[:8]}.jar"
    return cached("projects", name, partial(_join, jar, formats))


def _join(jar: Path, formats: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        joined = Path(work, "joined.jar")
        join([jar, formats], joined)
        put(joined, target)
