"""Small jars for the tests of what is in a jar."""

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

FACTORIES = "META-INF/services/org.apache.flink.table.factories.Factory"


def class_file(java: int = 11) -> bytes:
    """The first bytes of a class for a release of Java."""
    return b"\xca\xfe\xba\xbe" + struct.pack(">HH", 0, 44 + java)


def write_jar(
    path: Path,
    *,
    classes: Mapping[str, int] | Sequence[str] = ("example/Job",),
    main: str | None = "example.Job",
    artifacts: Sequence[str] = (),
    factories: Sequence[str] = (),
) -> Path:
    """A jar with these classes, and descriptions of artifacts, each group:artifact:version."""
    with zipfile.ZipFile(path, "w") as jar:
        if main is not None:
            jar.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\nMain-Class: {main}\r\n")
        releases = classes if isinstance(classes, Mapping) else dict.fromkeys(classes, 11)
        for name, java in releases.items():
            jar.writestr(f"{name}.class", class_file(java))
        for artifact in artifacts:
            group, name, version = artifact.split(":")
            jar.writestr(
                f"META-INF/maven/{group}/{name}/pom.properties",
                f"#Created\ngroupId={group}\nartifactId={name}\nversion={version}\n",
            )
        if factories:
            jar.writestr(FACTORIES, "# licence\n" + "\n".join(factories))
    return path
