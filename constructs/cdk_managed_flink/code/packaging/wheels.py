"""A job's Python packages: wheels for the service's platform, unpacked into one folder."""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from email.parser import HeaderParser
from importlib.util import find_spec
from pathlib import Path

from packaging.utils import canonicalize_name

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.code.packaging.cache import PackagingError, cached, put
from cdk_managed_flink.code.packaging.pom import PACKAGER_VERSION
from cdk_managed_flink.code.packaging.requirements import Requirements, Target, unmet

_WHERE = "FlinkCode.from_python"
_NONE_FOUND = re.compile(
    r"No matching distribution found for ([^\s(]+)|Because (\S+) has no (?:usable )?wheels"
)
_ERROR = re.compile(r"\s*(error|cause)", re.IGNORECASE)
# Programs that packages install next to their modules; nothing on the service calls them.
_LEFT_OUT = ("bin", "Scripts", "__pycache__", ".lock")


def packages_of(requirements: Requirements) -> Path:
    """The folder of the packages, from the user's cache or fetched into it.

    pip does it, as every ``python -m venv`` has it and the user's own configuration, mirrors and
    certificates apply; uv where the environment was made by uv, which puts no pip into it.
    Dependencies are not looked for but checked: what the list lacks is an error that names it.

    Raises:
        ValueError: A package has no wheel for the platform, or the list lacks what one needs.
        PackagingError: There is neither pip nor uv, or the index can't be reached.
    """
    text = "\n".join([PACKAGER_VERSION, *requirements.options, requirements.lock])
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return cached("packages", digest, lambda folder: _install(requirements, folder))


def _install(requirements: Requirements, folder: Path) -> None:
    log = folder.with_suffix(".log")
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        target = Path(work, "packages")
        listed = Path(work, "requirements.txt")
        lines = [*requirements.options, *(pin.line for pin in requirements.pins.values())]
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(
            f"Fetching {len(requirements.pins)} Python packages for the job, once (log: {log})",
            file=sys.stderr,
        )
        with log.open("wb") as output:
            status = subprocess.run(
                _command(requirements.target, listed, target),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                check=False,
            ).returncode
        if status:
            raise _failure(requirements.target, log)
        for name in _LEFT_OUT:
            shutil.rmtree(target / name, ignore_errors=True)
            (target / name).unlink(missing_ok=True)
        lacking = unmet(requirements, _dependencies(target))
        if lacking:
            raise invalid(
                _WHERE,
                "requirements",
                f"a list that lacks {len(lacking)} packages",
                "every package that the job needs, also through others",
                f"{'; '.join(lacking)}. Write the whole list with 'uv pip compile "
                "requirements.in -o requirements.txt' or 'pip-compile', for Python "
                f"{requirements.target.python} on Linux.",
            )
        put(target, folder)
    log.unlink()


def _command(target: Target, listed: Path, folder: Path) -> Sequence[str]:
    uv = shutil.which("uv")
    common = ["--no-deps", "--target", str(folder), "-r", str(listed)]
    if find_spec("pip") is not None:
        platforms = [argument for tag in target.tags for argument in ("--platform", tag)]
        return [
            *(sys.executable, "-m", "pip", "install", "--no-input", "--no-compile"),
            *("--only-binary=:all:", "--implementation", "cp"),
            *("--python-version", target.python, *platforms, *common),
        ]
    if uv is not None:
        platform = f"x86_64-manylinux_2_{target.glibc}"
        return [
            *(uv, "pip", "install", "--only-binary", ":all:"),
            *("--python-version", target.python, "--python-platform", platform, *common),
        ]
    raise PackagingError(
        f"{_WHERE}: the job's packages are fetched by pip, and {sys.executable} has none, and "
        "there is no uv on the PATH. Run 'python -m ensurepip', or install uv."
    )


def _failure(target: Target, log: Path) -> Exception:
    text = log.read_text(encoding="utf-8", errors="replace")
    found = _NONE_FOUND.search(text)
    if found and not re.search(r"connection|timed? ?out|resolve host|certificate", text, re.I):
        return invalid(
            _WHERE,
            "requirements",
            found[1] or found[2],
            f"packages with a wheel for Python {target.python} on {target.platform}, or for any",
            "The service compiles nothing: choose a version that has one, or leave it out. A newer "
            "glibc than that is asked for with platform=, such as manylinux_2_28_x86_64, where the "
            f"runtime has it. The whole log: {log}",
        )
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line.strip() for line in lines if _ERROR.match(line)]
    told = (errors or lines or ["it said nothing"])[-1]
    return PackagingError(
        f"{_WHERE}: the job's Python packages can't be had: {told} The whole log: {log}"
    )


def _dependencies(folder: Path) -> Mapping[str, Sequence[str]]:
    parsed = [
        HeaderParser().parsestr(file.read_text(encoding="utf-8"))
        for file in folder.glob("*.dist-info/METADATA")
    ]
    return {
        canonicalize_name(str(each["Name"])): [str(d) for d in each.get_all("Requires-Dist", [])]
        for each in parsed
    }
