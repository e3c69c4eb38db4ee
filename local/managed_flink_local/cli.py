"""The commands behind ``make``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from . import processes
from .failure import LocalError
from .progress import Progress
from .scenario import DEFAULT_JOB

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="managed_flink_local", description=__doc__)
    parser.add_argument("--environment", default="default", help="which one, if several run")
    parser.add_argument("--job", default=DEFAULT_JOB, help=f"a folder of jobs/ ({DEFAULT_JOB})")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="a job's acts in an environment of their own")
    commands.add_parser("up", help="start an environment")
    commands.add_parser("down", help="stop it")
    commands.add_parser("deploy", help="deploy the job's stack to it")
    send = commands.add_parser("send", help="put records into the job's source")
    send.add_argument("--events", type=int, default=1000, help="how many (1000)")
    commands.add_parser("results", help="compare each sink with what is expected")
    logs = commands.add_parser("logs", help="show the job's log")
    logs.add_argument("--follow", action="store_true", help="go on with what comes")
    commands.add_parser("status", help="show what runs and where")
    commands.add_parser("explain", help="show Flink's plan of the job")
    options = parser.parse_args(arguments)
    # jobs/sensors says the same as sensors.
    options.job = Path(options.job).name
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a failure is told with its phase, its reason and its log."""
    options = parse(arguments)
    with processes.interruptible(), Progress() as progress:
        try:
            return _run(options, progress)
        except LocalError as error:
            progress.say(error.told())
            return 1
        except (BotoCoreError, ClientError) as error:
            progress.say(LocalError(options.command, f"AWS calls fail here: {error}").told())
            return 1
        except KeyboardInterrupt:
            progress.say("interrupted; nothing was left running by this command")
            return 130


def _run(options: argparse.Namespace, progress: Progress) -> int:
    from . import commands, demo

    if options.command == "demo":
        return demo.run(options.job, progress)
    return commands.BY_NAME[options.command](options, progress)


if __name__ == "__main__":
    sys.exit(main())
