"""The user's cache of what was built, by a digest of what it is built from."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


class PackagingError(RuntimeError):
    """The code could not be packaged, for a reason outside of the app."""


def cached(kind: str, name: str, build: Callable[[Path], None]) -> Path:
    """A file or folder in the cache, built once however many processes ask for it.

    Args:
        kind: A folder of the cache.
        name: The name in it: a digest of all that the result depends on, with its suffix.
        build: Puts the result where it is told, whole; other files next to it are its own.
    """
    folder = cache_folder() / kind
    folder.mkdir(parents=True, exist_ok=True)
    result = folder / name
    if result.exists():
        return result
    with _locked(folder / f"{name.partition('.')[0]}.lock"):
        if not result.exists():  # another process may have built it meanwhile
            build(result)
    return result


def cache_folder() -> Path:
    """Where the library keeps what it has built; removing it costs only time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cdk-managed-flink"


def put(built: Path, target: Path) -> None:
    """Move a result to its place at once, so that nobody sees half of it."""
    if built.is_dir():
        shutil.rmtree(target, ignore_errors=True)
    built.replace(target)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time build; the rename is atomic, so this only saves work."""
    with path.open("a") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
