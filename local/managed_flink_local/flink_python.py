"""Which Python PyFlink installs on. Python 3.8 syntax, standard library.

PyFlink brings the whole Flink distribution, and pins dependencies (Beam, pemja) whose wheels do not
exist for every platform, and for 1.20 stop at Python 3.11. The environments of their own, one a
version, are always made with 3.11, the version their pins are compiled for.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from .probe import Finding, Probe, dotted, install, output_of

VERSION = (3, 11)
TOOL = "Python for Flink"
NEEDED = "3.11 (no wheels above for 1.20; made by uv in .local)"
ROSETTA = "softwareupdate --install-rosetta --agree-to-license"
X86_PYTHON = "cpython-3.11-macos-x86_64-none"


def request() -> str:
    """Return the Python to ask uv for: on Apple Silicon the Intel one, for want of a Beam wheel."""
    return X86_PYTHON if apple_silicon() else "3.11"


def apple_silicon() -> bool:
    """Whether this is a Mac whose own processor is ARM, even seen from an Intel Python."""
    if sys.platform != "darwin":
        return False
    return platform.machine() == "arm64" or "1" in output_of(
        ["/usr/sbin/sysctl", "-n", "sysctl.proc_translated"]
    )


def find_flink_python(probe: Probe) -> Finding:
    """Say which Python Flink will run with here, or what keeps it from running."""
    if sys.platform == "win32":
        return Finding(TOOL, "Windows", NEEDED, "Windows Subsystem for Linux: wsl --install")
    if apple_silicon():
        return _on_apple_silicon()
    if sys.platform == "linux" and platform.libc_ver()[0] not in ("glibc", ""):
        return Finding(TOOL, "a system without glibc", NEEDED, "a glibc Linux, for want of wheels")
    python = _python_311(probe)
    if sys.platform == "linux" and platform.machine() not in ("x86_64", "AMD64"):
        return _on_linux_arm(python)
    if python:
        return Finding(TOOL, dotted(VERSION), NEEDED)
    note = "uv downloads it at set-up, as `uv python install 3.11` does"
    return Finding(TOOL, "none", NEEDED, note=note)


def _python_311(probe: Probe) -> str | None:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [sys.executable, shutil.which("python3.11"), shutil.which("python3")]
    candidates += [str(path) for path in pyenv.glob("3.11.*/bin/python3.11")]
    candidates += ["/opt/homebrew/bin/python3.11", "/usr/local/bin/python3.11"]
    code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    for candidate in candidates:
        version = probe.version(candidate, "-c", code)
        if version and version[:2] == VERSION:
            return candidate
    return None


def _on_apple_silicon() -> Finding:
    """PyFlink pins Beam 2.48 or 2.61, without a wheel for ARM Macs: Intel Python by Rosetta."""
    if not output_of(["/usr/bin/arch", "-x86_64", "/bin/echo", "yes"]):
        found = "Apple Silicon without Rosetta"
        return Finding(TOOL, found, f"Intel Python 3.11 ({X86_PYTHON})", ROSETTA)
    note = f"Intel build by Rosetta, as `uv python install {X86_PYTHON}` makes it"
    return Finding(TOOL, "Apple Silicon", NEEDED, note=note)


def _on_linux_arm(python: str | None) -> Finding:
    """PyFlink has no wheel for Linux on ARM: its source is compiled, with 3.11's headers."""
    headers = bool(python and _has_headers(python))
    if python and headers and shutil.which("gcc"):
        return Finding(TOOL, "Linux ARM with gcc", NEEDED, note="compiled at set-up, 2 minutes")
    found = f"{platform.machine()} without " + ("gcc" if python and headers else "Python 3.11-dev")
    remedy = install(
        brew="python@3.11 gcc",
        apt="gcc python3.11 python3.11-dev python3.11-venv",
        page="gcc and Python 3.11 with its headers (python3.11-devel), from your distribution",
    )
    return Finding(TOOL, found, "3.11 with headers and gcc (no wheel, it is compiled)", remedy)


def _has_headers(python: str) -> bool:
    code = "import sysconfig; print(sysconfig.get_paths()['include'])"
    include = output_of([python, "-c", code]).strip()
    return bool(include) and os.path.isfile(os.path.join(include, "Python.h"))
