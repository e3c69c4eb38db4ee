"""Shows Flink's plan of a SQL job as a synthesized template configures it; runs nothing.

``python -m cdk_managed_flink.code.explain jobs/sensors --template cdk.out/Sensors.template.json
--python .local/flink-1.20/bin/python``: no AWS and no cluster, only Flink's planner.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.connectors import ReleaseLine, release_line
from cdk_managed_flink.code.jar_cache import PackagingError, jar_of
from cdk_managed_flink.code.pom import pom
from cdk_managed_flink.code.sql_job import SqlJob

# Connectors check the region when they are planned, so it has to be one.
_PSEUDO = {
    "AWS::Region": "us-east-1",
    "AWS::Partition": "aws",
    "AWS::AccountId": "000000000000",
    "AWS::URLSuffix": "amazonaws.com",
}
_TYPE = "AWS::KinesisAnalyticsV2::Application"


@dataclass(frozen=True)
class ConfiguredApplication:
    """What a template says of an application, with a readable word for what a deploy fills in."""

    runtime: Runtime
    groups: Mapping[str, Mapping[str, str]]

    @property
    def connectors(self) -> list[Connector]:
        """The connectors that the groups name; those that the runtime has are not among them."""
        known = release_line(self.runtime).connectors
        named = {group.get("connector", "") for group in self.groups.values()}
        return [connector for identifier, connector in known.items() if identifier in named]

    @property
    def line(self) -> ReleaseLine:
        """The release line of its connectors."""
        return release_line(self.runtime)

    @classmethod
    def all_of(cls, template: Mapping[str, Any]) -> list["ConfiguredApplication"]:
        """The applications of a synthesized template."""
        found = []
        for resource in template.get("Resources", {}).values():
            if resource["Type"] != _TYPE:
                continue
            properties = resource["Properties"]
            environment = properties["ApplicationConfiguration"].get("EnvironmentProperties", {})
            found.append(
                cls(
                    Runtime.of(properties["RuntimeEnvironment"]),
                    {
                        group["PropertyGroupId"]: {
                            key: _readable(value) for key, value in group["PropertyMap"].items()
                        }
                        for group in environment.get("PropertyGroups", ())
                    },
                )
            )
        return found


def explain(job: SqlJob, application: ConfiguredApplication, python: Path) -> int:
    """Print the plan; returns the exit status.

    Args:
        job: The job.
        application: Where it runs.
        python: An interpreter that has PyFlink of the application's version.
    """
    with tempfile.TemporaryDirectory() as work:
        for name, content in job.files.items():
            Path(work, name).parent.mkdir(parents=True, exist_ok=True)
            Path(work, name).write_bytes(content)
        groups = Path(work, "groups.json")
        listed = [
            {"PropertyGroupId": name, "PropertyMap": group}
            for name, group in application.groups.items()
        ]
        groups.write_text(json.dumps(listed), encoding="utf-8")
        # -W: PyFlink's own dependencies warn on every start.
        command = [str(python), "-W", "ignore", "-m", "managed_flink_job"]
        command += ["--sql", str(job.script.absolute()), "--groups", str(groups)]
        if application.connectors:
            jar = jar_of(pom(application.connectors, application.line))
            command += ["--jar", str(jar)]
        environment = {**os.environ, "PYTHONPATH": str(Path(work, "job"))}
        return subprocess.run(command, env=environment, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Explain the job that the arguments name."""
    parser = argparse.ArgumentParser(prog="explain", description=__doc__)
    parser.add_argument("job", type=Path, help="the job's folder")
    parser.add_argument("--template", type=Path, required=True, help="a synthesized template")
    parser.add_argument("--python", type=Path, required=True, help="an interpreter with PyFlink")
    given = parser.parse_args(arguments)
    try:
        job = SqlJob(given.job)
        names = {asked.name for statement in job.statements for asked in statement.placeholders}
        template = json.loads(given.template.read_text(encoding="utf-8"))
        for application in ConfiguredApplication.all_of(template):
            if names <= application.groups.keys():
                return explain(job, application, given.python.absolute())
        print(
            f"{given.template}: no application in it has property groups for all of: "
            f"{', '.join(sorted(names))}",
            file=sys.stderr,
        )
    except (ValueError, OSError, PackagingError) as error:
        print(error, file=sys.stderr)
    return 1


def _readable(value: Any) -> str:  # noqa: ANN401
    """A template's value as text: intrinsics by what they refer to."""
    if not isinstance(value, dict):
        return str(value)
    ((function, argument),) = value.items()
    if function == "Ref":
        return _PSEUDO.get(argument, str(argument))
    if function == "Fn::Join":
        return str(argument[0]).join(map(_readable, argument[1]))
    if function == "Fn::GetAtt":
        return ".".join(argument) if isinstance(argument, list) else str(argument)
    return f"{function}({json.dumps(argument)})"


if __name__ == "__main__":
    sys.exit(main())
