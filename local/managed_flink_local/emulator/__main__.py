"""`python -m managed_flink_local.emulator --config FILE`."""

from __future__ import annotations

import argparse
from pathlib import Path

from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.emulator.server import run


def main() -> int:
    """Read the configuration and run."""
    parser = argparse.ArgumentParser(prog="managed_flink_local.emulator", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    return run(EmulatorConfig.read(parser.parse_args().config))


if __name__ == "__main__":
    raise SystemExit(main())
