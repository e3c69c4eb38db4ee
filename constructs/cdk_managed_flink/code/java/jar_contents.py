"""What a jar holds, as far as the service or Flink would stumble over it; read once a content."""

import json
import re
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.code.packaging.cache import cached, put
from cdk_managed_flink.code.packaging.digest import digest_of

_FACTORIES = "META-INF/services/org.apache.flink.table.factories.Factory"
_COORDINATES = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_MANIFEST = "META-INF/MANIFEST.MF"
# Class-file version 52 is Java 8.
_MAJOR_BEFORE_JAVA_1 = 44
_FORMAT = 1

# A class of each of Flink's own modules that the service has, with the module.
FLINKS_OWN = {
    "org/apache/flink/core/fs/FileSystem.class": "flink-core",
    "org/apache/flink/runtime/jobgraph/JobGraph.class": "flink-runtime",
    "org/apache/flink/streaming/api/environment/StreamExecutionEnvironment.class": (
        "flink-streaming-java"
    ),
    "org/apache/flink/table/api/TableEnvironment.class": "flink-table-api-java",
    "org/apache/flink/table/planner/delegation/PlannerBase.class": "flink-table-planner",
    "org/apache/flink/client/cli/CliFrontend.class": "flink-clients",
}
LOOKED_FOR = frozenset(FLINKS_OWN)


@dataclass(frozen=True)
class JarContents:
    """A jar, read.

    Attributes:
        size: Bytes.
        main_class: The manifest's Main-Class; empty if it has none.
        classes: Those of ``LOOKED_FOR`` that are in it.
        packages: Folders of its classes, each ending in ``/``.
        factories: Table factories that it announces.
        artifacts: Artifacts that it was made from, as far as their descriptions came along.
        java: The newest Java release that a class of it needs.
        newest: That class.
    """

    size: int
    main_class: str
    classes: list[str]
    packages: list[str]
    factories: list[str]
    artifacts: list[list[str]]
    java: int
    newest: str

    @property
    def connectors(self) -> list[Connector]:
        """The artifacts by their coordinates."""
        return [Connector(*each) for each in self.artifacts]

    def has_package(self, prefix: str) -> bool:
        """Whether a class lies below this folder."""
        return any(package.startswith(prefix) for package in self.packages)


def contents_of(jar: Path) -> JarContents:
    """Read a jar, or what was read of the same content before.

    Raises:
        zipfile.BadZipFile: It is no jar.
    """
    name = f"{digest_of(jar)[:32]}-{_FORMAT}.json"
    return JarContents(**json.loads(cached("scans", name, partial(_keep, jar)).read_text()))


def _keep(jar: Path, target: Path) -> None:
    with zipfile.ZipFile(jar) as archive:
        text = json.dumps(asdict(_read(archive, jar.stat().st_size)))
    with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as file:
        file.write(text)
    put(Path(file.name), target)


def _read(archive: zipfile.ZipFile, size: int) -> JarContents:
    names = archive.namelist()
    classes = [n for n in names if n.endswith(".class") and not n.startswith("META-INF/")]
    java, newest = max((_java_of(archive, name), name) for name in classes) if classes else (0, "")
    return JarContents(
        size=size,
        main_class=_main_class(archive) if _MANIFEST in names else "",
        classes=sorted(LOOKED_FOR.intersection(classes)),
        packages=sorted({f"{name.rpartition('/')[0]}/" for name in classes}),
        factories=sorted(set(_factories(archive))),
        artifacts=[_artifact(archive, n) for n in sorted(names) if _COORDINATES.fullmatch(n)],
        java=java,
        newest=newest.removesuffix(".class").replace("/", "."),
    )


def _java_of(archive: zipfile.ZipFile, name: str) -> int:
    with archive.open(name) as file:
        head = file.read(8)
    if len(head) < 8 or head[:4] != b"\xca\xfe\xba\xbe":
        return 0
    return int(struct.unpack(">H", head[6:8])[0]) - _MAJOR_BEFORE_JAVA_1


def _main_class(archive: zipfile.ZipFile) -> str:
    # A manifest breaks its lines at 72 bytes and goes on with a blank.
    text = archive.read(_MANIFEST).decode("utf-8", "replace")
    unfolded = text.replace("\r\n", "\n").replace("\n ", "")
    found = re.search(r"^Main-Class:\s*(\S+)", unfolded, re.MULTILINE)
    return found[1] if found else ""


def _factories(archive: zipfile.ZipFile) -> Iterator[str]:
    for entry in archive.infolist():  # some jars have the file twice
        if entry.filename == _FACTORIES:
            for line in archive.read(entry).decode("utf-8", "replace").splitlines():
                if name := line.partition("#")[0].strip():
                    yield name


def _artifact(archive: zipfile.ZipFile, name: str) -> list[str]:
    text = archive.read(name).decode("utf-8", "replace")
    values = dict(re.findall(r"^(groupId|artifactId|version)=(.*?)\s*$", text, re.MULTILINE))
    return [values.get(key, "") for key in ("groupId", "artifactId", "version")]
