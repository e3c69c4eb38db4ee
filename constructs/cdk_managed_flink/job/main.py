"""Entry of the job's zip: the service runs this file, which lies beside the folder ``job``."""

import os
import sys
from importlib import import_module


def start() -> None:
    """Run the job that is packaged beside this file."""
    try:
        runner = import_module("managed_flink_job.runner")
    except ModuleNotFoundError:  # the run option pyFiles was not heeded
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "job"))
        runner = import_module("managed_flink_job.runner")
    runner.main()


if __name__ == "__main__":
    start()
