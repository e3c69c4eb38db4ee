"""``make bench``: our synth against plain CDK, a local deploy's phases, each job's throughput."""

import subprocess
import sys

from benchmarks import comparison, local_deploy, throughput
from managed_flink_local import processes
from managed_flink_local.failure import LocalError
from managed_flink_local.progress import Progress


def main() -> int:
    """Measure and print; 1 when something could not be measured."""
    with processes.interruptible(), Progress() as progress:
        try:
            synth = comparison.table(comparison.measure(progress))
            progress.say(f"\n{synth}\n")
            deploy = local_deploy.table(local_deploy.measure(progress))
            progress.say(f"\n{deploy}\n")
            rates = throughput.table(throughput.measure(progress))
            progress.say(f"\n{rates}")
        except comparison.DifferentResourcesError as error:
            progress.say(f"FAILED: {error}")
            return 1
        except subprocess.CalledProcessError as error:
            progress.say(f"FAILED in phase: synthesizing\nreason: {error}")
            return 1
        except LocalError as error:
            progress.say(error.told())
            return 1
        except KeyboardInterrupt:
            progress.say("interrupted; nothing was left running by this command")
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
