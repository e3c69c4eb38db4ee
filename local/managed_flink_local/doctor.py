"""What this machine must have before the project can set itself up, one line a tool.

Runs before anything is installed, on whatever ``python3`` there is: Python 3.8 syntax and the
standard library only. Every make target starts with the quick form, which prints nothing but the
interpreter to use, or the lines of what is missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from .flink_python import find_flink_python
from .probe import Finding, Probe, dotted, install, output_of

ROOT = Path(__file__).resolve().parents[2]
REMEMBERED = ROOT / ".local" / "set-up" / "tools.json"
PYTHON = (3, 11)
NODE = (20,)
RECOMMENDED_NODE = (22,)
JAVA = (17,)
MAVEN = (3, 8)


def find_python(probe: Probe) -> tuple[Finding, str]:
    """Look for an interpreter for the project; the running one comes first."""
    needed = f">= {dotted(PYTHON)}"
    found = dotted(sys.version_info[:3])
    remedy = install(
        brew="python@3.12",
        apt="python3.11 python3.11-venv",
        page="https://www.python.org/downloads/",
    )
    names = ("python3.12", "python3.13", "python3.11", "python3.14")
    candidates = [sys.executable, *(shutil.which(name) or "" for name in names)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates += sorted((str(path) for path in pyenv.glob("3.*/bin/python3")), reverse=True)
    for candidate in candidates:
        code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        version = probe.version(candidate, "-c", code)
        if version is None or version < PYTHON:
            continue
        if probe.version(candidate, "-c", "import ensurepip; print(ensurepip.version())"):
            return Finding("Python", dotted(version), needed), candidate
        found = f"{dotted(version)} without its venv module"
        package = f"python{dotted(version[:2])}-venv"
        remedy = install(brew="python@3.12", apt=package, page=f"your system's {package}")
    return Finding("Python", found, needed, remedy), ""


def find_node(probe: Probe) -> Finding:
    """Look for Node.js, which the CDK and its command line run on."""
    version = probe.version(shutil.which("node"), "--version")
    needed = f">= {dotted(NODE)}"
    page = "https://nodejs.org/en/download (22)"
    if version is None or version < NODE:
        brew = shutil.which("brew") and sys.platform == "darwin"
        return Finding("Node.js", dotted(version), needed, "brew install node@22" if brew else page)
    if not shutil.which("npm"):
        return Finding("Node.js", f"{dotted(version)} without npm", needed, page)
    note = "20 is at its end of life, 22 is recommended" if version < RECOMMENDED_NODE else ""
    return Finding("Node.js", dotted(version), needed, note=note)


def find_java(probe: Probe) -> Finding:
    """Look for the JVM where Flink and Maven look: in JAVA_HOME, then on the PATH."""
    home = os.environ.get("JAVA_HOME")
    version = probe.version(
        os.path.join(home, "bin", "java") if home else shutil.which("java"), "-version"
    )
    if version and JAVA <= version < (22,):
        note = "" if version < (18,) else "17 is what the tests run on"
        return Finding("Java", dotted(version), dotted(JAVA), note=note)
    remedy = install(
        brew="openjdk@17",
        apt="openjdk-17-jdk-headless",
        page="https://adoptium.net/temurin/releases/?version=17",
    )
    where = f" (JAVA_HOME is {home})" if home else ""
    return Finding("Java", dotted(version) + where, dotted(JAVA), remedy)


def find_maven(probe: Probe) -> Finding:
    """Look for Maven, which fetches the connectors and merges them into one jar."""
    version = probe.version(shutil.which("mvn"), "--version")
    remedy = install(brew="maven", apt="maven", page="https://maven.apache.org/download.cgi")
    ok = version is not None and version >= MAVEN
    return Finding("Maven", dotted(version), f">= {dotted(MAVEN)}", "" if ok else remedy)


def find_make() -> Finding:
    """Look for make; whoever came here by it has it."""
    remedy = install(brew="make", apt="make", page="https://www.gnu.org/software/make/")
    found = shutil.which("make")
    return Finding("make", "make" if found else "none", "any", "" if found else remedy)


def examine(probe: Probe) -> tuple[list[Finding], str]:
    """Look at everything; return the findings and the interpreter to use."""
    python, interpreter = find_python(probe)
    others = [find_node(probe), find_java(probe), find_maven(probe), find_make()]
    return [python, *others, find_flink_python(probe)], interpreter


def fetched_line() -> str:
    """Say what the set-up fetched, if it has run."""
    uv = ROOT / ".venv" / "bin" / "uv"
    cdk = ROOT / "node_modules" / ".bin" / "cdk"
    if not (uv.is_file() and cdk.is_file()):
        return "Not set up yet: any other target of make does it."
    versions = (output_of([str(uv), "--version"]), output_of([str(cdk), "--version"]))
    return "Set up with {}, CDK CLI {}.".format(*(text.strip() for text in versions))


def main(arguments: list[str] | None = None) -> int:
    """Report on this machine; 1 when something is missing or too old."""
    parser = argparse.ArgumentParser(prog="doctor", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="print only what stops the project")
    parser.add_argument("--without-flink", action="store_true", help="Flink will not be started")
    options = parser.parse_args(arguments)
    probe = Probe(REMEMBERED)
    findings, interpreter = examine(probe)
    probe.remember()
    if options.without_flink:
        findings = findings[:-1]
    missing = [finding for finding in findings if not finding.ok]
    if options.quick:
        for finding in missing:
            print(finding.line(), file=sys.stderr)
        if not missing:
            print(interpreter)
        return 1 if missing else 0
    for finding in findings:
        print(("  ok    " if finding.ok else "  STOP  ") + finding.line())
    print(fetched_line())
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
