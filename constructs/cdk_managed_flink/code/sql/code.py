"""A SQL job as an application's code: one zip with its script, the runner and the jar."""

from collections.abc import Collection, Sequence
from pathlib import Path

from aws_cdk import Annotations
from constructs import Construct

from cdk_managed_flink.application.binding import Columns, TableRules
from cdk_managed_flink.application.code_location import Code, CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.packaging.job_jar import MergedJar, split
from cdk_managed_flink.code.packaging.languages import python_of
from cdk_managed_flink.code.packaging.python_package import JAR_IN_ZIP, PythonPackage
from cdk_managed_flink.code.packaging.requirements import Requirements, Target
from cdk_managed_flink.code.sql.job import FOLDER, RUN_OPTIONS, SqlJob
from cdk_managed_flink.connectors.connectors import release_line

_PLATFORM = "manylinux2014_x86_64"


class SqlCode(Code):
    """What ``FlinkCode.from_sql`` makes."""

    def __init__(self, path: str | Path) -> None:
        self._job = SqlJob(Path(path))

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        """Package the script, the runner and the connectors' jar as one asset."""
        for warning in self._job.script.warnings:
            Annotations.of(scope).add_warning_v2("cdk-managed-flink:sql", warning)
        release_line(runtime)  # refuses a runtime that it knows no connectors for
        for_jar, reads_secrets = split(connectors)
        package = PythonPackage(
            path=self._job.path,
            texts=self._job.files,
            folder=FOLDER,
            jar=MergedJar(for_jar, runtime),
            requirements=Requirements(Target(python_of(runtime), _PLATFORM), {}),
            reads_secrets=reads_secrets,
        )
        asset = package.asset(scope)
        return CodeLocation(
            bucket_arn=asset.bucket.bucket_arn,
            file_key=asset.s3_object_key,
            run_options={**RUN_OPTIONS, "jarfile": JAR_IN_ZIP},
            resolves_secrets=reads_secrets,
        )

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Names that stand for nothing, sinks that are not written, sources that are not read."""
        return self._job.script.usage_problems(sources=sources, sinks=sinks, groups=groups)

    def column_problems(self, name: str, wanted: Columns) -> list[str]:
        """Columns that are read behind a sink and that its tables lack."""
        return self._job.script.column_problems(name, wanted)

    def rule_problems(self, name: str, rules: TableRules) -> list[str]:
        """Rules of the connector that the tables bound to a name break."""
        return self._job.script.rule_problems(name, rules)
