"""The zip that holds a job, and the hash that stands for it."""

import hashlib
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.code.packaging.pom import PACKAGER_VERSION

# The service's limit for an application's code.
MAX_BYTES = 512 * 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)


def source_hash(texts: Mapping[str, bytes], artifacts: Sequence[Connector]) -> str:
    """The asset's hash: of what the zip is made from, never of the zip.

    Two builds of one jar differ in bytes, and a hash that moves without a change of the code
    restarts the application.
    """
    digest = hashlib.sha256()
    for part in (PACKAGER_VERSION, *map(str, sorted(artifacts))):
        digest.update(part.encode() + b"\0")
    for name, content in sorted(texts.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def check_size(where: str, texts: Mapping[str, bytes], files: Mapping[str, Path]) -> None:
    """Refuse what the service would refuse.

    Raises:
        ValueError: The zip would be too large.
    """
    size = sum(map(len, texts.values())) + sum(path.stat().st_size for path in files.values())
    if size > MAX_BYTES:
        raise invalid(
            where,
            "size of the code",
            f"{size / 1024**2:.0f} MiB",
            "at most 512 MiB",
            "Leave out connectors and files that the job doesn't need.",
        )


def write_zip(target: Path, texts: Mapping[str, bytes], files: Mapping[str, Path]) -> None:
    """Write a zip that depends on names and contents only: sorted, without times or owners."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted({*texts, *files}):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.external_attr = 0o100644 << 16
            if name in texts:
                archive.writestr(entry, texts[name])
            else:
                entry.file_size = files[name].stat().st_size
                with files[name].open("rb") as source, archive.open(entry, "w") as into:
                    shutil.copyfileobj(source, into)
