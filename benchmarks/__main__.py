"""``python -m benchmarks [synth] [deploy] [throughput]``: all of them unless some are named.

Each part prints what it measured and puts it into its own section of ``docs/performance.md``.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence

from benchmarks import comparison, local_deploy, readme_app, report, throughput, trips
from benchmarks.same import DifferentResourcesError
from benchmarks.synth import OURS, PLAIN
from managed_flink_local import processes
from managed_flink_local.failure import LocalError
from managed_flink_local.progress import Progress


def main(parts: Sequence[str]) -> int:
    """Measure, print and write down; 1 when something could not be measured."""
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        print(f"no part {unknown[0]!r}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    with processes.interruptible(), Progress() as progress:
        try:
            for part in parts or PARTS:
                text = PARTS[part](progress)
                progress.say(f"\n{text}\n")
                report.write(part, text)
        except DifferentResourcesError as error:
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


def _synth(progress: Progress) -> str:
    with progress.phase("counting round trips"):
        counts = trips.told(trips.count(OURS), trips.count(PLAIN))
    times = comparison.told(comparison.measure(progress))
    app = readme_app.told(readme_app.measure(progress))
    return "\n\n".join([counts, times, app])


def _deploy(progress: Progress) -> str:
    return local_deploy.told(local_deploy.measure(progress))


def _throughput(progress: Progress) -> str:
    return throughput.told(throughput.measure(progress))


PARTS: dict[str, Callable[[Progress], str]] = {
    "synth": _synth,
    "deploy": _deploy,
    "throughput": _throughput,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
