"""The Flink distribution that PyFlink's wheel carries, and how its Java programs are started."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Distribution:
    """One installed Flink. Nothing of it is ever edited: wheels are hard-linked by installers."""

    python: Path
    home: Path

    @classmethod
    def of(cls, python: Path) -> Distribution:
        """Find the distribution next to a virtual environment's Python.

        Raises:
            FileNotFoundError: PyFlink is not installed there.
        """
        homes = sorted(python.parent.parent.glob("lib/python3*/site-packages/pyflink"))
        if not homes:
            raise FileNotFoundError(f"{python}: no PyFlink in this environment")
        return cls(python=python, home=homes[-1])

    @property
    def classpath(self) -> str:
        """Every jar of `lib`, the big one last, as Flink's own scripts order them."""
        jars = sorted((self.home / "lib").glob("*.jar"), key=lambda j: ("flink-dist" in j.name, j))
        return os.pathsep.join(map(str, jars))

    @property
    def java_options(self) -> list[str]:
        """The module exports that this Flink asks for in its own configuration."""
        text = (self.home / "conf" / "config.yaml").read_text()
        return re.findall(r"--add-(?:exports|opens)=\S+", text)

    def environment(self, conf: Path, logs: Path, plugins: Path) -> dict[str, str]:
        """The variables by which Flink's programs find their own parts."""
        return {
            "FLINK_HOME": str(self.home),
            "FLINK_CONF_DIR": str(conf),
            "FLINK_LOG_DIR": str(logs),
            "FLINK_PLUGINS_DIR": str(plugins),
            "FLINK_LIB_DIR": str(self.home / "lib"),
            "FLINK_OPT_DIR": str(self.home / "opt"),
            "FLINK_BIN_DIR": str(self.home / "bin"),
            "PYFLINK_CLIENT_EXECUTABLE": str(self.python),
        }
