"""Shows a job's plan, runs nothing: ``python -m managed_flink_job --sql FILE --groups FILE``."""

import argparse
import sys
from pathlib import Path

from .properties import PropertyError, PropertyGroups
from .runner import Job, JobError


def main() -> int:
    """Print the plan of the job that the arguments name."""
    parser = argparse.ArgumentParser(prog="managed_flink_job", description=__doc__)
    parser.add_argument("--sql", type=Path, required=True, help="the script")
    parser.add_argument(
        "--groups",
        type=Path,
        required=True,
        help='property groups, as JSON: [{"PropertyGroupId": …, "PropertyMap": {…}}]',
    )
    parser.add_argument("--jar", type=Path, help="the connectors' jar")
    arguments = parser.parse_args()
    # Planning loads the connectors in this process, and a job's jar would be sent along.
    jar = {}
    if arguments.jar:
        uri = arguments.jar.resolve().as_uri()
        jar = {"pipeline.jars": uri, "pipeline.classpaths": uri}
    try:
        groups = PropertyGroups.read(arguments.groups)
        job = Job.read(str(arguments.sql), arguments.sql.read_text(encoding="utf-8-sig"), groups)
        print(job.explain(jar))
    except (JobError, PropertyError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
