"""A job in Python as an application's code: one zip with its modules, its packages and the jar."""

from collections.abc import Collection, Sequence
from pathlib import Path

from aws_cdk import Annotations
from constructs import Construct

from cdk_managed_flink.application.binding import Columns, TableRules
from cdk_managed_flink.application.code_location import Code, CodeLocation
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.code.java.jar_checks import JarCheck
from cdk_managed_flink.code.java.jars import GivenJar, ProjectJar
from cdk_managed_flink.code.java.maven_project import MavenProject
from cdk_managed_flink.code.packaging.job_jar import JobJar, MergedJar, needs_formats, split
from cdk_managed_flink.code.packaging.languages import python_of
from cdk_managed_flink.code.packaging.python_package import JAR_IN_ZIP, PythonPackage
from cdk_managed_flink.code.packaging.requirements import Target
from cdk_managed_flink.code.python.job import FOLDER, PythonJob

_WHERE = "FlinkCode.from_python"


class PythonCode(Code):
    """What ``FlinkCode.from_python`` makes of a job that reads and writes in Python alone."""

    def __init__(
        self, job: PythonJob, *, jar: Path | None, platform: str, check_connectors: bool
    ) -> None:
        if jar is not None and not (jar / "pom.xml").is_file() and not jar.is_file():
            raise invalid(
                _WHERE,
                "jar",
                str(jar),
                "a .jar file, or the folder of a pom.xml",
                f"There is neither at {jar.absolute()}.",
            )
        Target("3.11", platform)  # refuses a platform that the service hasn't
        self._job = job
        self._jar = jar
        self._platform = platform
        self._check_connectors = check_connectors
        self._sources = job.sources
        self._scripts = job.scripts

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        """Package the modules, the helper, the wheels and the jar as one asset."""
        requirements = self._job.packages(Target(python_of(runtime), self._platform))
        for source in self._sources:
            for warning in source.warnings():
                Annotations.of(scope).add_warning_v2("cdk-managed-flink:python", warning)
        for script in self._scripts:
            for warning in script.warnings:
                Annotations.of(scope).add_warning_v2("cdk-managed-flink:sql", warning)
        for place, requirement in requirements.left_out:
            Annotations.of(scope).add_warning_v2(
                "cdk-managed-flink:requirements",
                f"{place}: {requirement} is left out of the package: the service has it already, "
                "in the version that its Flink is built with.",
            )
        for_jar, reads_secrets = split(connectors)
        package = PythonPackage(
            path=self._job.path,
            texts=self._job.files,
            folder=FOLDER,
            jar=self._job_jar(runtime, for_jar, formats=needs_formats(connectors)),
            requirements=requirements,
            reads_secrets=reads_secrets,
        )
        asset = package.asset(scope)
        return CodeLocation(
            bucket_arn=asset.bucket.bucket_arn,
            file_key=asset.s3_object_key,
            run_options={**self._job.run_options, "jarfile": JAR_IN_ZIP},
            resolves_secrets=reads_secrets,
        )

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        """Names that the job asks the helper for and nothing is bound to."""
        known = {*sources, *sinks, *groups}
        return [
            *(problem for source in self._sources for problem in source.unknown(known)),
            *(problem for script in self._scripts for problem in script.unknown(known)),
        ]

    def _job_jar(
        self, runtime: Runtime, connectors: Sequence[Connector], *, formats: bool
    ) -> JobJar:
        if self._jar is None:
            return MergedJar(connectors, runtime)
        checked = connectors if self._check_connectors else ()
        check = JarCheck(where=_WHERE, runtime=runtime, connectors=checked, has_main=False)
        if self._jar.is_file():
            return GivenJar(self._jar, check, formats=formats)
        return ProjectJar(MavenProject(_WHERE, self._jar), check)


class ScriptedPythonCode(PythonCode):
    """What ``FlinkCode.from_python`` makes of a job that runs SQL scripts, which are read."""

    def column_problems(self, name: str, wanted: Columns) -> list[str]:
        """Columns that are read behind a sink and that its tables lack."""
        return [p for script in self._scripts for p in script.column_problems(name, wanted)]

    def rule_problems(self, name: str, rules: TableRules) -> list[str]:
        """Rules of the connector that the tables bound to a name break."""
        return [p for script in self._scripts for p in script.rule_problems(name, rules)]
